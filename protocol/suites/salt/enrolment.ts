import type { KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { bytesOf, isMessage } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import type { KeyOffer, Message, Opened, Verdict } from '../suite.ts';
import { MASTER_FAILED } from './answers.ts';
import { cleanPem, privateKeyOf, publicPemOf } from './keys.ts';
import type { SaltMasterOptions } from './master-options.ts';
import { keyDigest, type Publisher } from './publisher.ts';
import { Refused } from './refused.ts';
import {
  decryptWith,
  type EncryptionAlgorithm,
  encryptFor,
  isEncryptionAlgorithm,
  isSigningAlgorithm,
  rsaPublicKey,
  type SigningAlgorithm,
  signWith,
} from './rsa.ts';
import { signX931 } from './x931.ts';

const VERDICTS: Readonly<Record<Exclude<Verdict, 'accepted'>, unknown>> = { pending: true, rejected: false, denied: false, full: 'full' };

/** What a minion says when it introduces itself. */
interface Introduction {
  readonly id: string;
  readonly publicKey: string;
  readonly nonce: string;
  readonly version: number;
  readonly signing: SigningAlgorithm;
  readonly encryption: unknown;
  readonly token: Uint8Array | undefined;
  readonly autosignGrains: Message | undefined;
}

/** The master's side of `_auth`. */
export class Enrolment {
  readonly #masterKey: KeyObject;
  readonly #masterPem: string;
  readonly #options: SaltMasterOptions;
  readonly #publisher: Publisher;
  readonly #pubkeySigner: KeyObject | undefined;
  readonly #pubkeySignatures = new Map<SigningAlgorithm, Promise<string>>();

  constructor(masterKey: KeyObject, options: SaltMasterOptions, publisher: Publisher) {
    this.#masterKey = masterKey;
    this.#masterPem = publicPemOf(masterKey);
    this.#options = options;
    this.#publisher = publisher;
    this.#pubkeySigner = options.masterSignPubkey === undefined ? undefined : privateKeyOf(options.masterSignPubkey);
  }

  /** @throws Refused when the request cannot even be answered with a signed no. */
  async answer(load: Message, version: number): Promise<Opened> {
    const peer = introduction(load, version);
    const key = this.#usableKey(peer);
    if (key === undefined) return this.#say(peer, { ret: false });
    const verdict = await this.#options.keyBook.judge(offerOf(peer));
    if (verdict !== 'accepted') return this.#say(peer, { ret: VERDICTS[verdict] });
    if (!isEncryptionAlgorithm(peer.encryption))
      throw new Refused('enc_algo is not known here', encode({ enc: 'clear', load: { ret: 'bad enc algo' } }));
    return { ...(await this.#say(peer, await this.#welcome(peer, key, peer.encryption))), joined: { id: peer.id } };
  }

  /** Keys that are no RSA key, or a weak one, never reach the key book. */
  #usableKey({ id, publicKey }: Introduction): KeyObject | undefined {
    try {
      return rsaPublicKey(publicKey, this.#options.allowWeakKeys);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#options.onRefusal?.({ claimedId: id.slice(0, 255), reason: `the key offered is refused: ${error.message}` });
      return undefined;
    }
  }

  async #welcome(peer: Introduction, key: KeyObject, algorithm: EncryptionAlgorithm): Promise<Message> {
    const token = await this.#tokenOf(peer, algorithm);
    const joined = token !== undefined && (this.#options.authMode ?? 1) >= 2;
    const aes = joined ? `${this.#publisher.keyText}_|-${token.toString('latin1')}` : this.#publisher.keyText;
    return {
      enc: 'pub',
      pub_key: this.#masterPem,
      publish_port: this.#options.publishPort,
      pub_sig: await this.#pubkeySignature(peer.signing),
      token: token === undefined || joined ? undefined : encryptFor(key, token, algorithm),
      aes: encryptFor(key, Buffer.from(aes, 'latin1'), algorithm),
      session: peer.version > 2 ? encryptFor(key, Buffer.from(this.#options.sessions.get(peer.id, peer.publicKey)), algorithm) : undefined,
      sig: joined ? signX931(this.#masterKey, keyDigest(aes)) : this.#publisher.signature,
    };
  }

  /** The random text by which the minion wants to see that we hold the master's key. Junk is left out of the reply, as Salt does. */
  async #tokenOf(peer: Introduction, algorithm: EncryptionAlgorithm): Promise<Buffer | undefined> {
    if (peer.token === undefined) return undefined;
    try {
      const token = await decryptWith(this.#masterKey, peer.token, algorithm);
      return token.length <= 128 ? token : undefined;
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#options.onRefusal?.({ claimedId: peer.id, reason: `its token is encrypted for another master key: ${error.message}` });
      return undefined;
    }
  }

  #pubkeySignature(algorithm: SigningAlgorithm): Promise<string> | undefined {
    if (this.#pubkeySigner === undefined) return undefined;
    const known = this.#pubkeySignatures.get(algorithm);
    if (known !== undefined) return known;
    const made = signWith(this.#pubkeySigner, Buffer.from(this.#masterPem), algorithm).then(
      (signature) => `${signature.toString('base64')}\n`,
    );
    this.#pubkeySignatures.set(algorithm, made);
    return made;
  }

  /** From version 2 on every answer is signed and repeats the nonce. */
  async #say(peer: Introduction, answer: Message): Promise<Extract<Opened, { kind: 'answer' }>> {
    if (peer.version < 2) return { kind: 'answer', frame: encode('ret' in answer ? { enc: 'clear', load: answer } : answer) };
    const load = encode({ ...answer, nonce: peer.nonce });
    const sig = await signWith(this.#masterKey, load, peer.signing);
    return { kind: 'answer', frame: encode({ enc: 'clear', load, sig }) };
  }
}

function introduction(load: Message, version: number): Introduction {
  const { id, pub, nonce, autosign_grains: grains } = load;
  const signing = load['sig_algo'] ?? 'PKCS1v15-SHA1';
  if (typeof id !== 'string' || id === '' || typeof pub !== 'string') throw new Refused('_auth without id or pub', MASTER_FAILED);
  if (version > 1 && (typeof nonce !== 'string' || nonce === '' || nonce.length > 128))
    throw new Refused('_auth without a nonce', MASTER_FAILED);
  if (!isSigningAlgorithm(signing))
    throw new Refused('sig_algo is not known here', encode({ enc: 'clear', load: { ret: 'bad sig algo' } }));
  return {
    id,
    publicKey: cleanPem(pub),
    nonce: typeof nonce === 'string' ? nonce : '',
    version,
    signing,
    encryption: load['enc_algo'] ?? 'OAEP-SHA1',
    token: bytesOf(load['token']),
    autosignGrains: isMessage(grains) ? grains : undefined,
  };
}

function offerOf(peer: Introduction): KeyOffer {
  const offer = { id: peer.id, publicKey: peer.publicKey, suite: 'salt' } as const;
  return peer.autosignGrains === undefined ? offer : { ...offer, autosignGrains: peer.autosignGrains };
}
