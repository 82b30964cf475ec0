import crypto from 'node:crypto';
import { Ratchet } from './ratchet.ts';
import { ReplayWindow } from './window.ts';

/** A session ends after 9 to 12 hours: then both ends agree on new keys, not all minions in the same minute. */
const LIFETIME = { min: 9 * 3_600_000, spread: 3 * 3_600_000 };
/** The daemon and several `tsalt-call` of one machine hold a session each. */
const PER_MINION = 16;
/** Sessions that were answered but never used: a lost answer leaves one behind. */
const UNUSED_PER_MINION = 4;

/** The master's end of a session. */
export class MasterSession {
  /** 16 random bytes. */
  readonly id: Buffer;
  readonly minion: string;
  /** The minion's SPKI PEM; the session is good only while this is the accepted key. */
  readonly publicKey: string;
  readonly joined: number;
  readonly ends: number;
  readonly ratchet: Ratchet;
  readonly window = new ReplayWindow();
  /** When a request proved that the other end holds the keys, in ms; undefined until then. */
  used: number | undefined;

  constructor(id: Buffer, minion: string, publicKey: string, secret: Buffer, now: number) {
    this.id = id;
    this.minion = minion;
    this.publicKey = publicKey;
    this.ratchet = new Ratchet(secret);
    this.joined = now;
    this.ends = now + LIFETIME.min + crypto.randomInt(LIFETIME.spread);
  }
}

/** The sessions that live, a bounded number for each minion; memory only. */
export class Sessions {
  readonly #byId = new Map<string, MasterSession>();
  readonly #byMinion = new Map<string, readonly MasterSession[]>();

  add(session: MasterSession): void {
    this.#byMinion.set(session.minion, [...this.#of(session.minion), session]);
    this.#byId.set(session.id.toString('hex'), session);
    this.#keepNewest(
      UNUSED_PER_MINION,
      this.#of(session.minion).filter(({ used }) => used === undefined),
    );
    this.#keepNewest(PER_MINION, this.#of(session.minion));
  }

  find(id: Buffer, now: number): MasterSession | undefined {
    const session = this.#byId.get(id.toString('hex'));
    if (session === undefined || now < session.ends) return session;
    this.drop(session);
    return undefined;
  }

  drop(session: MasterSession): void {
    this.#byId.delete(session.id.toString('hex'));
    const rest = this.#of(session.minion).filter((one) => one !== session);
    if (rest.length > 0) this.#byMinion.set(session.minion, rest);
    else this.#byMinion.delete(session.minion);
  }

  forget(minion: string): void {
    for (const session of this.#of(minion)) this.#byId.delete(session.id.toString('hex'));
    this.#byMinion.delete(minion);
  }

  clear(): void {
    this.#byId.clear();
    this.#byMinion.clear();
  }

  #of(minion: string): readonly MasterSession[] {
    return this.#byMinion.get(minion) ?? [];
  }

  #keepNewest(limit: number, held: readonly MasterSession[]): void {
    const age = (session: MasterSession): number => session.used ?? session.joined;
    if (held.length > limit) this.drop(held.reduce((one, other) => (age(other) < age(one) ? other : one)));
  }
}
