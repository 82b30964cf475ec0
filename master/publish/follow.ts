import { AsyncQueue } from '../../kernel/events/queue.ts';
import type { RunEvent } from '../client/contract.ts';
import type { Presence } from '../fleet/presence.ts';
import type { JobReturn } from '../jobs/store.ts';
import type { Answer, Questions } from './questions.ts';
import { explain } from './reasons.ts';
import type { JobNews, JobUnderWay } from './under-way.ts';

export interface FollowTimes {
  /** Silence after which the minions that have not returned are asked about the job. */
  readonly timeoutMs: number;
  /** How long their answers are awaited. */
  readonly gatherMs: number;
  /** For so long minions are not asked of which nothing was heard since this master started: they may be coming back. */
  readonly patienceMs?: number;
}

export interface FollowParts {
  readonly presence: Presence;
  readonly questions: Questions;
  /** Records that a minion will never return. */
  readonly lose: (jid: string, minion: string, reason: string) => Promise<void>;
}

/** A minion that is known to be away may just be coming back: its return is awaited this long. */
const GRACE_MS = 1000;
/** Between the answer "not running" and the verdict "lost": a return may be on its way. */
const SETTLE_MS = 1000;

type Item = { readonly kind: 'news'; readonly news: JobNews } | { readonly kind: 'look' } | { readonly kind: 'gathered' };

/**
 * The events of a job until every minion returned or is known not to: returns as they arrive, then one
 * `silent` event for each other minion, with the reason. It listens from the call on: call before sending.
 * `minions`: only these (a part of a batch).
 */
export function follow(
  job: JobUnderWay,
  times: FollowTimes,
  parts: FollowParts,
  minions: ReadonlySet<string> = new Set(job.job.expected),
): AsyncIterable<RunEvent> {
  return events(new Watch(job, minions, times, parts));
}

async function* events(watch: Watch): AsyncIterable<RunEvent> {
  try {
    for await (const item of watch.items) {
      if (item.kind === 'news') yield* watch.relay(item.news);
      else if (item.kind === 'gathered') await watch.judge();
      if (watch.settled()) break;
      watch.plan();
    }
    yield* watch.silent();
  } finally {
    watch.stop();
  }
}

/** A return as followers are told of it. */
export const returnEvent = (result: JobReturn, problem?: string): RunEvent => ({
  kind: 'return',
  jid: result.jid,
  minion: result.minion,
  value: result.value ?? null,
  retcode: result.retcode,
  success: result.success,
  ...(result.out === undefined ? {} : { out: result.out }),
  ...(problem === undefined ? {} : { problem }),
});

const subjectOf = (news: JobNews): string => (news.kind === 'return' ? news.result.minion : news.minion);

