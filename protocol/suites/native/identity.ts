import crypto, { type KeyObject } from 'node:crypto';
import nacl from 'tweetnacl';
import { publicKeyObject, rawPublic } from './curves.ts';

/** Who a daemon is: an Ed25519 key pair. */
export interface Identity {
  /** The private half, 32 bytes. */
  readonly seed: Uint8Array;
  /** The public half, 32 bytes. */
  readonly raw: Uint8Array;
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

/** SPKI PEM of a raw Ed25519 public key, stripped. @throws BadFrame unless it has 32 bytes. */
export const pemOf = (raw: Uint8Array): string => publicKeyObject('ed25519', raw).export({ format: 'pem', type: 'spki' }).toString().trim();

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
