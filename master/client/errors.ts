import { TsaltError } from '../../protocol/errors.ts';

/** Logins of this account, or from this address, failed too often: none is tried for a while. */
export class TooManyLogins extends TsaltError {
  /** Seconds. */
  readonly retryAfter: number;
  constructor(message: string, retryAfter: number) {
    super('too-many-logins', message, { retry: true });
    this.retryAfter = retryAfter;
  }
}
