import crypto from 'node:crypto';
import { KEY } from './aead.ts';

/** A replaced group key is still given, for this long, to minions that were members while it was in use. */
const GRACE = 60_000;

/** One group key, from when it was made until it was replaced. */
export interface Epoch {
  /** 8 random bytes: tells the key, says nothing about it. */
  readonly id: Buffer;
  readonly key: Buffer;
  /** Of the publication sent last; 0 before the first. */
  number: number;
  /** When it was replaced, in ms. */
  until?: number;
}

/**
 * The keys publications are sealed under. `rotate` retires the current one at once; the next is made when it is
 * first needed, so that several removals in a row cost one new key.
 */
export class GroupKeys {
  readonly #now: () => number;
  #current: Epoch | undefined;
  #replaced: readonly Epoch[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  current(): Epoch {
    this.#current ??= { id: crypto.randomBytes(8), key: crypto.randomBytes(KEY), number: 0 };
    return this.#current;
  }

  rotate(): void {
    if (this.#current === undefined) return;
    this.#current.until = this.#now();
    this.#replaced = [...this.#replaced, this.#current].slice(-8);
    this.#current = undefined;
  }

  /** What a member since `joined` may know: the current key, and those replaced after it joined, just now. */
  knownTo(joined: number): readonly Epoch[] {
    const oldest = Math.max(joined, this.#now() - GRACE);
    return [...this.#replaced.filter(({ until = 0 }) => until >= oldest), this.current()];
  }

  clear(): void {
    this.#current = undefined;
    this.#replaced = [];
  }
}
