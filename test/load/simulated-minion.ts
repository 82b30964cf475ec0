import type { KeyObject } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { Crypticle } from '../../protocol/suites/salt/crypticle.ts';
import { decryptWith } from '../../protocol/suites/salt/rsa.ts';
import { bytesOf, decodeMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { Peer } from './zmtp.ts';

const ALGORITHMS = { enc_algo: 'OAEP-SHA1', sig_algo: 'PKCS1v15-SHA1' } as const;
const REQUEST_MS = 60_000;

export interface SimulatedKey {
  readonly privateKey: KeyObject;
  readonly publicPem: string;
  /** The word `salt` signed with the key: the proof in each request. */
  readonly token: Uint8Array;
}

export interface MasterPorts {
  readonly host: string;
  readonly publish: number;
  readonly request: number;
}

/** What the minions of one process share. */
export interface Fleet {
  readonly ports: MasterPorts;
  /** The publish key, which is the same for all of them: the first that got it opens it. */
  publishKey(sealed: Uint8Array, privateKey: KeyObject): Promise<void>;
  publication(minion: SimulatedMinion, frame: Buffer): void;
  note(where: string, error: unknown): void;
  /** Where descriptors are short: a request connection waits for its turn here, and is closed after the answer. */
  readonly turns: Turns | undefined;
}

/** Lets so many in at a time. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/**
 * One minion of the `salt` suite as the master sees it: a SUB and a REQ connection, requests under its own session
 * key with nonce, time and proof. Unlike a real one it does not verify the master's signatures.
 */
export class SimulatedMinion {
  readonly id: string;
  readonly #key: SimulatedKey;
  readonly #fleet: Fleet;
  #session: Crypticle | undefined;
  #subscription: Peer | undefined;
  #requests: Peer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(id: string, key: SimulatedKey, fleet: Fleet) {
    this.id = id;
    this.#key = key;
    this.#fleet = fleet;
  }

  /** Introduces itself, subscribes, and says that it started. */
  async enrol(): Promise<void> {
    await this.#introduce();
    const { host, publish } = this.#fleet.ports;
    const subscription = await Peer.connect(host, publish, 'SUB');
    subscription.onMessage = (frame) => this.#fleet.publication(this, frame);
    subscription.onEnd = (why) => this.#fleet.note('subscription', why);
    subscription.subscribeAll();
    this.#subscription = subscription;
    await this.call({ cmd: '_minion_event', pretag: null, data: `Minion ${this.id} started`, tag: `salt/minion/${this.id}/start` });
  }

  /** One sealed request, after those before it. @throws Error when refused, or not answered in time */
  async call(load: Readonly<Record<string, unknown>>): Promise<unknown> {
    const session = this.#session;
    if (session === undefined) throw new Error(`${this.id} is not enrolled`);
    const nonce = randomBytes(16).toString('hex');
    const proved = { ...load, id: this.id, nonce, ts: Math.floor(Date.now() / 1000), tok: this.#key.token };
    const reply = await this.#request(encode({ enc: 'aes', load: session.seal(encode(proved)), version: 3, id: this.id, ...ALGORITHMS }));
    const value = decode(reply);
    if (value instanceof Uint8Array) return decode(session.openReply(value, nonce));
    throw new Error(`the master said ${JSON.stringify(value)}`);
  }

  close(): void {
    this.#subscription?.close();
    this.#requests?.close();
  }

  async #introduce(): Promise<void> {
    const nonce = randomBytes(16).toString('hex');
    const load = { cmd: '_auth', id: this.id, nonce, pub: this.#key.publicPem, ...ALGORITHMS };
    const outer = decodeMessage(await this.#request(encode({ enc: 'clear', version: 3, load })), { bytesAt: ['load'] });
    const signed = bytesOf(outer['load']);
    if (signed === undefined) throw new Error(`the key was not taken: ${JSON.stringify(outer['load'])}`);
    const answer = decodeMessage(signed, { bytesAt: ['aes', 'session'] });
    const [aes, session] = [bytesOf(answer['aes']), bytesOf(answer['session'])];
    if (answer['nonce'] !== nonce || aes === undefined || session === undefined)
      throw new Error(`an answer to _auth without keys: ret=${String(answer['ret'])}`);
    await this.#fleet.publishKey(aes, this.#key.privateKey);
    this.#session = await openKey(session, this.#key.privateKey);
  }

  /** REQ is lock-step: one request at a time. */
  #request(body: Uint8Array): Promise<Buffer> {
    const next = this.#last.then(() => this.#exchange(body));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #exchange(body: Uint8Array): Promise<Buffer> {
    const { turns } = this.#fleet;
    await turns?.take();
    try {
      return await this.#answered(await this.#connected(), body);
    } catch (error) {
      this.#forget();
      throw error;
    } finally {
      if (turns !== undefined) this.#forget();
      turns?.give();
    }
  }

  async #connected(): Promise<Peer> {
    const { host, request } = this.#fleet.ports;
    this.#requests ??= await Peer.connect(host, request, 'REQ');
    return this.#requests;
  }

  async #answered(peer: Peer, body: Uint8Array): Promise<Buffer> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('no answer in time')), REQUEST_MS);
        peer.onMessage = (reply) => resolve(Buffer.from(reply));
        peer.onEnd = reject;
        peer.request(body);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #forget(): void {
    this.#requests?.close();
    this.#requests = undefined;
  }
}

/** A key of a symmetric box, which the master sealed for the minion's RSA key. */
export async function openKey(sealed: Uint8Array, privateKey: KeyObject): Promise<Crypticle> {
  const text = (await decryptWith(privateKey, sealed, 'OAEP-SHA1')).toString('latin1');
  return new Crypticle(text.split('_|-')[0] ?? '');
}
