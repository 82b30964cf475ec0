/** Things to close, last opened first: what a daemon does when it stops, or when its start fails half way. */
export class Closing implements AsyncDisposable {
  readonly #open: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(opened: T): T {
    this.#open.push(opened);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const problems: unknown[] = [];
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      try {
        await next[Symbol.asyncDispose]();
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) throw new AggregateError(problems, 'not everything could be closed');
  }
}
