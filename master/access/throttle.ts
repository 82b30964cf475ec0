import { TooManyLogins } from '../client/errors.ts';

export interface ThrottleOptions {
  /** Failures of one account from one address before it is locked for it. */
  readonly failures: number;
  /** Seconds: failures are counted within these, and a lock lasts as long. */
  readonly lockout: number;
}

/** How many times as many failures all accounts of an address together may have, and one account from all addresses. */
const ADDRESS = 4;
const ACCOUNT = 10;
/** Counters kept; the ones longest untouched go first. */
const MOST = 50_000;
/** Logins checked at one time: each may cost memory and a thread. */
const AT_ONCE = 16;

interface Count {
  failures: number;
  /** Ms. */
  since: number;
}

/**
 * Keeps passwords from being guessed. An account is locked for the address that guesses long before it is locked for all:
 * nobody locks out another with few tries. A login counts as failed while it is checked, so that many at once are as many tries.
 */
export class Throttle {
  readonly #counts = new Map<string, Count>();
  readonly #options: () => ThrottleOptions;
  readonly #now: () => number;
  #checking = 0;

  constructor(options: () => ThrottleOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** Runs one check of a login; undefined means that it failed. @throws TooManyLogins before it is tried */
  async attempt<T>(account: string, address: string, check: () => Promise<T | undefined>): Promise<T | undefined> {
    const { failures } = this.#options();
    const limits: readonly (readonly [string, number])[] = [
      [`both ${address} ${account}`, failures],
      [`from ${address}`, failures * ADDRESS],
      [`for ${account}`, failures * ACCOUNT],
    ];
    for (const [key, limit] of limits) this.#refuse(key, limit);
    if (this.#checking >= AT_ONCE) throw new TooManyLogins('too many logins are being checked: try again in a moment', 2);
    for (const [key] of limits) this.#count(key, 1);
    this.#checking += 1;
    try {
      const result = await check();
      if (result !== undefined) for (const [key] of limits) this.#count(key, -1);
      return result;
    } finally {
      this.#checking -= 1;
    }
  }

  #refuse(key: string, limit: number): void {
    const found = this.#living(key);
    if (found === undefined || found.failures < limit) return;
    const wait = Math.max(1, Math.ceil(found.since / 1000 + this.#options().lockout - this.#now() / 1000));
    throw new TooManyLogins(`too many logins failed: try again in ${wait} s`, wait);
  }

  #living(key: string): Count | undefined {
    const found = this.#counts.get(key);
    if (found === undefined || this.#now() - found.since < this.#options().lockout * 1000) return found;
    this.#counts.delete(key);
    return undefined;
  }

  /** A failure begins the time anew: who goes on guessing stays out. */
  #count(key: string, by: 1 | -1): void {
    const found = this.#living(key) ?? { failures: 0, since: 0 };
    found.failures += by;
    if (by === 1) found.since = this.#now();
    this.#counts.delete(key);
    if (found.failures <= 0) return;
    this.#counts.set(key, found);
    const oldest = this.#counts.keys().next();
    if (this.#counts.size > MOST && oldest.done !== true) this.#counts.delete(oldest.value);
  }
}
