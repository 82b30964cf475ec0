import { createHash } from 'node:crypto';

const [SIZE, SHIFT] = [624, 397];

/** Python's `random.Random`, a Mersenne Twister, so that a seed gives the numbers that it gives there. */
export class Twister {
  readonly #state = new Uint32Array(SIZE);
  #at = SIZE;

  /** @param seed as `random.seed` takes it: a whole number, or a text */
  constructor(seed: string | number | bigint) {
    this.#fill(wordsOf(typeof seed === 'string' ? numberOf(seed) : BigInt(Math.trunc(Number(seed)))));
  }

  /** A number below `limit`, as `randrange(limit)`. */
  below(limit: number): number {
    const bits = limit.toString(2).length;
    for (;;) {
      const number = this.#bits(bits);
      if (number < limit) return number;
    }
  }

  /** `size` of the items, each once, as `random.sample`. */
  sample<T>(items: readonly T[], size: number): T[] {
    const small = 21 + (size > 5 ? 4 ** Math.ceil(Math.log(size * 3) / Math.log(4)) : 0);
    return items.length <= small ? this.#fromPool(items, size) : this.#byPlace(items, size);
  }

  #fromPool<T>(items: readonly T[], size: number): T[] {
    const pool = [...items];
    const picked: T[] = [];
    for (let left = pool.length; picked.length < size; left -= 1) {
      const at = this.below(left);
      picked.push(pool[at] as T);
      pool[at] = pool[left - 1] as T;
    }
    return picked;
  }

  #byPlace<T>(items: readonly T[], size: number): T[] {
    const places = new Set<number>();
    while (places.size < size) places.add(this.below(items.length));
    return [...places].map((at) => items[at] as T);
  }

  #bits(count: number): number {
    if (count <= 32) return this.#word() >>> (32 - count);
    const low = this.#word();
    return (this.#word() >>> (64 - count)) * 2 ** 32 + low;
  }

  #word(): number {
    if (this.#at === SIZE) this.#twist();
    let word = this.#state[this.#at] ?? 0;
    this.#at += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    const word = (at: number): number => state[at % SIZE] ?? 0;
    for (let at = 0; at < SIZE; at += 1) {
      const mixed = (word(at) & 0x80000000) | (word(at + 1) & 0x7fffffff);
      state[at] = word(at + SHIFT) ^ (mixed >>> 1) ^ ((mixed & 1) === 0 ? 0 : 0x9908b0df);
    }
    this.#at = 0;
  }

  /** The reference implementation's init_by_array. */
  #fill(key: readonly number[]): void {
    const state = this.#state;
    const mixed = (at: number): number => {
      const before = state[at - 1] ?? 0;
      return (before ^ (before >>> 30)) >>> 0;
    };
    state[0] = 19650218;
    for (let at = 1; at < SIZE; at += 1) state[at] = Math.imul(1812433253, mixed(at)) + at;
    let [at, from] = [1, 0];
    const step = (): void => {
      at += 1;
      if (at < SIZE) return;
      state[0] = state[SIZE - 1] ?? 0;
      at = 1;
    };
    for (let left = Math.max(SIZE, key.length); left > 0; left -= 1) {
      state[at] = ((state[at] ?? 0) ^ Math.imul(mixed(at), 1664525)) + (key[from] ?? 0) + from;
      from = (from + 1) % key.length;
      step();
    }
    for (let left = SIZE - 1; left > 0; left -= 1) {
      state[at] = ((state[at] ?? 0) ^ Math.imul(mixed(at), 1566083941)) - at;
      step();
    }
    state[0] = 0x80000000;
  }
}

/** Python seeds with a text as the number made of its bytes and their SHA-512. */
const numberOf = (text: string): bigint => {
  const bytes = Buffer.from(text, 'utf8');
  return BigInt(`0x${Buffer.concat([bytes, createHash('sha512').update(bytes).digest()]).toString('hex')}`);
};

const wordsOf = (number: bigint): number[] => {
  const words: number[] = [];
  for (let left = number < 0n ? -number : number; left > 0n; left >>= 32n) words.push(Number(left & 0xffffffffn));
  return words.length === 0 ? [0] : words;
};
