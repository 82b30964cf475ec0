const WIDTH = 1024;
const WORD = 32;

/** Which of the last 1,024 counters were seen: each passes once, in any order; older ones never. 128 bytes. */
export class ReplayWindow {
  readonly #bits = new Uint32Array(WIDTH / WORD);
  #highest = -1;

  /** Whether `counter` is new and not too old. Marks nothing: call `mark` when the message proved genuine. */
  fresh(counter: number): boolean {
    if (counter > this.#highest) return true;
    if (counter <= this.#highest - WIDTH) return false;
    return ((this.#word(counter) >>> (counter % WORD)) & 1) === 0;
  }

  mark(counter: number): void {
    this.#advance(counter);
    const at = this.#index(counter);
    this.#bits[at] = this.#word(counter) | (1 << (counter % WORD));
  }

  #advance(counter: number): void {
    if (counter <= this.#highest) return;
    if (counter - this.#highest >= WIDTH) this.#bits.fill(0);
    else for (let passed = this.#highest + 1; passed <= counter; passed++) this.#clear(passed);
    this.#highest = counter;
  }

  #clear(counter: number): void {
    this.#bits[this.#index(counter)] = this.#word(counter) & ~(1 << (counter % WORD));
  }

  #word(counter: number): number {
    return this.#bits[this.#index(counter)] ?? 0;
  }

  #index(counter: number): number {
    return Math.floor((counter % WIDTH) / WORD);
  }
}
