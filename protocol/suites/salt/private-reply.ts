import type { KeyObject } from 'node:crypto';
import { encode } from '../../wire/msgpack.ts';
import type { Message } from '../suite.ts';
import { MASTER_FAILED } from './answers.ts';
import { Crypticle, newKeyText } from './crypticle.ts';
import {
  type EncryptionAlgorithm,
  encryptFor,
  isEncryptionAlgorithm,
  isSigningAlgorithm,
  rsaPublicKey,
  type SigningAlgorithm,
  signWith,
} from './rsa.ts';

interface Asked {
  readonly masterKey: KeyObject;
  /** The accepted key of the minion that asks. */
  readonly pem: string;
  readonly envelope: Message;
  readonly nonce: string;
  /** Version 2 and later: the content is signed together with the nonce. */
  readonly signed: boolean;
}

/**
 * Salt's form of a pillar: under a key of its own, encrypted for the minion's RSA key, and signed by the master.
 * A request without nonce or with unknown algorithms gets Salt's error instead.
 */
export async function privateReply(asked: Asked, value: unknown): Promise<Uint8Array> {
  const algorithms = algorithmsOf(asked.envelope);
  if (algorithms === undefined) return MASTER_FAILED;
  if (asked.signed && asked.nonce === '') return encode({ error: 'Nonce not included in request' });
  const keyText = newKeyText();
  const key = encryptFor(rsaPublicKey(asked.pem, true), Buffer.from(keyText), algorithms.encryption);
  const pillar = value === false ? {} : value;
  const content = asked.signed ? await sign(asked, key, pillar, algorithms.signing) : pillar;
  return encode({ key, pillar: new Crypticle(keyText).seal(encode(content)) });
}

async function sign(asked: Asked, key: Uint8Array, pillar: unknown, algorithm: SigningAlgorithm): Promise<Message> {
  const data = encode({ key, pillar, nonce: asked.nonce });
  return { data, sig: await signWith(asked.masterKey, data, algorithm) };
}

function algorithmsOf(envelope: Message): { readonly encryption: EncryptionAlgorithm; readonly signing: SigningAlgorithm } | undefined {
  const encryption = envelope['enc_algo'] ?? 'OAEP-SHA1';
  const signing = envelope['sig_algo'] ?? 'PKCS1v15-SHA1';
  return isEncryptionAlgorithm(encryption) && isSigningAlgorithm(signing) ? { encryption, signing } : undefined;
}
