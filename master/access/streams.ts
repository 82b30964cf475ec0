/**
 * Streams of other streams that end at once when they are broken off, also while the next item is awaited: an async
 * generator would wait for that item first, and the runner behind it would go on.
 */

/** The items that `make` gives; made when the first is asked for. */
export function later<T>(make: () => Promise<AsyncIterable<T>>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      let source: Promise<AsyncIterator<T>> | undefined;
      let over = false;
      const end = async (): Promise<void> => {
        over = true;
        const made = await source?.catch(() => undefined); // the caller of `next` has the error
        await made?.return?.();
      };
      return {
        next: async () => {
          if (over) return DONE;
          source ??= make().then((made) => made[Symbol.asyncIterator]());
          const iterator = await source;
          return over ? DONE : await iterator.next();
        },
        return: async () => {
          await end();
          return DONE;
        },
      };
    },
  };
}

/** The same items, each looked at as it passes. */
export function tapped<T>(
  items: AsyncIterable<T>,
  see: (item: T) => void,
  failed: (error: unknown) => void = () => undefined,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.asyncIterator]();
      return {
        next: async () => {
          const step = await iterator.next().catch((error: unknown) => {
            failed(error);
            throw error;
          });
          if (step.done !== true) see(step.value);
          return step;
        },
        return: async () => {
          await iterator.return?.();
          return DONE;
        },
      };
    },
  };
}

/** Those of the items that `choose` makes something of; what it throws ends the stream. */
export function chosen<T>(items: AsyncIterable<T>, choose: (item: T) => Promise<T | undefined>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.asyncIterator]();
      const end = async () => {
        await iterator.return?.();
        return DONE;
      };
      return {
        next: async () => {
          for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
            const value = await choose(step.value).catch(async (error: unknown) => {
              await end();
              throw error;
            });
            if (value !== undefined) return { done: false, value };
          }
          return DONE;
        },
        return: end,
      };
    },
  };
}

const DONE = { done: true, value: undefined } as const;
