import type { Log } from '../../modules/define.ts';
import { messageOf, TimedOut } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import type { MasterLink } from '../link/contract.ts';
import { jitter, pause } from '../link/pause.ts';
import { cannotTravel } from './bounded.ts';
import { forSuite } from './load.ts';
import type { Kept, Spool } from './spool.ts';

export interface DeliverySettings {
  /** How long one attempt waits for the acknowledgement: between the two, at random (`return_retry_timer`, `_max`). */
  readonly timeoutMs: number;
  readonly timeoutMaxMs: number;
  /** Between attempts while the master is away, in milliseconds. */
  readonly pauseMs: number;
}

/** What a delivery came to. `busy`: the master answered that it could not store it now. */
type Fate = 'acknowledged' | 'away' | 'busy' | 'too-big';

/** A return above this many bytes is suspected when it does not come through; slow networks carry this many in a millisecond. */
const LARGE = 1 << 20;
const BYTES_A_MS = 1000;
const TRIES_OF_LARGE = 3;

/** Longest pause while the master answers but cannot store, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Hands returns to one master. Each is in the spool until the master acknowledged it; while the master is
 * away new ones only go to the spool, and one at a time is tried until one comes through.
 */
export class Delivery {
  readonly #spool: Spool;
  readonly #link: MasterLink;
  readonly #settings: DeliverySettings;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #underway = new Set<number>();
  /** By `seq`: how often a large return found silence where other questions were answered. */
  readonly #stuck = new Map<number, number>();
  #away = false;
  #flushing: Promise<void> | undefined;
  #hurry = new AbortController();

