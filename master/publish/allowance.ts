/** How often each of many may do something: a burst at once, then so many a minute. */
export class Allowance {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #now: () => number;
  readonly #left = new Map<string, { left: number; at: number }>();

  constructor(perMinute: number, burst: number = perMinute, now: () => number = Date.now) {
    this.#perMs = perMinute / 60_000;
    this.#burst = burst;
    this.#now = now;
  }

  /** Takes one of `who`'s; false when there is none left for now. */
  take(who: string): boolean {
    const at = this.#now();
    const known = this.#left.get(who) ?? { left: this.#burst, at };
    known.left = Math.min(this.#burst, known.left + Math.max(0, at - known.at) * this.#perMs);
    known.at = at;
    this.#left.set(who, known);
    if (known.left < 1) return false;
    known.left -= 1;
    return true;
  }
}
