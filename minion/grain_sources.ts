import { join } from 'node:path';
import { collectGrains as collect } from '../kernel/loader/grains.ts';
import { grainSource, type Log } from '../modules/define.ts';
import { messageOf } from '../protocol/errors.ts';
import type { Paths } from './calls/ports.ts';
import { type GrainMap, GrainsFile } from './grains.ts';
import type { Options } from './settings.ts';

/** All grains of this machine: found, set in the grains file, and configured. A broken grains file takes only its own away. */
export async function collectGrains(options: Options, paths: Paths, custom: () => Promise<GrainMap>, log: Log): Promise<GrainMap> {
  const { builtinGrains } = await import('../modules/grains/index.ts');
  const file = await new GrainsFile(join(paths.confDir, 'grains')).read().catch((error: unknown) => {
    log.error(messageOf(error));
    return {};
  });
  const synchronised = grainSource({ name: 'extmods', doc: 'Grains of synchronised files.', builds: true, collect: custom });
  return await collect({ sources: [...builtinGrains, synchronised], config: options, file, log });
}
