import type { Loader } from '../../kernel/loader/registry.ts';
import type { ExecModule } from '../../modules/define.ts';
import type { FileCache } from '../files/cache.ts';
import type { Grains, GrainsFile } from '../grains.ts';
import type { MasterLink } from '../link/contract.ts';
import type { Pillar } from '../pillar.ts';
import type { JobTable } from '../run/table.ts';
import type { Options } from '../settings.ts';

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
  readonly files: FileCache;
  readonly grains: Grains;
  readonly grainsFile: GrainsFile;
  readonly pillar: Pillar;
  readonly loader: () => Loader;
  /** The master to ask. @throws TsaltError `not-joined`, also when there is none (`--local`) */
  readonly master: () => MasterLink;
  /** Every master, for what all must hear. */
  readonly masters: () => readonly MasterLink[];
  /** Mine data of the scheduled functions. */
  readonly mine: () => Promise<boolean>;
}

/** Makes a module of the agent. */
export type Factory = (ports: Ports) => ExecModule;
