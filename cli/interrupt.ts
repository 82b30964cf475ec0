/** Ctrl-C ended the wait. */
export class Interrupted extends Error {}

/** The same items until the signal is aborted, then `Interrupted`; the source is told that nobody listens any more. */
export async function* untilInterrupted<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* items;
    return;
  }
  const iterator = items[Symbol.asyncIterator]();
  const stopped = abortionOf(signal);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    stopped.forget();
    // Not awaited: a source that waits for its next item would never answer.
    void iterator.return?.();
  }
}

/** The same promise, or `Interrupted` when the signal is aborted first. */
export async function orInterrupted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const stopped = abortionOf(signal);
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    stopped.forget();
  }
}

function abortionOf(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  const { promise, reject } = settled();
  const onAbort = (): void => reject(new Interrupted('interrupted'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  promise.catch(() => undefined);
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
}

function settled(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
