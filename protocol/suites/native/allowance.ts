/** So many in a second, and no more: what unauthenticated peers can make this process do has a price limit. */
export class Allowance {
  readonly #perSecond: number;
  readonly #now: () => number;
  #second = 0;
  #spent = 0;

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether one more is allowed in this second; counts it. */
  take(): boolean {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spent = 0;
    }
    this.#spent += 1;
    return this.#spent <= this.#perSecond;
  }
}
