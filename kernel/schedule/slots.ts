import { type Item, isItem } from './item.ts';
import type { Timing } from './timing.ts';

/** What becomes of slots that nobody served, because the daemon was down or the clock was set forward. */
export type CatchUp = 'none' | 'one' | 'all';

/** What is remembered of an entry, also over restarts. Times are epoch milliseconds. */
export interface Remembered {
  /** `rule` of the timing this belongs to. */
  readonly rule: string;
  /** From which an interval counts. */
  readonly anchor: number;
  /** The last slot that is done with: served, or let pass. */
  readonly last: number;
}

/** Whether a value that was kept is one of these. */
export const isRemembered = (value: unknown): value is Remembered =>
  isItem(value) && typeof value['rule'] === 'string' && Number.isSafeInteger(value['anchor']) && Number.isSafeInteger(value['last']);

/** Where it is remembered. What `set` was given survives the death of the process at once. */
export interface SlotMemory {
  get(name: string): Remembered | undefined;
  set(name: string, slot: Remembered): void;
  delete(name: string): void;
}

/** A clock that went back further than this was set right; one that went back less must not serve a slot twice. */
const CLOCK_SET_MS = 3 * 3_600_000;
/** So late a slot is still served where missed ones are not: a restart, or a busy machine, loses none. */
const LATE_MS = 60_000;
/** Most slots that are made up for. */
const MOST = 1000;
const SPANS = [60_000, 3_600_000, 86_400_000, 32 * 86_400_000, 367 * 86_400_000, Number.POSITIVE_INFINITY];

/**
 * What was asked for, else Salt's way: an interval makes up for one slot, a cron rule too unless the daemon was down
 * meanwhile, all others for none.
 */
export function catchUpOf(item: Item, { kind }: Timing, wasDown: boolean): CatchUp {
  const wanted = item['catchup'];
  if (wanted === 'none' || wanted === 'one' || wanted === 'all') return wanted;
  return kind === 'interval' || (kind === 'cron' && !wasDown) ? 'one' : 'none';
}

/** The memory of an entry put right after the clock was set back: no slot comes twice, and none is waited for for ever. */
export function settled(slot: Remembered, { step }: Timing, now: number): Remembered {
  if (step !== undefined)
    return slot.last > now + step ? { ...slot, last: slot.anchor + Math.floor((now - slot.anchor) / step) * step } : slot;
  return slot.last > now + CLOCK_SET_MS ? { ...slot, last: now } : slot;
}

/** The slots after `slot.last` up to `now` that are to be served, oldest first. `fire`: when the first was to be, with its splay. */
export function toServe(timing: Timing, slot: Remembered, now: number, catchUp: CatchUp, fire: number): number[] {
  const missed = passed(timing, slot, now, catchUp === 'all' ? MOST : 1);
  if (catchUp === 'all') return missed.slice(-MOST);
  const latest = missed.at(-1);
  return latest === undefined || (catchUp === 'none' && now - Math.max(latest, fire) > LATE_MS) ? [] : [latest];
}

/** At least the last `enough` slots that have passed, found without walking through years of them. */
function passed(timing: Timing, { anchor, last }: Remembered, now: number, enough: number): number[] {
  let found: number[] = [];
  for (const span of SPANS) {
    const from = Math.max(last, now - span);
    found = [];
    for (let at = timing.next(from, anchor); at !== undefined && at <= now; at = timing.next(at, anchor)) found.push(at);
    if (found.length >= enough || from === last) break;
  }
  return found;
}