  constructor(spool: Spool, link: MasterLink, settings: DeliverySettings, log: Log) {
    this.#spool = spool;
    this.#link = link;
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * Keeps `load` and tries to hand it over. Resolves when it is kept; when the disk refuses it, when it was delivered.
   * @throws ReturnTooBig, TsaltError `not-packable`, and what the last direct attempt threw
   */
  async give(jid: string, load: Message): Promise<void> {
    let kept: Kept;
    try {
      kept = this.#spool.keep(this.#link.master, jid, load);
    } catch (error) {
      if (cannotTravel(error)) throw error;
      this.#log.error(`the return of job ${jid} cannot be kept on the disk and is sent without that: ${messageOf(error)}`);
      await this.#link.ask(forSuite(load, this.#link.suite));
      return;
    }
    if (this.#away) await this.#secure();
    else void this.#first(kept);
  }

  /** The master is (back) there: deliver what is owed, without waiting for the next attempt's time. */
  wake(): void {
    this.#hurry.abort();
    // What was asked over the connection that broke may never be answered; the master takes a return once.
    this.#underway.clear();
    if (this.#spool.owed(this.#link.master).length > 0) void this.#flush();
  }

  /** Resolves when nothing is owed, or at the end of `ms`. For the clean stop. */
  async settle(ms: number): Promise<void> {
    const end = Date.now() + ms;
    while (this.#underway.size > 0 && Date.now() < end) await pause(20, this.#stop.signal);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#hurry.abort();
    await this.#flushing;
    await this.#secure();
  }

  async #secure(): Promise<void> {
    await this.#spool
      .secure()
      .catch((error: unknown) => this.#log.error(`the spool of returns is not safe on the disk: ${messageOf(error)}`));
  }

  async #first(kept: Kept): Promise<void> {
    const fate = await this.#attempt(kept);
    if (fate === 'acknowledged' || fate === 'too-big') return;
    this.#log.warn(`the return of job ${kept.jid} is kept: the master ${this.#link.master} is ${fate}`);
    await this.#flush();
  }

  /** Never rejects. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#securely().catch((error: unknown) =>
      this.#log.error(`the spool of returns is in trouble: ${messageOf(error)}`),
    );
    return this.#flushing;
  }

  async #securely(): Promise<void> {
    await this.#secure();
    await this.#untilDelivered();
  }

  async #untilDelivered(): Promise<void> {
    let wait = this.#settings.pauseMs;
    try {
      while (!this.#stop.signal.aborted) {
        const owed = this.#spool.owed(this.#link.master).filter(({ seq }) => !this.#underway.has(seq));
        if (owed.length === 0) return;
        const fate = await this.#attemptAll(owed);
        if (fate === 'acknowledged') continue;
        wait = fate === 'busy' ? Math.min(2 * wait, PATIENCE_MS) : this.#settings.pauseMs;
        this.#hurry = new AbortController();
        await pause(jitter(wait / 2, wait), AbortSignal.any([this.#stop.signal, this.#hurry.signal]));
      }
    } finally {
      // In the same moment as the last look at what is owed: the next return must not rely on a round that is over.
      this.#away = false;
      this.#flushing = undefined;
    }
  }

  /** The worst of what came of them; the first that finds the master away ends the round. */
  async #attemptAll(owed: readonly Kept[]): Promise<Fate> {
    let worst: Fate = 'acknowledged';
    for (const kept of owed) {
      const fate = await this.#attempt(kept);
      if (fate === 'away') return fate;
      if (fate === 'busy') worst = fate;
    }
    if (worst === 'acknowledged') this.#log.info(`${owed.length} kept returns are delivered to the master ${this.#link.master}`);
    return worst;
  }

  async #attempt(kept: Kept): Promise<Fate> {
    if (this.#stop.signal.aborted) return 'acknowledged';
    this.#underway.add(kept.seq);
    try {
      const load = this.#spool.load(kept);
      if (load === undefined) return 'acknowledged';
      const { timeoutMs, timeoutMaxMs } = this.#settings;
      const options = { timeoutMs: jitter(timeoutMs, timeoutMaxMs) + kept.bytes / BYTES_A_MS, tries: 1 };
      const fate = this.#fateOf(kept, load, await this.#link.ask(forSuite(load, this.#link.suite), options));
      this.#away = false;
      return fate;
    } catch (error) {
      if (error instanceof TimedOut && (await this.#isStuck(kept))) {
        const why = `the master ${this.#link.master} answers, but not to these ${kept.bytes} bytes; its request_max_size may be smaller`;
        return this.#refused(kept, this.#spool.load(kept) ?? {}, why);
      }
      // Asked again meanwhile, by one who had an answer.
      if (!this.#spool.owes(kept)) return 'acknowledged';
      if (!(error instanceof TimedOut)) this.#log.warn(`the return of job ${kept.jid} could not be delivered: ${messageOf(error)}`);
      this.#away = true;
      return 'away';
    } finally {
      this.#underway.delete(kept.seq);
    }
  }

  /** A frame above a bound of the master's closes the connection without a word: such a return would never come through. */
  async #isStuck(kept: Kept): Promise<boolean> {
    if (kept.bytes < LARGE || this.#stop.signal.aborted) return false;
    try {
      await this.#link.ask({ cmd: '_file_envs' }, { timeoutMs: this.#settings.timeoutMs, tries: 1 });
    } catch {
      return false; // it is the master that is away
    }
    const times = (this.#stuck.get(kept.seq) ?? 0) + 1;
    this.#stuck.set(kept.seq, times);
    return times >= TRIES_OF_LARGE;
  }

  #fateOf(kept: Kept, load: Message, answer: unknown): Fate {
    if (isTooBig(answer))
      return this.#refused(kept, load, `it is ${kept.bytes} bytes and the master takes ${String(answer.limit)} at most`);
    // An empty text is how a master says that its handler failed: perhaps its disk is full now.
    if (answer === '') return 'busy';
    if (answer === false) this.#log.error(`the master refuses the return of job ${kept.jid} (its signature policy); it is given up`);
    this.#spool.strike(kept);
    return 'acknowledged';
  }

  #refused(kept: Kept, load: Message, why: string): Fate {
    this.#log.error(`the return of job ${kept.jid} is refused as too big: ${why}`);
    this.#spool.strike(kept);
    this.#stuck.delete(kept.seq);
    const text = `The return value at "return" is too big to be carried: ${why}`;
    if (load['return'] === text) return 'too-big';
    const small = { ...load, return: text, retcode: 1, success: false, out: 'nested' };
    this.give(kept.jid, small).catch((error: unknown) => this.#log.error(`nor can its error return be given: ${messageOf(error)}`));
    return 'too-big';
  }
}

const isTooBig = (answer: unknown): answer is { readonly limit: unknown } =>
  typeof answer === 'object' && answer !== null && 'refused' in answer && answer.refused === 'too-big';
