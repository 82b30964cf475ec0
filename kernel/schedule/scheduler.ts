import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { BadItem, functionsOf, GLOBAL_KEYS, type Item, isItem, wholeNumber } from './item.ts';
import { type Skip, type SkipReason, skipOf } from './skips.ts';
import { catchUpOf, type Remembered, type SlotMemory, settled, toServe } from './slots.ts';
import { type Timing, timingOf, type Whens } from './timing.ts';

/** An entry that is due. */
export interface DueJob {
  /** Its key in `schedule:`. */
  readonly name: string;
  /** Its `name`, under which its runs are known; the key where it has none. */
  readonly label: string;
  readonly item: Item;
  /** What is run: those of the entry, or `skip_function`. */
  readonly funs: readonly string[];
}

export interface SchedulerParts {
  /** `schedule:` as it is now: entries, and keys that hold for all of them. */
  readonly schedule: () => Item;
  readonly whens: () => Whens;
  readonly memory: SlotMemory;
  /** Runs a job to its end; calls `began` at the moment it really begins. Never rejects. */
  readonly start: (job: DueJob, began: () => void) => Promise<void>;
  /** Longest pause between two looks at the schedule and the clock, in ms. */
  readonly loopMs: () => number;
  readonly now?: () => number;
  readonly log: Log;
}

/** How an entry stands. Times are epoch milliseconds. */
export interface Standing {
  readonly next: number | undefined;
  /** When its splay lets the next run begin. */
  readonly splayed: number | undefined;
  readonly step: number | undefined;
  readonly lastRun: number | undefined;
  readonly skipped: { readonly reason: SkipReason; readonly at: number } | undefined;
  readonly error: string | undefined;
}

interface Track {
  fingerprint: string;
  item: Item;
  timing: Timing | undefined;
  error: string | undefined;
  slot: Remembered;
  planned: { readonly slot: number; readonly fire: number } | undefined;
  /** Runs once more, without waiting for a slot. */
  onStart: boolean;
  /** Not looked at since this daemon started. */
  fresh: boolean;
  /** Slots taken that wait for their turn (`catchup: all`). */
  readonly backlog: number[];
  /** Slots handed out whose job has not begun yet. */
  readonly starting: Set<number>;
  lastRun: number | undefined;
  skipped: Standing['skipped'];
}

