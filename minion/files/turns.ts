import { setImmediate as turn } from 'node:timers/promises';

/** Pieces of work after which others get their turn. */
const AT_ONCE = 16;

/** Does small pieces of work one after the other, and lets the daemon do other things in between. */
export async function inTurns<T, R>(items: readonly T[], act: (item: T) => R | Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [at, item] of items.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await turn();
    const made = act(item);
    results.push(made instanceof Promise ? await made : made);
  }
  return results;
}
