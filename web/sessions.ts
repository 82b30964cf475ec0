import { randomBytes } from 'node:crypto';

/** Who is logged in with one browser or program. */
export interface Session {
  /** 40 hex digits; what the client shows. Not the token. */
  readonly id: string;
  /** What the master knows the person by. */
  readonly token: string;
  readonly user: string;
  /** Seconds since 1970. */
  readonly expire: number;
}

/** How many sessions are held: the oldest make room. */
const MOST = 100_000;
const ID = /^[0-9a-f]{40}$/;

/**
 * Sessions in memory. Only a login makes one: requests of strangers leave nothing behind. The id is looked up by a hash
 * table whose time tells nothing about other ids, and is 160 bits of chance.
 */
export class Sessions {
  readonly #all = new Map<string, Session>();
  readonly #now: () => number;

  constructor(now: () => number = () => Date.now() / 1000) {
    this.#now = now;
  }

  get count(): number {
    return this.#all.size;
  }

  open(of: Omit<Session, 'id'>): Session {
    this.#prune();
    const session = { id: randomBytes(20).toString('hex'), ...of };
    this.#all.set(session.id, session);
    return session;
  }

  /** Undefined for an unknown or expired one. */
  find(id: string | undefined): Session | undefined {
    if (id === undefined || !ID.test(id)) return undefined;
    const session = this.#all.get(id);
    if (session === undefined || session.expire > this.#now()) return session;
    this.#all.delete(id);
    return undefined;
  }

  close(id: string): void {
    this.#all.delete(id);
  }

  #prune(): void {
    const now = this.#now();
    for (const [id, session] of this.#all) if (session.expire <= now) this.#all.delete(id);
    for (const id of this.#all.keys()) {
      if (this.#all.size < MOST) return;
      this.#all.delete(id);
    }
  }
}
