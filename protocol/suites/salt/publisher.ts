import { createHash, type KeyObject } from 'node:crypto';
import { encodeEnvelope } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import type { Message } from '../suite.ts';
import { Crypticle, newKeyText } from './crypticle.ts';
import type { PublishState, PublishStateStore } from './publish-state.ts';
import { type SigningAlgorithm, signNow } from './rsa.ts';
import { signX931 } from './x931.ts';

/** Serials are reserved this many at a time, so that not every publication waits for the disk. */
const RESERVE = 1000;

/** The hex SHA256 of a publish key, signed by the master, tells a minion that the key is the master's. */
export const keyDigest = (keyText: string): Buffer => Buffer.from(createHash('sha256').update(keyText).digest('hex'));

/** The master's publish key, the serials under it, and what is made with it. */
export class Publisher {
  readonly #masterKey: KeyObject;
  readonly #store: PublishStateStore;
  readonly #signing: SigningAlgorithm | undefined;
  #keyText: string;
  #serial: number;
  #reserved: number;
  #crypticle: Crypticle;
  #signature: Buffer;

  /** `signing` undefined: publications carry no signature. */
  constructor(masterKey: KeyObject, store: PublishStateStore, signing: SigningAlgorithm | undefined) {
    this.#masterKey = masterKey;
    this.#store = store;
    this.#signing = signing;
    const state: PublishState = store.load() ?? { aes: newKeyText(), serial: 0 };
    this.#keyText = state.aes;
    this.#serial = state.serial;
    this.#crypticle = new Crypticle(state.aes);
    this.#signature = signX931(masterKey, keyDigest(state.aes));
    this.#reserved = state.serial;
    this.#reserve(RESERVE);
  }

  get keyText(): string {
    return this.#keyText;
  }

  get crypticle(): Crypticle {
    return this.#crypticle;
  }

  /** The X9.31 signature of the key's digest: the same for every minion, so it is made once a key. */
  get signature(): Buffer {
    return this.#signature;
  }

  /** A publication: numbered, encrypted, signed. Synchronous, for serials must reach the wire in order. */
  seal(job: Message): Buffer {
    this.#serial++;
    if (this.#serial > this.#reserved) this.#reserve(RESERVE);
    const load = this.#crypticle.seal(encode({ ...job, serial: this.#serial }));
    if (this.#signing === undefined) return encodeEnvelope({ enc: 'aes', load });
    return encodeEnvelope({ enc: 'aes', load, sig_algo: this.#signing, sig: signNow(this.#masterKey, load, this.#signing) });
  }

  rotate(): void {
    this.#keyText = newKeyText();
    this.#crypticle = new Crypticle(this.#keyText);
    this.#signature = signX931(this.#masterKey, keyDigest(this.#keyText));
    this.#serial = 0;
    this.#reserve(RESERVE);
  }

  /** Gives back the serials that were reserved and not used. */
  close(): void {
    this.#reserve(0);
  }

  #reserve(count: number): void {
    this.#reserved = this.#serial + count;
    this.#store.save({ aes: this.#keyText, serial: this.#reserved });
  }
}