/**
 * Runs what is due, by the wall clock. Slots are computed, not counted: no timer drifts, and after a restart an entry
 * goes on where it was. A slot is remembered when its job begins, so that a crash neither loses nor repeats it.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #tracks = new Map<string, Track>();
  /** Jobs under way, by label. */
  readonly #running = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #phase: 'new' | 'running' | 'stopped' = 'new';

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Does nothing after `stop`: a start that comes late must not keep the process alive. */
  start(): void {
    if (this.#phase !== 'new') return;
    this.#phase = 'running';
    this.#beat();
  }

  /** For good. Jobs under way go on. */
  stop(): void {
    this.#phase = 'stopped';
    clearTimeout(this.#timer);
  }

  /** Looks at once: the schedule was changed. */
  wake(): void {
    if (this.#phase !== 'running') return;
    clearTimeout(this.#timer);
    this.#beat();
  }

  /** Starts what is due now; answers when something will be due next, as far as is known. */
  tick(): number | undefined {
    const now = this.#now();
    const schedule = this.#parts.schedule();
    const entries = Object.entries(schedule).filter(([name, item]) => !GLOBAL_KEYS.has(name) && isItem(item)) as [string, Item][];
    for (const name of this.#tracks.keys()) if (!Object.hasOwn(schedule, name)) this.#tracks.delete(name);
    let next: number | undefined;
    for (const [name, item] of entries) {
      const track = this.#trackOf(name, item, now);
      this.#serve(name, track, schedule, now);
      const fire = track.planned?.fire;
      if (fire !== undefined && (next === undefined || fire < next)) next = fire;
    }
    return next;
  }

  /** Runs an entry now, whatever its times say, unless as many of it run as may. */
  runNow(name: string): void {
    const item = this.#parts.schedule()[name];
    if (!isItem(item)) return;
    const job = jobOf(name, item);
    if (this.#isFull(job)) this.#parts.log.info(`the scheduled job ${name} is not started: as many as may are running`);
    else this.#launch(job, this.#tracks.get(name), undefined);
  }

  /** The entry is gone for good: one of the same name begins anew. */
  forget(name: string): void {
    this.#tracks.delete(name);
    this.#parts.memory.delete(name);
  }

  standing(name: string): Standing | undefined {
    const item = this.#parts.schedule()[name];
    if (!isItem(item)) return undefined;
    const track = this.#trackOf(name, item, this.#now());
    if (track.planned === undefined) plan(track, this.#parts.schedule()['splay'], this.#now());
    const { planned, timing, lastRun, skipped, error } = track;
    const splayed = planned !== undefined && planned.fire !== planned.slot ? planned.fire : undefined;
    return { next: planned?.slot, splayed, step: timing?.step, lastRun, skipped, error };
  }

  #now(): number {
    return this.#parts.now?.() ?? Date.now();
  }

  #beat(): void {
    let next: number | undefined;
    try {
      next = this.tick();
    } catch (error) {
      this.#parts.log.error(`the schedule could not be looked at: ${messageOf(error)}`);
    }
    const pause = Math.min(this.#parts.loopMs(), next === undefined ? Number.POSITIVE_INFINITY : Math.max(1, next - this.#now()));
    this.#timer = setTimeout(() => this.#beat(), pause);
  }

  /** An entry whose rule stays keeps its place, whatever else of it was changed. */
  #trackOf(name: string, item: Item, now: number): Track {
    const known = this.#tracks.get(name);
    const fingerprint = fingerprintOf(item, this.#parts.whens());
    if (known?.fingerprint === fingerprint) {
      known.item = item;
      return known;
    }
    const { timing, error } = this.#read(name, item);
    if (known !== undefined && known.slot.rule === (timing?.rule ?? ''))
      return Object.assign(known, { fingerprint, item, timing, error, planned: undefined });
    const track = this.#begin(name, item, timing, now);
    Object.assign(track, { fingerprint, error });
    this.#tracks.set(name, track);
    return track;
  }

  #read(name: string, item: Item): Pick<Track, 'timing' | 'error'> {
    try {
      return { timing: timingOf(item, name, this.#parts.whens()), error: undefined };
    } catch (problem) {
      this.#parts.log.error(messageOf(problem));
      return { timing: undefined, error: messageOf(problem) };
    }
  }

  /** An interval that is new is due at once, unless it says otherwise, and counts from then on. */
  #begin(name: string, item: Item, timing: Timing | undefined, now: number): Track {
    const rule = timing?.rule ?? '';
    const remembered = this.#parts.memory.get(name);
    const isNew = remembered?.rule !== rule;
    const atOnce = isNew && timing?.kind === 'interval' && item['run_on_start'] !== false;
    const slot = isNew ? { rule, anchor: now, last: atOnce ? now - 1 : now } : remembered;
    if (isNew && timing !== undefined) this.#parts.memory.set(name, slot);
    return {
      fingerprint: '',
      item,
      timing,
      error: undefined,
      slot,
      planned: undefined,
      onStart: item['run_on_start'] === true && !atOnce,
      fresh: !isNew,
      backlog: [],
      starting: new Set(),
      lastRun: undefined,
      skipped: undefined,
    };
  }

  #serve(name: string, track: Track, schedule: Item, now: number): void {
    const { timing } = track;
    if (timing === undefined) return;
    const before = track.slot.last;
    track.slot = settled(track.slot, timing, now);
    if (track.slot.last !== before || (track.planned !== undefined && track.planned.slot > now + (timing.step ?? Number.POSITIVE_INFINITY)))
      track.planned = undefined;
    if (track.planned === undefined) plan(track, schedule['splay'], now);
    const due = track.planned === undefined || track.planned.fire > now ? [] : this.#takeDue(name, track, timing, schedule, now);
    if (track.onStart) this.#serveStart(name, track, schedule, due.length === 1 ? due.pop() : undefined, now);
    track.backlog.push(...due);
    track.fresh = false;
    this.#drain(name, track, schedule, now);
  }

  #takeDue(name: string, track: Track, timing: Timing, schedule: Item, now: number): number[] {
    const fire = track.planned?.fire ?? now;
    const due = toServe(timing, track.slot, now, catchUpOf(track.item, timing, track.fresh), fire);
    track.slot = { ...track.slot, last: now };
    plan(track, schedule['splay'], now);
    if (due.length === 0) this.#remember(name, track);
    return due;
  }

  /** As in Salt, ranges do not matter to it. A slot that was missed and one run makes up for is served by it, too. */
  #serveStart(name: string, track: Track, schedule: Item, slot: number | undefined, now: number): void {
    track.onStart = false;
    const job = jobOf(name, track.item);
    if (!isEnabled(track, schedule)) this.#skip(name, track, 'disabled', now);
    else if (this.#isFull(job)) this.#skip(name, track, 'maxrunning', now);
    else this.#launch(job, track, slot);
  }

  #drain(name: string, track: Track, schedule: Item, now: number): void {
    for (let slot = track.backlog[0]; slot !== undefined; slot = track.backlog[0]) {
      const job = jobOf(name, track.item);
      const skip = this.#skipOf(name, track, schedule, slot, now);
      if (skip === undefined && this.#isFull(job)) {
        if (track.item['catchup'] === 'all') return;
        track.backlog.shift();
        this.#skip(name, track, 'maxrunning', now);
        continue;
      }
      track.backlog.shift();
      if (skip === undefined) this.#launch(job, track, slot);
      else if (skip.replaceable && typeof schedule['skip_function'] === 'string')
        this.#launch({ ...job, funs: [schedule['skip_function']] }, track, slot);
      else this.#skip(name, track, skip.reason, now);
    }
  }

  #skipOf(name: string, track: Track, schedule: Item, slot: number, now: number): Skip | undefined {
    if (!isEnabled(track, schedule)) return { reason: 'disabled', replaceable: false };
    try {
      return skipOf(track.item, name, slot, now, schedule);
    } catch (error) {
      if (!(error instanceof BadItem)) throw error;
      this.#parts.log.error(error.message);
      return { reason: 'not_in_range', replaceable: false };
    }
  }

  #isFull({ label, item }: DueJob): boolean {
    return item['jid_include'] !== false && (this.#running.get(label) ?? 0) >= (wholeNumber(item['maxrunning']) ?? 1);
  }

  #skip(name: string, track: Track, reason: SkipReason, now: number): void {
    track.skipped = { reason, at: now };
    this.#parts.log.debug(`the scheduled job ${name} is skipped: ${reason}`);
    this.#remember(name, track);
  }

  #launch(job: DueJob, track: Track | undefined, slot: number | undefined): void {
    if (track !== undefined) {
      track.lastRun = this.#now();
      track.skipped = undefined;
    }
    if (slot !== undefined) track?.starting.add(slot);
    const began = (): void => {
      if (slot === undefined || track?.starting.delete(slot) !== true) return;
      this.#remember(job.name, track);
    };
    if (job.item['dry_run'] === true) {
      began();
      return;
    }
    this.#running.set(job.label, (this.#running.get(job.label) ?? 0) + 1);
    void this.#parts.start(job, began).finally(() => {
      began();
      const left = (this.#running.get(job.label) ?? 1) - 1;
      if (left > 0) this.#running.set(job.label, left);
      else this.#running.delete(job.label);
      if (track !== undefined && track.backlog.length > 0) this.wake();
    });
  }

  /** Everything before the first slot that has not begun is done with. */
  #remember(name: string, { slot, backlog, starting }: Track): void {
    const open = [...starting, ...backlog];
    this.#parts.memory.set(name, open.length === 0 ? slot : { ...slot, last: Math.min(...open) - 1 });
  }
}

