import { derive, KEY } from './aead.ts';

/** Messages sealed under one key; then the chain steps on and the older key is erased. */
export const PER_KEY = 65_536;

/** The keys of one generation: one for requests, one for their replies. */
export interface PairOfKeys {
  readonly request: Buffer;
  readonly reply: Buffer;
}

/**
 * A chain of keys, a generation for each 65,536 requests. A generation is derived from the one before by a one-way
 * function, and no more than two are held: who takes the memory of a process cannot read what was said long before.
 */
export class Ratchet {
  #chain: Buffer;
  #generation = 0;
  #current: PairOfKeys;
  #previous: PairOfKeys | undefined;

  constructor(secret: Uint8Array) {
    [this.#current, this.#chain] = step(secret);
  }

  /** The keys for request `counter`; undefined when they are erased, or more than one generation ahead. */
  keysFor(counter: number): PairOfKeys | undefined {
    const ahead = Math.floor(counter / PER_KEY) - this.#generation;
    if (ahead === 0) return this.#current;
    if (ahead === -1) return this.#previous;
    return ahead === 1 ? step(this.#chain)[0] : undefined;
  }

  /** Steps on when `counter`, of a message that has proved genuine, is of the next generation. */
  passed(counter: number): void {
    if (Math.floor(counter / PER_KEY) !== this.#generation + 1) return;
    const spent = this.#chain;
    this.#previous = this.#current;
    [this.#current, this.#chain] = step(spent);
    this.#generation += 1;
    spent.fill(0);
  }
}

function step(secret: Uint8Array): [PairOfKeys, Buffer] {
  const bytes = derive(secret, new Uint8Array(0), 'ratchet', 3 * KEY);
  return [{ request: bytes.subarray(0, KEY), reply: bytes.subarray(KEY, 2 * KEY) }, Buffer.from(bytes.subarray(2 * KEY))];
}
