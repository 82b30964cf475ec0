import { type KeyObject, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { BadFrame } from '../../errors.ts';
import { bytesOf, decodeEnvelope, decodeMessage, encodeEnvelope, isMessage } from '../../wire/envelope.ts';
import { type DecodeOptions, decode, encode } from '../../wire/msgpack.ts';
import type { Message, MinionSession, SealedRequest } from '../suite.ts';
import { Crypticle } from './crypticle.ts';
import type { SaltMinionOptions } from './minion-options.ts';
import { decryptNow, isSigned, isSigningAlgorithm, signNow } from './rsa.ts';
import type { SerialGate } from './serial-gate.ts';
import { BROADCAST, topicOf } from './topics.ts';

export interface Joined {
  readonly options: SaltMinionOptions;
  readonly privateKey: KeyObject;
  readonly masterKey: KeyObject;
  /** `tok` of this minion's key. */
  readonly token: Uint8Array;
  readonly publishKeyText: string;
  /** Undefined with a master of version 2, where requests go under the publish key. */
  readonly sessionKeyText: string | undefined;
  readonly serials: SerialGate;
}

export class SaltMinionSession implements MinionSession {
  readonly suite = 'salt';
  readonly #joined: Joined;
  readonly #publish: Crypticle;
  readonly #requests: Crypticle;

  /** @throws BadFrame when a key is malformed. */
  constructor(joined: Joined) {
    this.#joined = joined;
    this.#publish = new Crypticle(joined.publishKeyText);
    this.#requests = joined.sessionKeyText === undefined ? this.#publish : new Crypticle(joined.sessionKeyText);
  }

  topics(filtering: boolean): readonly string[] {
    return filtering ? [BROADCAST, topicOf(this.#joined.options.id)] : [''];
  }

  seal(load: Message): SealedRequest {
    const nonce = randomUUID().replaceAll('-', '');
    const box = this.#requests.seal(encode(this.#proved(load, nonce)));
    return {
      frame: encodeEnvelope(this.#envelope(box)),
      open: (reply, bytesAt) => this.#openReply(reply, nonce, { ...this.#decoding, ...(bytesAt === undefined ? {} : { bytesAt }) }),
      openPrivate: (reply) => this.#openPrivate(reply, nonce),
    };
  }

  /** The load with what proves its sender, in Salt's order. */
  #proved(load: Message, nonce: string): Message {
    const { options, token, privateKey } = this.#joined;
    const ts = Math.floor((options.now ?? Date.now)() / 1000);
    const proved = { ...load, nonce, ts, tok: token, id: options.id };
    if (options.minionSignMessages !== true) return proved;
    const signed = { ...load, ts, id: options.id };
    return { ...proved, sig: signNow(privateKey, encode(signed), this.#signing) };
  }

  #envelope(box: Uint8Array): Message {
    const { options, sessionKeyText } = this.#joined;
    const algorithms = { enc_algo: options.encryptionAlgorithm ?? 'OAEP-SHA1', sig_algo: this.#signing };
    if (sessionKeyText === undefined) return { enc: 'aes', load: box, version: 2, ...algorithms };
    return { enc: 'aes', load: box, version: 3, id: options.id, ...algorithms };
  }

  get #signing(): NonNullable<SaltMinionOptions['signingAlgorithm']> {
    return this.#joined.options.signingAlgorithm ?? 'PKCS1v15-SHA1';
  }

  get #decoding(): DecodeOptions {
    return { floats: this.#joined.options.floats ?? 'number' };
  }

  #openReply(reply: Uint8Array, nonce: string, options: DecodeOptions): unknown {
    const value = decode(reply);
    if (value instanceof Uint8Array) return decode(this.#requests.openReply(value, nonce), options);
    throw new BadFrame(`the master answered: ${inWords(value)}`);
  }

  #openPrivate(reply: Uint8Array, nonce: string): unknown {
    const outer = decode(reply, { bytesAt: ['key', 'pillar'] });
    const key = isMessage(outer) ? bytesOf(outer['key']) : undefined;
    const box = isMessage(outer) ? bytesOf(outer['pillar']) : undefined;
    if (key === undefined || box === undefined) throw new BadFrame(`the master answered: ${inWords(outer)}`);
    const { options, privateKey } = this.#joined;
    const keyText = decryptNow(privateKey, key, options.encryptionAlgorithm ?? 'OAEP-SHA1').toString('latin1');
    const signed = decodeMessage(new Crypticle(keyText).open(box), { bytesAt: ['data', 'sig'] });
    return this.#signedPillar(signed, key, nonce);
  }

  #signedPillar(signed: Message, key: Uint8Array, nonce: string): unknown {
    const data = bytesOf(signed['data']);
    const sig = bytesOf(signed['sig']);
    if (data === undefined || sig === undefined) throw new BadFrame('a pillar without signature');
    if (!isSigned(this.#joined.masterKey, data, sig, this.#signing)) throw new BadFrame('a pillar with a wrong signature');
    const content = decodeMessage(data, { ...this.#decoding, bytesAt: ['key'] });
    if (!Buffer.from(bytesOf(content['key']) ?? []).equals(key)) throw new BadFrame('a pillar signed for another key');
    if (content['nonce'] !== nonce) throw new BadFrame('a pillar that answers another question (wrong nonce)');
    return content['pillar'];
  }

  openPublish(frames: readonly Uint8Array[]): Message | undefined {
    const [first, second] = frames;
    if (first === undefined || frames.length > 2) throw new BadFrame(`a publication of ${frames.length} frames`);
    if (second !== undefined && !this.#isForUs(first)) return undefined;
    const envelope = decodeEnvelope(second ?? first);
    if (envelope['enc'] !== 'aes') return undefined;
    const box = bytesOf(envelope['load']);
    if (box === undefined) throw new BadFrame('a publication without load');
    const job = decodeMessage(this.#publish.open(box), this.#decoding);
    this.#checkSignature(envelope, box);
    this.#joined.serials.pass(this.#joined.publishKeyText, job['serial']);
    return withoutSerial(job);
  }

  #isForUs(topic: Uint8Array): boolean {
    return this.topics(true).includes(Buffer.from(topic).toString('latin1'));
  }

  #checkSignature(envelope: Message, box: Uint8Array): void {
    const { options, masterKey } = this.#joined;
    if (options.verifySignature === false) return;
    const algorithm = envelope['sig_algo'] ?? 'PKCS1v15-SHA1';
    const signature = bytesOf(envelope['sig']);
    if (signature === undefined) throw new BadFrame('a publication that is not signed; set sign_pub_messages on the master');
    if (!isSigningAlgorithm(algorithm) || !isSigned(masterKey, box, signature, algorithm))
      throw new BadFrame('a publication not signed by the master');
  }
}

function withoutSerial(job: Message): Message {
  const plain: Record<string, unknown> = Object.create(null);
  for (const key in job) if (key !== 'serial') plain[key] = job[key];
  return plain;
}

/** An error reply for a log line. */
export function inWords(value: unknown): string {
  const text = isMessage(value) ? (value['error'] ?? value['load'] ?? value) : value;
  return (typeof text === 'string' ? text : inspect(text, { depth: 2, breakLength: Number.POSITIVE_INFINITY })).slice(0, 200);
}
