import crypto, { type KeyObject } from 'node:crypto';
import nacl from 'tweetnacl';
import { rawPublic, type SigningKeys } from './curves.ts';

/** Who a daemon is: an Ed25519 key pair. */
export interface Identity extends SigningKeys {
  /** The public half as SPKI PEM, stripped: what the key store keeps and fingerprints are made of. */
  readonly publicKey: string;
}

export function newIdentity(): Identity {
  return identityOf(nacl.sign.keyPair().secretKey.slice(0, 32));
}

/** The identity whose private half is `seed`. */
export function identityOf(seed: Uint8Array): Identity {
  const raw = nacl.sign.keyPair.fromSeed(seed).publicKey;
  return { seed, raw, publicKey: pemOf(raw) };
}

/** What stands before the 32 raw bytes in DER (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** SPKI PEM of a raw Ed25519 public key of 32 bytes, stripped. */
export const pemOf = (raw: Uint8Array): string =>
  `-----BEGIN PUBLIC KEY-----
${Buffer.concat([SPKI, raw]).toString('base64')}
-----END PUBLIC KEY-----`;

/** The raw Ed25519 public key in a PEM; undefined when it holds another kind of key, or none. */
export function rawOf(pem: string): Buffer | undefined {
  const key = parsed(pem);
  return key?.asymmetricKeyType === 'ed25519' ? rawPublic(key) : undefined;
}

function parsed(pem: string): KeyObject | undefined {
  try {
    return crypto.createPublicKey(pem);
  } catch {
    return undefined;
  }
}
