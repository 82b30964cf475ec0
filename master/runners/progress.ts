import { AsyncLocalStorage } from 'node:async_hooks';

/** Where the runner under way tells how it gets on; each call has its own. */
const current = new AsyncLocalStorage<(data: unknown) => void>();

/** To be asked for within a runner's call: tells whoever runs it something before its result, from wherever it is called. */
export const teller = (): ((data: unknown) => void) => current.getStore() ?? (() => undefined);

/** Runs `body`, with `listener` hearing what it tells. */
export const hearing = <T>(listener: (data: unknown) => void, body: () => Promise<T>): Promise<T> => current.run(listener, body);
