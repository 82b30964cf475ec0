import { JinjaError } from './errors.ts';

const MOST_STEPS = 5_000_000;
const LONGEST_OUTPUT = 64 << 20;
const DEEPEST = 200;

/** Bounds of one rendering: a template cannot take the machine for ever, nor all its memory. */
export class Budget {
  #steps = 0;
  #output = 0;
  #depth = 0;

  /** One turn of a loop, one call. */
  step(): void {
    if (++this.#steps > MOST_STEPS) throw new JinjaError('error', `the template takes more than ${MOST_STEPS} steps`);
  }

  output(length: number): void {
    this.#output += length;
    if (this.#output > LONGEST_OUTPUT) throw new JinjaError('error', `the template makes more than ${LONGEST_OUTPUT} characters`);
  }

  /** Templates, macros and loops within one another. */
  async within<T>(act: () => Promise<T>): Promise<T> {
    if (++this.#depth > DEEPEST) throw new JinjaError('error', 'maximum recursion depth exceeded');
    try {
      return await act();
    } finally {
      this.#depth--;
    }
  }
}
