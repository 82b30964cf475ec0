import type { Loader } from '../../kernel/loader/registry.ts';
import type { Returners } from '../../kernel/returners/returners.ts';
import type { ExecModule } from '../../modules/define.ts';
import type { BeaconPort } from '../duties/beacons/open.ts';
import type { SchedulePort } from '../duties/schedule/open.ts';
import type { Extensions } from '../extensions/extensions.ts';
import type { FileCache } from '../files/cache.ts';
import type { Grains, GrainsFile } from '../grains.ts';
import type { MasterLink } from '../link/contract.ts';
import type { Pillar } from '../pillar.ts';
import type { JobTable } from '../run/table.ts';
import type { Watchers } from '../run/watchers.ts';
import type { Options } from '../settings.ts';
import type { OwnMaster } from './own_master.ts';

/** Where the agent keeps things on this machine. */
export interface Paths {
  readonly confDir: string;
  readonly cachedir: string;
  readonly pkiDir: string;
  /** Synchronised modules: `modules/`, `grains/`, `states/`, ... below it. */
  readonly extmods: string;
}

/** The parts of the agent that its own calls reach. Each factory of this room takes the few it needs. */
export interface Ports {
  readonly id: string;
  /** As of the last reload, secrets left out. */
  readonly options: () => Options;
  readonly paths: Paths;
  readonly jobs: JobTable;
  readonly watchers: Watchers;
  readonly files: FileCache;
  readonly grains: Grains;
  readonly grainsFile: GrainsFile;
  readonly pillar: Pillar;
  readonly beacons: BeaconPort;
  readonly schedule: SchedulePort;
  readonly returners: Returners;
  readonly loader: () => Loader;
  /** Synchronised files: returners, states and their kin. */
  readonly extensions: Extensions;
  /** The master to ask. @throws TsaltError `not-joined`, also when there is none (`--local`) */
  readonly master: () => MasterLink;
  /** Every master, for what all must hear. */
  readonly masters: () => readonly MasterLink[];
  /** The master in whose process this agent runs, if it does. */
  readonly ownMaster?: OwnMaster | undefined;
}

/** Makes a module of the agent. */
export type Factory = (ports: Ports) => ExecModule;
