import type { Logger } from '../kernel/config/log.ts';
import type { MasterClient } from '../master/client/contract.ts';
import type { WebOptions } from './options.ts';
import type { Sessions } from './sessions.ts';

export type Log = Pick<Logger, 'error' | 'warn' | 'info' | 'debug'>;

export interface WebStart {
  readonly client: MasterClient;
  readonly options: WebOptions;
  readonly log: Log;
}

/** What the rooms of the web are handed. */
export interface WebParts extends WebStart {
  /** Of salt-api; the console keeps its own. */
  readonly sessions: Sessions;
  /** Whether TLS is spoken: cookies are then `Secure`. */
  readonly secure: boolean;
}
