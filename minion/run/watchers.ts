import type { Returnable } from '../../modules/define.ts';

/** What a state run tells after each state: the result as `ret`, the number of states as `len`, the id that is `next`. */
export type StateStep = Readonly<Record<string, Returnable>>;

/** Those in this process who watch state runs: a command line that shows their progress. */
export class Watchers {
  readonly #all = new Set<(step: StateStep) => void>();

  add(watcher: (step: StateStep) => void): void {
    this.#all.add(watcher);
  }

  tell(step: StateStep): void {
    for (const watcher of this.#all) watcher(step);
  }
}
