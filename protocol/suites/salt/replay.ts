import { createHash } from 'node:crypto';

/** A generation that grew to this many requests is closed early; 48 MB or so are then in use at most. */
const LARGEST_GENERATION = 400_000;
const GENERATIONS = 3;

/**
 * Refuses a request seen before and a request whose clock is too far off. A nonce is remembered at least twice
 * as long as its time stamp can be valid, so that a recorded request never passes a second time.
 */
export class ReplayGuard {
  readonly #seconds: number;
  #generations: Set<number>[] = [new Set()];
  #turned = 0;

  /** `seconds`: how far a time stamp may be off either way; 0 turns the guard off. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /**
   * Why a request must be refused, or undefined, and then it is remembered. `ts` undefined: the peer's
   * version sends none.
   */
  objection(nonce: unknown, ts: unknown, now: number, needsTime: boolean): string | undefined {
    if (this.#seconds <= 0) return undefined;
    if (typeof nonce !== 'string' || nonce === '' || nonce.length > 128) return 'it has no nonce';
    if (needsTime && typeof ts !== 'number') return 'it has no time stamp';
    if (typeof ts === 'number' && !(Math.abs(now - ts) <= this.#seconds))
      return `its time stamp is ${Math.round(now - ts)} s off (request_server_ttl: ${this.#seconds})`;
    return this.#remember(fingerprintOf(nonce), now) ? undefined : 'it was sent before';
  }

  #remember(mark: number, now: number): boolean {
    this.#turn(now);
    for (const generation of this.#generations) if (generation.has(mark)) return false;
    this.#generations[0]?.add(mark);
    return true;
  }

  #turn(now: number): void {
    const current = this.#generations[0];
    if (current !== undefined && current.size < LARGEST_GENERATION && now - this.#turned < this.#seconds) return;
    this.#generations = [new Set<number>(), ...this.#generations.slice(0, GENERATIONS - 1)];
    this.#turned = now;
  }
}

/** 52 bits of a nonce as a number, a third of the memory the text takes; honest nonces are 128 random bits. */
function fingerprintOf(nonce: string): number {
  const hex = /^[0-9a-f]{32}$/.test(nonce) ? nonce : createHash('sha256').update(nonce).digest('hex');
  return Number.parseInt(hex.slice(0, 13), 16);
}
