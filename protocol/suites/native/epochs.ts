import { BadFrame } from '../../errors.ts';
import { EpochUnknown } from './errors.ts';
import type { Publication } from './publication.ts';

/** Group keys held at once: the one in use, and those that publications still under way may need. */
const HELD = 16;
/** Epochs the master would not give: not asked for again. */
const REFUSED = 256;

interface Held {
  readonly key: Uint8Array;
  /** Number of the publication opened last. */
  last: number;
}

/**
 * The group keys a minion holds and how far it has read under each. It outlives sessions: after joining again, what
 * was read before stays read. Numbers count within an epoch, and a master that restarts begins a new epoch: so no
 * number has to survive anything, and a publication recorded earlier opens nowhere.
 */
export class KnownEpochs {
  readonly #held = new Map<string, Held>();
  readonly #refused = new Set<string>();

  /** Whether this process has never been given a key: then all that was published before it came is stale. */
  get empty(): boolean {
    return this.#held.size === 0;
  }

  /** Takes a key from the master. `last`: publications up to this number are not for us. */
  learn(epoch: string, key: Uint8Array, last: number): void {
    if (this.#held.has(epoch)) return;
    this.#held.set(epoch, { key, last });
    this.#refused.delete(epoch);
    for (const oldest of [...this.#held.keys()].slice(0, -HELD)) this.#held.delete(oldest);
  }

  has(epoch: string): boolean {
    return this.#held.has(epoch);
  }

  /** Whether the master need not be asked: its key is here, or was refused. */
  settled(epoch: string): boolean {
    return this.#held.has(epoch) || this.#refused.has(epoch);
  }

  /** The master was asked and does not give this epoch's key. */
  refuse(epoch: string): void {
    this.#refused.add(epoch);
    for (const oldest of [...this.#refused].slice(0, -REFUSED)) this.#refused.delete(oldest);
  }

  /** @throws EpochUnknown when its key has to be asked for; BadFrame when it is old, or does not open. */
  open(publication: Publication): Buffer {
    const { epoch, number } = publication;
    const held = this.#held.get(epoch);
    if (held === undefined)
      throw this.#refused.has(epoch) ? new BadFrame(`publication under group key ${epoch}, which is void`) : new EpochUnknown(epoch);
    if (number <= held.last) throw new BadFrame(`publication ${number} is not newer than ${held.last}: it was replayed, or overtaken`);
    const plain = publication.open(held.key);
    held.last = number;
    return plain;
  }
}
