import type { EventBus } from '../../kernel/events/bus.ts';
import { isItem } from '../../kernel/schedule/item.ts';
import { settled, toServe } from '../../kernel/schedule/slots.ts';
import type { Timing } from '../../kernel/schedule/timing.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { LocalClient } from '../client/local.ts';
import { act, type Result } from './act.ts';
import { DEFAULTS, type Routine, readRoutine, timingOfRoutine } from './definition.ts';
import { kept } from './secrets.ts';
import type { Place, RoutineStore, Run } from './sqlite.ts';

export interface RoutinesParts {
  readonly store: RoutineStore;
  readonly local: Pick<LocalClient, 'run' | 'runner'>;
  readonly bus: EventBus;
  /** Runs of each routine that are kept. */
  readonly keep: () => number;
  /** Told of each run that ended otherwise than skipped. */
  readonly ended: (routine: Routine, run: Run, result: Result) => void;
  readonly log: Log;
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

/** A routine and where it stands. */
interface Track {
  routine: Routine;
  timing: Timing;
  place: Place;
}

const LOOP_MS = 1000;
/** A run that could not be written down is begun so much later. */
const RETRY_MS = 5000;
/** So late a slot still counts as served in time where missed ones are not made up for. */
const LATE_MS = 60_000;
/** Slots of one routine that wait for their turn. */
const MOST_WAITING = 1000;
const MOST_ROUTINES = 10_000;

/**
 * The routines of a master. Slots are computed from the clock; each is taken once, in the store, before anything is
 * begun, and what was begun is gone on with by the next master.
 */
export class Routines implements AsyncDisposable {
  readonly #parts: RoutinesParts;
  readonly #tracks = new Map<string, Track>();
  readonly #due: Run[] = [];
  /** Runs under way, by routine. */
  readonly #running = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #problem = '';

  constructor(parts: RoutinesParts) {
    this.#parts = parts;
    for (const { definition, place } of parts.store.routines()) this.#restore(definition, place);
  }

  /** Goes on with what an earlier master began, and begins what is due from now on. */
  start(): void {
    for (const run of this.#parts.store.open()) {
      if (run.state === 'due') this.#due.push(run);
      else this.#launch(run);
    }
    this.#beat();
  }

