import { AsyncLocalStorage } from 'node:async_hooks';

/** Where the runner under way tells how it gets on; each call has its own. */
const current = new AsyncLocalStorage<(data: unknown) => void>();

/** Tells whoever runs this runner something before its result. Nobody listens: nothing happens. */
export const tell = (data: unknown): void => current.getStore()?.(data);

/** Runs `body`, with `listener` hearing what it tells. */
export const hearing = <T>(listener: (data: unknown) => void, body: () => Promise<T>): Promise<T> => current.run(listener, body);
