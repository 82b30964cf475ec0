import type { Returnable } from '../../modules/define.ts';
import type { Routine } from './definition.ts';
import type { Routines } from './routines.ts';
import { masked } from './secrets.ts';
import type { Run } from './sqlite.ts';

type Shown = Readonly<Record<string, Returnable>>;

/** A routine as it is told: without its secrets, with its next slot and the run before. */
export function shownRoutine(routines: Routines, routine: Routine, last: Run | undefined): Shown {
  const [next] = routines.next(routine.name, 1);
  return { ...(masked(routine) as unknown as Shown), next: iso(next), last: last === undefined ? null : shownRun(last) };
}

/** A run as it is told; of one that has not ended the outcome is where it stands. */
export function shownRun({ n, slot, state, jid, by, started, ended, outcome, reason, counts }: Run): Shown {
  return {
    n,
    slot: iso(slot),
    state,
    started: iso(started),
    ended: iso(ended),
    outcome: outcome ?? (state === 'due' ? 'waiting' : 'running'),
    reason,
    jid,
    by,
    ...(counts === undefined ? {} : { counts: { ...counts } }),
  };
}

/** ISO 8601 in UTC; null for what has not happened. */
export const iso = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : new Date(at).toISOString());
