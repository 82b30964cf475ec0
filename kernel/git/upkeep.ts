import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { GitMirror } from './mirror.ts';

/** A mirror, and every how many seconds it is fetched. */
export interface Kept {
  readonly mirror: GitMirror;
  readonly interval: number;
}

/** Fetches mirrors in the background, each by itself: one that hangs keeps no other from its turn. */
export class GitUpkeep implements AsyncDisposable {
  readonly #kept: readonly Kept[];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #failing = new Map<GitMirror, string>();
  readonly #log: Log;

  constructor(kept: readonly Kept[], log: Log) {
    this.#kept = kept;
    this.#log = log;
  }

  start(): void {
    for (const { mirror, interval } of this.#kept) {
      void this.fetch(mirror);
      if (interval > 0) this.#timers.add(setInterval(() => void this.fetch(mirror), interval * 1000).unref());
    }
  }

  /** False when it failed; the log says why, once for each reason. */
  async fetch(mirror: GitMirror): Promise<boolean> {
    try {
      await mirror.fetch();
      if (this.#failing.delete(mirror)) this.#log.info(`${mirror.url} can be fetched again`);
      return true;
    } catch (error) {
      const why = messageOf(error);
      if (this.#failing.get(mirror) !== why) this.#log.error(`${mirror.url} was not fetched, what it brought last is served on: ${why}`);
      this.#failing.set(mirror, why);
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#kept.map(({ mirror }) => mirror[Symbol.asyncDispose]()));
  }
}