/** What is due already gets no splay. */
function plan(track: Track, splayOfAll: unknown, now: number): void {
  const at = track.timing?.next(track.slot.last, track.slot.anchor);
  track.planned = at === undefined ? undefined : { slot: at, fire: at <= now ? at : at + splayMs(track.item['splay'] ?? splayOfAll) };
}

const isEnabled = ({ item }: Track, schedule: Item): boolean => schedule['enabled'] !== false && item['enabled'] !== false;

/** A number: up to so many seconds, at least one; `{start, end}`: between the two. */
function splayMs(splay: unknown): number {
  const [start, end] = isItem(splay) ? [wholeNumber(splay['start']) ?? 0, wholeNumber(splay['end']) ?? 0] : [1, wholeNumber(splay) ?? 0];
  if (end < start || end <= 0) return 0;
  return (start + Math.floor(Math.random() * (end - start + 1))) * 1000;
}

const labelOf = (name: string, item: Item): string => (typeof item['name'] === 'string' && item['name'] !== '' ? item['name'] : name);
const jobOf = (name: string, item: Item): DueJob => ({ name, label: labelOf(name, item), item, funs: functionsOf(item) });

const TIMING_KEYS = [
  'seconds',
  'minutes',
  'hours',
  'days',
  'when',
  'cron',
  'once',
  'once_fmt',
  'run_explicit',
  'skip_during_range',
  'run_after_skip_range',
];
const fingerprintOf = (item: Item, whens: Whens): string =>
  JSON.stringify([TIMING_KEYS.map((key) => item[key] ?? null), item['when'] === undefined ? null : [whens.pillar, whens.grains]]);
