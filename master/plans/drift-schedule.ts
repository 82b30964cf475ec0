import { type Item, isItem } from '../../kernel/schedule/item.ts';
import type { Log } from '../../modules/define.ts';

/** What of an entry is for the measuring; all else is when it is done. */
const WHAT: ReadonlySet<string> = new Set(['tgt', 'tgt_type', 'mods', 'kwargs', 'timeout']);

/**
 * The entries of the option `drift` as entries of the schedule, where each is called `drift:<name>`. One that names no
 * minions is left out, and the log says so.
 */
export function driftSchedule(drift: Item, log: Pick<Log, 'warn'>): Item {
  const found: Record<string, Item> = {};
  for (const [name, entry] of Object.entries(drift)) {
    if (!isItem(entry) || entry['tgt'] === undefined) {
      log.warn(`the option drift: the entry ${name} names no minions (tgt): nothing is measured for it`);
      continue;
    }
    const kwargs = Object.fromEntries(Object.entries(entry).filter(([key]) => WHAT.has(key)));
    const times = Object.fromEntries(Object.entries(entry).filter(([key]) => !WHAT.has(key)));
    found[`drift:${name}`] = { maxrunning: 1, return_job: false, ...times, function: 'drift.run', kwargs: { ...kwargs, name } };
  }
  return found;
}
