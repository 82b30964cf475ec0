import crypto from 'node:crypto';
import type { AgreementKeys, Curves } from './curves.ts';
import { wrap } from './frames.ts';
import type { Identity } from './identity.ts';
import { type Endorsement, offerLoad } from './offer.ts';

/** A new prekey each minute; each is erased after two. */
const PERIOD = 60_000;
/** Joins of one minion under one prekey; more are refused until the next. */
const JOINS_PER_MINION = 1024;

/** A short-lived key that minions write their join under, and the joins that were admitted under it. */
export class LivePrekey {
  readonly id: Buffer = crypto.randomBytes(8);
  readonly keys: AgreementKeys;
  /** The load of the offer that shows it. */
  readonly offer: Buffer;
  readonly born: number;
  readonly #admitted = new Map<string, Set<string>>();

  constructor(curves: Curves, identity: Identity, born: number, endorsement: Endorsement | undefined) {
    this.keys = curves.agreementKeys();
    this.offer = offerLoad(curves, identity, this.id, this.keys.publicKey, endorsement);
    this.born = born;
  }

  /** Whether this join of an accepted minion is the first with its ephemeral key: a recorded join opens nothing again. */
  admits(minion: string, ephemeral: Uint8Array): boolean {
    const key = Buffer.from(ephemeral).toString('latin1');
    const admitted = this.#admitted.get(minion) ?? new Set();
    if (admitted.has(key) || admitted.size >= JOINS_PER_MINION) return false;
    this.#admitted.set(minion, admitted.add(key));
    return true;
  }

  erase(): void {
    this.keys.secretKey.fill(0);
  }
}

/**
 * The prekeys of the last two minutes. A hello is answered from a frame that was made and signed before it came,
 * and leaves no state: a flood of hellos costs what its bytes cost.
 */
export class Prekeys {
  readonly #make: () => LivePrekey;
  readonly #now: () => number;
  readonly #alive = new Map<string, LivePrekey>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #newest: LivePrekey | undefined;
  #frame: Buffer = Buffer.alloc(0);

  constructor(curves: Curves, identity: Identity, now: () => number, endorsement: Endorsement | undefined) {
    this.#now = now;
    this.#make = () => new LivePrekey(curves, identity, now(), endorsement);
  }

  /** The frame that offers the newest prekey. */
  offerFrame(): Buffer {
    if (this.#newest === undefined || this.#now() - this.#newest.born >= PERIOD) this.#renew();
    return this.#frame;
  }

  find(id: Buffer): LivePrekey | undefined {
    const prekey = this.#alive.get(id.toString('hex'));
    return prekey !== undefined && this.#now() - prekey.born < 2 * PERIOD ? prekey : undefined;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const prekey of this.#alive.values()) prekey.erase();
    this.#alive.clear();
    this.#newest = undefined;
  }

  #renew(): void {
    const prekey = this.#make();
    this.#newest = prekey;
    this.#frame = wrap(prekey.offer);
    this.#alive.set(prekey.id.toString('hex'), prekey);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#alive.delete(prekey.id.toString('hex'));
      prekey.erase();
    }, 2 * PERIOD).unref();
    this.#timers.add(timer);
  }
}
