import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { BadFrame, messageOf, TsaltError, WrongPeer } from '../../errors.ts';
import { bytesOf, decodeEnvelope, decodeMessage, encodeEnvelope, isMessage } from '../../wire/envelope.ts';
import { decode } from '../../wire/msgpack.ts';
import type { Admission, Exchange, Message, MinionSuite } from '../suite.ts';
import { newKeyText } from './crypticle.ts';
import { cleanPem, privateKeyOf, publicPemOf } from './keys.ts';
import { decideMaster } from './master-trust.ts';
import type { SaltMinionOptions } from './minion-options.ts';
import { inWords, SaltMinionSession } from './minion-session.ts';
import { keyDigest } from './publisher.ts';
import { decryptWith, encryptFor, isSigned, rsaPublicKey } from './rsa.ts';
import { SerialGate } from './serial-gate.ts';
import { openX931, signX931 } from './x931.ts';

/** The minion's half of Salt's own protocol. @throws TsaltError `bad-key` when its key is no RSA key. */
export const createSaltMinionSuite = (options: SaltMinionOptions): MinionSuite => new SaltMinionSuite(options);

class SaltMinionSuite implements MinionSuite {
  readonly name = 'salt';
  readonly #options: SaltMinionOptions;
  readonly #key: KeyObject;
  readonly #publicPem: string;
  /** Proof of our key in each request, the same for ever. */
  readonly #token: Buffer;
  readonly #serials = new SerialGate();

  constructor(options: SaltMinionOptions) {
    this.#options = options;
    this.#key = privateKeyOf(options.privateKeyPem);
    this.#publicPem = publicPemOf(this.#key);
    this.#token = signX931(this.#key, Buffer.from('salt'));
  }

  async join(exchange: Exchange): Promise<Admission> {
    const pinned = await this.#pinned();
    const hello = this.#introduce(pinned);
    const reply = await exchange(encodeEnvelope({ enc: 'clear', load: hello.load, version: 3 }));
    const { load, sig } = signedAnswer(reply);
    const answer = decodeMessage(load, { bytesAt: ['token', 'aes', 'session', 'sig'] });
    if (answer['pub_key'] === undefined) return this.#refusal(answer, hello.nonce, load, sig, pinned);
    return this.#accepted(answer, hello, load, sig, pinned);
  }

