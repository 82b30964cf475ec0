import type { Chunk } from './chunk.ts';
import { tagOf } from './chunk.ts';

/** The parallel states of a run that are under way, by tag. */
export class Parallel {
  readonly #most: number;
  readonly #running = new Map<string, Promise<void>>();
  readonly #free: (() => void)[] = [];
  #count = 0;
  #failure: { readonly thrown: unknown } | undefined;

  /** `most` at once; 0 for any number. */
  constructor(most: number) {
    this.#most = most;
  }

  start(tag: string, act: () => Promise<void>): void {
    const done = this.#inTurn(act)
      .catch((thrown: unknown) => {
        this.#failure ??= { thrown };
      })
      .finally(() => this.#running.delete(tag));
    this.#running.set(tag, done);
  }

  /** What is under way of these. */
  of(chunks: readonly Chunk[]): Promise<void>[] {
    if (this.#running.size === 0) return [];
    return chunks.flatMap((chunk) => this.#running.get(tagOf(chunk)) ?? []);
  }

  /** The next end of one of them. @throws what one of them has thrown */
  async next(): Promise<void> {
    await Promise.race(this.#running.values());
    this.#raise();
  }

  /** The end of all. @throws what one of them has thrown */
  async all(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    this.#raise();
  }

  #raise(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    while (this.#most > 0 && this.#count >= this.#most) await new Promise<void>((resolve) => this.#free.push(resolve));
    this.#count += 1;
    try {
      await act();
    } finally {
      this.#count -= 1;
      this.#free.shift()?.();
    }
  }
}
