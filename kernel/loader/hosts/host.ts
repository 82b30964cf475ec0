import type { Returnable } from '../../../modules/define.ts';
import type { Callable, LoadedModule, ModuleHost, Others, RefusedModule, Run } from '../callable.ts';

/** Kinds of synchronised files that hold functions, beside grains. */
export type Kind = 'modules' | 'states' | 'returners' | 'beacons';

/** Runs synchronised files of one language, outside the minion's own process. */
export interface ForeignHost extends ModuleHost, AsyncDisposable {
  /** What the files of a kind hold, by the names they serve under. States take a low chunk as their keywords. */
  of(kind: Kind, others: Others): Promise<readonly (LoadedModule | RefusedModule)[]>;
  /** The grains of custom sources; those of functions that fail are missing, and logged. */
  grains(others: Others): Promise<Readonly<Record<string, Returnable>>>;
  /** What `run` of an SLS in this language answers. @throws ForeignException */
  render(source: SlsSource, run: Run): Promise<Returnable>;
}

/** An SLS that is a program. */
export interface SlsSource {
  readonly path: string;
  readonly text: string;
  /** What it sees besides its surroundings: `sls`, `saltenv` and their kin; `pillar` and `grains` in place of the usual ones. */
  readonly names: Readonly<Record<string, unknown>>;
}

/** Functions that somebody else may have: asked for by name when the minion itself has none. */
export interface Fallback {
  find(fun: string, others: Others): Promise<Callable | string>;
}