class Watch {
  readonly items = new AsyncQueue<Item>();
  readonly #job: JobUnderWay;
  readonly #minions: ReadonlySet<string>;
  readonly #pending: Set<string>;
  readonly #started = Date.now();
  readonly #times: FollowTimes;
  readonly #parts: FollowParts;
  readonly #ignore: () => void;
  readonly #answers = new Map<string, Answer>();
  /** Asked at least once and did not answer. */
  readonly #mute = new Set<string>();
  #asking = false;
  #lastHeard = Date.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(job: JobUnderWay, minions: ReadonlySet<string>, times: FollowTimes, parts: FollowParts) {
    this.#job = job;
    this.#minions = minions;
    this.#pending = new Set([...minions].filter((minion) => job.pending.has(minion)));
    this.#times = times;
    this.#parts = parts;
    this.#ignore = job.listen((news) => {
      if (minions.has(subjectOf(news))) this.items.push({ kind: 'news', news });
    });
    this.items.push({ kind: 'look' });
  }

  /** Only here a minion counts as done: what arrived and was not told yet must still be. */
  *relay(news: JobNews): Iterable<RunEvent> {
    const minion = subjectOf(news);
    if (!this.#job.pending.has(minion)) this.#pending.delete(minion);
    if (news.kind === 'output') yield { kind: 'output', minion: news.minion, stream: news.stream, text: news.text };
    if (news.kind !== 'return') return;
    this.#lastHeard = Date.now();
    const { result, problem } = news;
    if (result.state === 'lost' || result.state === 'expired') return;
    yield returnEvent(result, problem);
  }

  /** Nobody is left whose return could still come. */
  settled(): boolean {
    if (this.#asking) return false;
    for (const minion of this.#pending) if (!this.#job.pending.has(minion) || !this.#hopeless(minion)) return false;
    return true;
  }

  /** Sets the clock for the next look, or asks now. */
  plan(): void {
    clearTimeout(this.#timer);
    if (this.#asking) return;
    const quiet = Date.now() - this.#lastHeard;
    const due = Math.max(this.#times.timeoutMs - quiet, this.#patience() > 0 && this.#mayComeBack() ? this.#patience() : 0);
    const waitsForAnyone = this.#waitsForAnyone();
    if (waitsForAnyone && due <= 0) void this.#ask();
    else
      this.#timer = setTimeout(
        () => this.items.push({ kind: 'look' }),
        Math.max(10, waitsForAnyone ? Math.min(due, GRACE_MS) : GRACE_MS / 5),
      );
  }

  /** After the answers are in: who said "not running" and still did not return has lost the job. */
  async judge(): Promise<void> {
    for (const minion of [...this.#pending]) {
      if (this.#job.pending.has(minion) && this.#answers.get(minion)?.running === false) {
        await this.#parts.lose(
          this.#job.job.jid,
          minion,
          'the minion does not run this job any more and no return arrived (it was restarted, or it never got the job)',
        );
      }
    }
    this.#lastHeard = Date.now();
  }

  *silent(): Iterable<RunEvent> {
    const { jid } = this.#job.job;
    for (const minion of this.#minions) {
      const part = this.#job.parts.get(minion);
      if (part === undefined || part.state === 'returned' || part.state === 'failed') continue;
      yield {
        kind: 'silent',
        jid,
        minion,
        ...explain(part, this.#parts.presence.of(minion), this.#answers.get(minion), this.#mute.has(minion)),
      };
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#ignore();
  }

  #waitsForAnyone(): boolean {
    for (const minion of this.#pending) if (!this.#away(minion)) return true;
    return false;
  }

  #away(minion: string): boolean {
    const { state } = this.#parts.presence.of(minion);
    return state === 'offline' || (state === 'never' && this.#patience() <= 0) || this.#mute.has(minion);
  }

  /** Milliseconds for which those that were not heard of yet are given time. */
  #patience(): number {
    return (this.#times.patienceMs ?? 0) - (Date.now() - this.#started);
  }

  #mayComeBack(): boolean {
    for (const minion of this.#pending) {
      const { state } = this.#parts.presence.of(minion);
      if (state === 'unknown' || state === 'never') return true;
    }
    return false;
  }

  #hopeless(minion: string): boolean {
    return this.#away(minion) && Date.now() - this.#started > GRACE_MS;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#answers.clear();
    const asked = [...this.#pending].filter((minion) => !this.#away(minion) && !this.#knownToRun(minion));
    if (asked.length > 0) {
      await this.#parts.questions.findJob(this.#job.job.jid, asked, this.#times.gatherMs, (minion, answer) =>
        this.#answers.set(minion, answer),
      );
      for (const minion of asked) {
        if (this.#answers.has(minion) || !this.#job.pending.has(minion)) continue;
        this.#mute.add(minion);
        this.#parts.presence.gone(minion);
      }
      if ([...this.#answers.values()].some((answer) => !answer.running)) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
    this.#asking = false;
    this.items.push({ kind: 'gathered' });
  }

  /** Our own minions tell by themselves what they run; a dead one is found out by its missing heartbeat. */
  #knownToRun(minion: string): boolean {
    return this.#job.parts.get(minion)?.state === 'running' && this.#parts.presence.of(minion).state === 'online';
  }
}
