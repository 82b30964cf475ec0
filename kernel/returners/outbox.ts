import { setTimeout as sleep } from 'node:timers/promises';
import { DeliveryFailed, type Handed, type Log, ReturnerAway } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { roughSize } from './size.ts';

/** How much waits at most. */
export interface Bounds {
  readonly items: number;
  readonly bytes: number;
  /** Milliseconds that one batch may take. */
  readonly timeoutMs: number;
}

export interface OutboxParts<T> {
  /** Hands a batch on. `signal` is aborted when it took too long. */
  readonly deliver: (batch: readonly Handed<T>[]) => Promise<void>;
  /** The batch took too long: whatever is under way is to be broken off. */
  readonly breakOff: () => void;
  /** Most items of a batch. */
  readonly batch: number;
  readonly bounds: Bounds;
  /** `the returner carbon`, and `result` or `event`: for the log. */
  readonly name: string;
  readonly thing: string;
  readonly log: Log;
}

const PAUSE_MS = 250;
const PAUSE_MAX_MS = 15_000;
/** A stream of losses is told once in a while, not once for each. */
const TELL_EVERY_MS = 10_000;

interface Waiting<T> extends Handed<T> {
  readonly bytes: number;
}

/**
 * What waits for one returner, in order. One batch is under way at a time, with all that came meanwhile in the next.
 * While the other side is away it is tried again and again; beyond the bounds the oldest is dropped, and the log says so.
 */
export class Outbox<T> {
  readonly #parts: OutboxParts<T>;
  readonly #waiting: Waiting<T>[] = [];
  readonly #stop = new AbortController();
  #bytes = 0;
  #running: Promise<void> | undefined;
  #hurry = new AbortController();
  #away = false;
  /** So many go one by one, for a batch of them failed. */
  #alone = 0;
  #dropped = 0;
  #told = 0;

  constructor(parts: OutboxParts<T>) {
    this.#parts = parts;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Never waits and never throws. */
  push(items: readonly Handed<T>[]): void {
    for (const item of items) {
      const bytes = roughSize(item.what);
      this.#waiting.push({ ...item, bytes });
      this.#bytes += bytes;
    }
    this.#bound();
    if (this.#waiting.length > 0) this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when nothing waits, or at the end of `ms`. What waits for somebody who is away is tried at once. */
  async settle(ms: number): Promise<void> {
    this.#hurry.abort();
    const timeout = new AbortController();
    await Promise.race([this.#running, sleep(ms, undefined, { signal: timeout.signal }).catch(() => undefined)]);
    timeout.abort();
  }

  /** Gives up what still waits, and says how much that is. */
  close(): void {
    this.#stop.abort();
    this.#hurry.abort();
    this.#tellDropped();
    if (this.#waiting.length > 0)
      this.#parts.log.error(`${this.#parts.name} did not take ${this.#count(this.#waiting.length)} before the end`);
    this.#waiting.length = 0;
  }

  async #run(): Promise<void> {
    let wait = PAUSE_MS;
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      if (await this.#deliver(this.#waiting.slice(0, this.#alone > 0 ? 1 : this.#parts.batch))) {
        wait = PAUSE_MS;
        continue;
      }
      this.#hurry = new AbortController();
      const signal = AbortSignal.any([this.#stop.signal, this.#hurry.signal]);
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, PAUSE_MAX_MS);
    }
  }

  /** False: to be tried again, after a pause. */
  async #deliver(batch: readonly Waiting<T>[]): Promise<boolean> {
    try {
      await this.#inTime(this.#parts.deliver(batch));
      this.#forget(batch);
      if (this.#away) this.#parts.log.info(`${this.#parts.name} is back`);
      this.#away = false;
      this.#tellDropped();
      return true;
    } catch (error) {
      if (error instanceof DeliveryFailed) this.#forget(batch.slice(0, error.delivered));
      if (this.#stop.signal.aborted) return false;
      return error instanceof ReturnerAway ? this.#wentAway(error) : this.#failed(batch, error);
    }
  }

  #wentAway(error: ReturnerAway): false {
    const { log, name } = this.#parts;
    const count = this.#waiting.length;
    const text = `${name} is away, ${this.#count(count)} ${count === 1 ? 'waits' : 'wait'}: ${error.message}`;
    if (this.#away) log.debug(text);
    else log.warn(text);
    this.#away = true;
    return false;
  }

  /** One that fails alone is given up; of several each is tried alone. */
  #failed(batch: readonly Waiting<T>[], error: unknown): true {
    const rest = error instanceof DeliveryFailed ? batch.slice(error.delivered) : batch;
    if (rest.length > 1) this.#alone = rest.length;
    else {
      this.#parts.log.error(`${this.#parts.name} failed, ${this.#count(rest.length)} did not get there: ${messageOf(error)}`);
      this.#forget(rest);
    }
    return true;
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const { timeoutMs } = this.#parts.bounds;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#parts.breakOff();
        reject(new Error(`it took longer than ${timeoutMs / 1000} s`));
      }, timeoutMs);
    });
    work.catch(() => undefined); // it may still fail when nobody waits any more
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  /** Those that were dropped meanwhile are not at the head any more. */
  #forget(batch: readonly Waiting<T>[]): void {
    const gone = new Set(batch);
    while (this.#waiting[0] !== undefined && gone.has(this.#waiting[0])) this.#shift();
  }

  #bound(): void {
    const { items, bytes } = this.#parts.bounds;
    while (this.#waiting.length > items || (this.#bytes > bytes && this.#waiting.length > 1)) {
      this.#shift();
      this.#dropped += 1;
    }
    if (Date.now() - this.#told >= TELL_EVERY_MS) this.#tellDropped();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#parts.log.error(`${this.#parts.name} has too much waiting: ${this.#count(this.#dropped)} were dropped, the oldest first`);
    this.#told = Date.now();
    this.#dropped = 0;
  }

  #shift(): void {
    this.#bytes -= this.#waiting.shift()?.bytes ?? 0;
    this.#alone = Math.max(0, this.#alone - 1);
  }

  #count(count: number): string {
    return `${count} ${this.#parts.thing}${count === 1 ? '' : 's'}`;
  }
}
