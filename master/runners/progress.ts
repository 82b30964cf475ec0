import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunnerRequest } from '../client/contract.ts';

/** The call of a runner that is under way. */
export interface OwnCall {
  readonly jid: string;
  readonly user: string;
  readonly request: RunnerRequest;
  /** It goes on with what an earlier master began under this id. */
  readonly resumes: boolean;
  /** Takes what the runner tells before its result. */
  readonly tell: (data: unknown) => void;
}

/** Each call has its own. */
const current = new AsyncLocalStorage<OwnCall>();

/** The runner's call within which this is asked, from wherever it is called. */
export const ownCall = (): OwnCall | undefined => current.getStore();

/** To be asked for within a runner's call: tells whoever runs it something before its result. */
export const teller = (): OwnCall['tell'] => ownCall()?.tell ?? (() => undefined);

/** Runs `body` as the work of that call. */
export const calling = <T>(call: OwnCall, body: () => Promise<T>): Promise<T> => current.run(call, body);