  async #pinned(): Promise<string | undefined> {
    const pem = await this.#options.masterKey.read();
    if (pem === undefined || pem.trim() === '') return undefined;
    try {
      rsaPublicKey(cleanPem(pem), true);
    } catch (error) {
      throw new TsaltError('bad-key', `minion_master.pub: ${messageOf(error)}; remove it to trust the master's key anew`, { cause: error });
    }
    return cleanPem(pem);
  }

  #introduce(pinned: string | undefined): Hello {
    const nonce = randomUUID().replaceAll('-', '');
    const token = newKeyText();
    const algorithm = this.#encryption;
    const load = {
      cmd: '_auth',
      id: this.#options.id,
      nonce,
      enc_algo: algorithm,
      sig_algo: this.#signing,
      autosign_grains: this.#options.autosignGrains,
      token: pinned === undefined ? undefined : encryptFor(rsaPublicKey(pinned, true), Buffer.from(token), algorithm),
      pub: this.#publicPem,
    };
    return { nonce, token: pinned === undefined ? undefined : token, load };
  }

  get #encryption(): NonNullable<SaltMinionOptions['encryptionAlgorithm']> {
    return this.#options.encryptionAlgorithm ?? 'OAEP-SHA1';
  }

  get #signing(): NonNullable<SaltMinionOptions['signingAlgorithm']> {
    return this.#options.signingAlgorithm ?? 'PKCS1v15-SHA1';
  }

  /** A no, or a not yet. From a master we know it must be signed; before the first contact nothing can be checked. */
  #refusal(answer: Message, nonce: string, load: Uint8Array, sig: Uint8Array, pinned: string | undefined): Admission {
    if (pinned !== undefined && !isSigned(rsaPublicKey(pinned, true), load, sig, this.#signing)) {
      throw new WrongPeer('the answer is not signed by the master this minion knows (minion_master.pub)');
    }
    checkNonce(answer, nonce);
    const { ret } = answer;
    if (ret === true) return { verdict: 'pending' };
    if (ret === 'full') return { verdict: 'full' };
    if (ret === false) return { verdict: 'rejected' };
    throw new BadFrame('the master answered neither yes nor no');
  }

  async #accepted(answer: Message, hello: Hello, load: Uint8Array, sig: Uint8Array, pinned: string | undefined): Promise<Admission> {
    const { masterPem, pin } = decideMaster(answer, pinned, this.#options, this.#signing);
    const masterKey = createPublicKey(masterPem);
    if (!isSigned(masterKey, load, sig, this.#signing)) throw new WrongPeer('the answer is not signed by the master key it shows');
    checkNonce(answer, hello.nonce);
    // A master with another key than the pinned one, vouched for, cannot read a token made for the old key.
    const keys = await this.#keysOf(answer, masterKey, pin ? undefined : hello.token);
    const publishPort = answer['publish_port'];
    if (typeof publishPort !== 'number' || !Number.isInteger(publishPort) || publishPort < 1 || publishPort > 65535) {
      throw new BadFrame('the master names no port to subscribe to');
    }
    // Only now, when every check is passed, is the key trusted from here on.
    if (pin) await this.#options.masterKey.write(masterPem);
    return { verdict: 'accepted', publishPort, session: this.#session(masterKey, keys) };
  }

  async #keysOf(
    answer: Message,
    masterKey: KeyObject,
    token: string | undefined,
  ): Promise<{ publish: string; session: string | undefined }> {
    const joined = (await this.#decrypted(answer, 'aes')) ?? '';
    const digest = openX931(masterKey, bytesOf(answer['sig']) ?? new Uint8Array());
    if (digest === undefined || !digest.equals(keyDigest(joined))) throw new WrongPeer('the publish key is not signed by the master');
    const [publish = '', inAes] = joined.split('_|-');
    const echo = inAes ?? (await this.#decrypted(answer, 'token'));
    if (token !== undefined && echo !== token) throw new WrongPeer('the master could not read the token made for its key');
    return { publish, session: await this.#decrypted(answer, 'session') };
  }

  async #decrypted(answer: Message, field: string): Promise<string | undefined> {
    const box = bytesOf(answer[field]);
    return box === undefined ? undefined : (await decryptWith(this.#key, box, this.#encryption)).toString('latin1');
  }

  /** A master before 3006.12 and 3007.4 gives no session key: requests then go under the publish key, as version 2. */
  #session(masterKey: KeyObject, keys: { readonly publish: string; readonly session: string | undefined }): SaltMinionSession {
    return new SaltMinionSession({
      options: this.#options,
      privateKey: this.#key,
      masterKey,
      token: this.#token,
      publishKeyText: keys.publish,
      sessionKeyText: keys.session,
      serials: this.#serials,
    });
  }
}

interface Hello {
  readonly nonce: string;
  readonly token: string | undefined;
  readonly load: Message;
}

/** The clear-signed form; anything else is an error in words. */
function signedAnswer(reply: Uint8Array): { readonly load: Uint8Array; readonly sig: Uint8Array } {
  const value = decode(reply);
  if (!isMessage(value)) throw new BadFrame(`the master answered: ${inWords(value)}`);
  const envelope = decodeEnvelope(reply);
  const load = bytesOf(envelope['load']);
  const sig = bytesOf(envelope['sig']);
  if (load !== undefined && sig !== undefined) return { load, sig };
  throw new BadFrame(`the master's answer is not signed: ${inWords(value)}`);
}

function checkNonce(answer: Message, nonce: string): void {
  if (answer['nonce'] !== nonce) throw new BadFrame('the answer belongs to another question (wrong nonce)');
}
