import type { GrainSource } from '../define.ts';
import { cpu } from './cpu.ts';
import { directories } from './directories.ts';
import { disks } from './disks.ts';
import { dns } from './dns.ts';
import { firmware } from './firmware.ts';
import { gateway } from './gateway.ts';
import { gpus } from './gpus.ts';
import { hardware } from './hardware.ts';
import { hostname } from './hostname.ts';
import { identity } from './identity.ts';
import { init } from './init.ts';
import { interfaces } from './interfaces.ts';
import { kernel } from './kernel.ts';
import { locale } from './locale.ts';
import { memory } from './memory.ts';
import { os } from './os.ts';
import { processGrains } from './process.ts';
import { python } from './python.ts';
import { selinux } from './selinux.ts';
import { versions } from './versions.ts';
import { virtual } from './virtual.ts';
import { volumes } from './volumes.ts';

/** The built-in sources, in the order in which they answer: later ones see what earlier ones found. */
export const builtinGrains: readonly GrainSource[] = [
  identity,
  directories,
  gateway,
  dns,
  interfaces,
  hostname,
  kernel,
  locale,
  init,
  selinux,
  os,
  cpu,
  memory,
  gpus,
  hardware,
  virtual,
  python,
  versions,
  disks,
  volumes,
  firmware,
  processGrains,
];
