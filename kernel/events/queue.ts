/**
 * A queue between a producer that cannot wait and a consumer that iterates. Ends when `end` is called,
 * fails when `fail` is; what was pushed before is delivered first.
 */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  #items: T[] = [];
  #head = 0;
  #waiting: ((result: IteratorResult<T>) => void) | undefined;
  #refuse: ((error: unknown) => void) | undefined;
  #ended = false;
  #error: { readonly cause: unknown } | undefined;
  #onReturn: () => void;

  /** `onReturn` is called when the consumer breaks out of its loop. */
  constructor(onReturn: () => void = () => undefined) {
    this.#onReturn = onReturn;
  }

  /** How many wait to be taken. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#waiting === undefined) this.#items.push(item);
    else this.#settle({ value: item, done: false });
  }

  end(): void {
    this.#ended = true;
    if (this.#waiting !== undefined) this.#settle({ value: undefined, done: true });
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = { cause: error };
    const refuse = this.#refuse;
    if (refuse === undefined) return;
    this.#error = undefined;
    this.#waiting = undefined;
    this.#refuse = undefined;
    refuse(error);
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#head < this.#items.length) return { value: this.#shift(), done: false };
    if (this.#error !== undefined) {
      const { cause } = this.#error;
      this.#error = undefined;
      throw cause;
    }
    if (this.#ended) return { value: undefined, done: true };
    return await new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#refuse = reject;
    });
  }

  async return(): Promise<IteratorResult<T>> {
    this.#ended = true;
    this.#items = [];
    this.#head = 0;
    if (this.#waiting !== undefined) this.#settle({ value: undefined, done: true });
    this.#onReturn();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle(result: IteratorResult<T>): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    this.#refuse = undefined;
    resolve?.(result);
  }

  #shift(): T {
    const item = this.#items[this.#head] as T;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