  all(): readonly Routine[] {
    return [...this.#tracks.values()].map(({ routine }) => routine);
  }

  /** @throws TsaltError `no-routine` */
  find(name: string): Routine {
    return this.#track(name).routine;
  }

  /** Newest first; `before`: only those of lower numbers. */
  runs(name: string, limit: number, before?: number): Run[] {
    return this.#parts.store.runs(name, limit, before);
  }

  /** The newest run of each routine. */
  latest(): ReadonlyMap<string, Run> {
    return this.#parts.store.latest();
  }

  /** The next slots, in epoch milliseconds; none of one that is disabled. */
  next(name: string, count: number): number[] {
    const { routine, timing, place } = this.#track(name);
    return routine.enabled ? slotsAfter(place.last, timing, place.anchor, count) : [];
  }

  /** The first slots of a routine that would be saved now: `fields` as for `save`. @throws TsaltError `bad-routine` */
  preview(fields: Readonly<Record<string, unknown>>, count: number): number[] {
    const routine = readRoutine({ name: 'it', fun: 'test.ping', ...fields });
    const now = this.#now();
    return slotsAfter(now, timingOfRoutine(routine), now, count);
  }

  /** Makes a routine, or changes the given fields of one. @throws TsaltError `bad-routine`, `store-full`, `store-failed` */
  save(fields: Readonly<Record<string, unknown>>): Routine {
    const before = this.#tracks.get(String(fields['name']));
    if (before === undefined && this.#tracks.size >= MOST_ROUTINES)
      throw new TsaltError('bad-routine', `there are ${MOST_ROUTINES} routines already; delete some`);
    const routine = readRoutine(kept(fields, before?.routine), before?.routine ?? DEFAULTS);
    const timing = timingOfRoutine(routine);
    const now = this.#now();
    const stays = before !== undefined && before.place.rule === timing.rule;
    // Slots that passed while it was disabled were not wanted.
    const place =
      stays && before.routine.enabled ? before.place : { rule: timing.rule, anchor: stays ? before.place.anchor : now, last: now };
    this.#parts.store.save(routine, place);
    this.#tracks.set(routine.name, { routine, timing, place });
    if (!routine.enabled) this.#dropDue(routine.name, 'it was disabled');
    this.#wake();
    return routine;
  }

  /** @throws TsaltError `no-routine`, `store-failed` */
  enable(name: string, enabled: boolean): Routine {
    this.#track(name);
    return this.save({ name, enabled });
  }

  /** @throws TsaltError `no-routine`, `store-failed` */
  delete(name: string): void {
    this.#track(name);
    this.#parts.store.delete(name);
    this.#tracks.delete(name);
    for (let at = this.#due.length - 1; at >= 0; at -= 1) if (this.#due[at]?.routine === name) this.#due.splice(at, 1);
  }

  /** Begins a run now, whatever its times say and also if it is disabled. @throws TsaltError `no-routine`, `store-failed` */
  runNow(name: string, user: string): Run {
    const { routine } = this.#track(name);
    for (let slot = this.#now(); ; slot += 1) {
      const [run] = this.#parts.store.take(name, routine, [{ slot, fire: slot, jid: newJid(), by: user }], undefined);
      if (run === undefined) continue; // the slot of this very millisecond
      this.#launch(run);
      return run;
    }
  }

  /** Takes the slots that are due and begins their runs; answers when something is due next, as far as is known. */
  tick(): number | undefined {
    const now = this.#now();
    for (const track of this.#tracks.values()) if (track.routine.enabled) this.#takeDue(track, now);
    this.#serve(now);
    const times = [...this.#tracks.values()].flatMap(({ routine, timing, place }) =>
      routine.enabled ? (timing.next(place.last, place.anchor) ?? []) : [],
    );
    return [...times, ...this.#due.map(({ fire }) => fire).filter((fire) => fire > now)].reduce<number | undefined>(
      (least, at) => (least === undefined || at < least ? at : least),
      undefined,
    );
  }

  /** The master stops: what runs is gone on with by the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#parts.store[Symbol.asyncDispose]();
  }

  #restore(definition: unknown, place: Place): void {
    try {
      const routine = readRoutine(definition as Readonly<Record<string, unknown>>);
      const timing = timingOfRoutine(routine);
      const stays = timing.rule === place.rule;
      const now = this.#now();
      this.#tracks.set(routine.name, { routine, timing, place: stays ? place : { rule: timing.rule, anchor: now, last: now } });
    } catch (error) {
      this.#parts.log.error(`a routine that was kept cannot be read and is left out: ${messageOf(error)}`);
    }
  }

  #takeDue(track: Track, now: number): void {
    const { routine, timing } = track;
    const { name } = routine;
    const before = track.place;
    const place = settled(before, timing, now);
    const next = timing.next(place.last, place.anchor);
    if (next === undefined || next > now) {
      track.place = place;
      return;
    }
    const passed = toServe(timing, place, now, 'all', now);
    const served = this.#served(track, passed, now);
    const moved = { ...place, last: passed.at(-1) ?? now };
    const taken = served.map((slot) => ({ slot, fire: this.#fire(routine, slot, now), jid: newJid(), by: '' }));
    this.#due.push(...this.#parts.store.take(name, routine, taken, moved));
    track.place = moved;
    const missed = passed.filter((slot) => !served.includes(slot));
    const last = missed.at(-1);
    if (last === undefined) return;
    const instead = served.length > 0 ? '; one run made up for them' : '';
    this.#parts.store.pass(name, last, `${missed.length} slots from ${iso(missed[0] ?? last)} on passed without a run${instead}`, now);
  }

  /** Which of the slots that have passed get a run. */
  #served({ routine }: Track, passed: readonly number[], now: number): readonly number[] {
    const room = MOST_WAITING - this.#due.filter((run) => run.routine === routine.name).length;
    if (routine.catch_up === 'all') return room > 0 ? passed.slice(-room) : [];
    const latest = passed.at(-1) ?? now;
    return routine.catch_up === 'once' || now - latest <= LATE_MS ? [latest] : [];
  }

  /** What is late already gets no splay. */
  #fire({ splay }: Routine, slot: number, now: number): number {
    return now - slot > LOOP_MS ? now : slot + Math.floor(Math.random() * (splay * 1000 + 1));
  }

  #serve(now: number): void {
    const waiting: Run[] = [];
    for (const run of this.#due.splice(0)) {
      const routine = this.#tracks.get(run.routine)?.routine;
      if (run.fire > now) waiting.push(run);
      else if (routine === undefined || (this.#running.get(run.routine) ?? 0) < routine.maxrunning) this.#launch(run);
      else if (routine.catch_up === 'all') waiting.push(run);
      else this.#skip(run, `${routine.maxrunning} of it ran already`);
    }
    this.#due.push(...waiting);
  }

  #dropDue(name: string, reason: string): void {
    for (const run of this.#due.splice(0)) {
      if (run.routine === name) this.#skip(run, reason);
      else this.#due.push(run);
    }
  }

  #skip(run: Run, reason: string): void {
    this.#parts.store.end(run, { ended: this.#now(), outcome: 'skipped', reason }, this.#parts.keep());
  }

  #launch(run: Run): void {
    this.#running.set(run.routine, (this.#running.get(run.routine) ?? 0) + 1);
    void this.#run(run)
      .catch((error: unknown) => this.#parts.log.error(`the run ${run.n} of the routine ${run.routine}: ${messageOf(error)}`))
      .finally(() => {
        this.#running.set(run.routine, Math.max(0, (this.#running.get(run.routine) ?? 1) - 1));
        if (this.#due.length > 0) this.#wake();
      });
  }

  async #run(run: Run): Promise<void> {
    const { store, bus, log, keep, ended: tell } = this.#parts;
    const resumes = run.state === 'running';
    const routine = this.#begin(run);
    if (routine === undefined) return;
    const head = {
      name: run.routine,
      slot: iso(run.slot),
      jid: run.jid,
      kind: routine.kind,
      fun: routine.fun || routine.plugin,
      by: run.by,
    };
    if (!resumes) bus.fire(`tsalt/routine/${run.routine}/start`, head);
    log.info(`the routine ${run.routine} ${resumes ? 'goes on' : 'runs'} as ${run.jid}, for ${head.slot}`);
    const result = await act({ local: this.#parts.local, store, stopping: () => this.#stopping }, run, routine);
    // What fails because the master stops has not failed: the next one goes on with it.
    if (this.#stopping) return;
    const { outcome, reason, counts } = result;
    store.end(run, { ended: this.#now(), outcome, reason, ...(counts === undefined ? {} : { counts }) }, keep());
    if (outcome !== 'ok') log.warn(`the routine ${run.routine}: ${outcome}: ${reason ?? ''}`);
    bus.fire(`tsalt/routine/${run.routine}/end`, { ...head, outcome, reason, counts: counts ?? null });
    if (outcome !== 'skipped') tell(routine, run, result);
  }

  /** undefined: not now, or never. */
  #begin(run: Run): Routine | undefined {
    const { store, log, keep } = this.#parts;
    try {
      const asked = store.asked(run.n);
      if (!isItem(asked)) throw new TsaltError('damaged', 'what was kept of it cannot be read');
      const routine = readRoutine(asked);
      if (run.state === 'due') store.begin(run.n, this.#now());
      return routine;
    } catch (error) {
      log.error(`the run ${run.n} of the routine ${run.routine} cannot begin: ${messageOf(error)}`);
      if (error instanceof TsaltError && error.retry) this.#due.push({ ...run, fire: this.#now() + RETRY_MS });
      else store.end(run, { ended: this.#now(), outcome: 'failed', reason: messageOf(error) }, keep());
      return undefined;
    }
  }

  #track(name: string): Track {
    const track = this.#tracks.get(name);
    if (track === undefined)
      throw new TsaltError('no-routine', `there is no routine ${JSON.stringify(name).slice(0, 120)}; tsalt-run routines.list shows them`);
    return track;
  }

  #now(): number {
    return this.#parts.now?.() ?? Date.now();
  }

  #wake(): void {
    if (this.#timer === undefined || this.#stopping) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#beat(), 0);
  }

  #beat(): void {
    if (this.#stopping) return;
    let next: number | undefined;
    try {
      next = this.tick();
      this.#problem = '';
    } catch (error) {
      // Told once: a disk that is full stays so for a while.
      if (messageOf(error) !== this.#problem) this.#parts.log.error(`routines cannot be looked at: ${messageOf(error)}`);
      this.#problem = messageOf(error);
    }
    const pause = next === undefined ? LOOP_MS : Math.min(LOOP_MS, Math.max(1, next - this.#now()));
    this.#timer = setTimeout(() => this.#beat(), pause);
  }
}

const iso = (at: number): string => new Date(at).toISOString();

function slotsAfter(last: number, timing: Timing, anchor: number, count: number): number[] {
  const found: number[] = [];
  for (let at = timing.next(last, anchor); at !== undefined && found.length < count; at = timing.next(at, anchor)) found.push(at);
  return found;
}
