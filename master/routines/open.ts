import { join } from 'node:path';
import type { MasterConfig } from '../options.ts';
import { Routines, type RoutinesParts } from './routines.ts';
import { RoutineStore } from './sqlite.ts';

export interface RoutinesSurroundings extends Omit<RoutinesParts, 'store' | 'keep'> {
  readonly config: () => MasterConfig;
}

/** The routines of a master, in `routines.db`; nothing is begun before `start`. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openRoutines({ config, ...parts }: RoutinesSurroundings): Routines {
  const store = new RoutineStore(join(config().cachedir, 'routines.db'), (text) => parts.log.warn(text));
  return new Routines({ ...parts, store, keep: () => config().keep_routine_runs });
}
