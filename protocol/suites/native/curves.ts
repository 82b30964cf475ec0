import crypto, { type KeyObject } from 'node:crypto';
import nacl from 'tweetnacl';
import { BadFrame } from '../../errors.ts';

/** Raw 32-byte keys: X25519 for agreement. */
export interface AgreementKeys {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/**
 * The two curves of the handshake, on raw bytes: X25519 (RFC 7748) and Ed25519 (RFC 8032).
 * Both implementations give the same bytes; they differ in who wrote them and in speed only.
 */
export interface Curves {
  agreementKeys(): AgreementKeys;
  /** The shared secret, 32 bytes. @throws BadFrame for a public key of low order or of the wrong length. */
  agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** `seed`: 32 bytes. The signature is 64 bytes. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** False for anything that is not a valid signature, never an exception. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

const KEY = 32;
const SIGNATURE = 64;

/** The audited library. About 5 ms a signature and 10 ms a verification: for a minion, which joins seldom. */
export const tweetnacl: Curves = {
  agreementKeys: () => nacl.box.keyPair(),
  agree: (secretKey, publicKey) => {
    if (publicKey.length !== KEY) throw new BadFrame(`an X25519 key has ${KEY} bytes, this one ${publicKey.length}`);
    return contributory(nacl.scalarMult(secretKey, publicKey));
  },
  sign: (seed, message) => nacl.sign.detached(message, nacl.sign.keyPair.fromSeed(seed).secretKey),
  verify: (publicKey, message, signature) =>
    publicKey.length === KEY && signature.length === SIGNATURE && nacl.sign.detached.verify(message, signature, publicKey),
};

/** OpenSSL, a hundred times as fast: for a master, which thousands may join at once. */
export const openssl: Curves = {
  agreementKeys: () => {
    const secretKey = crypto.randomBytes(KEY);
    return { secretKey, publicKey: rawPublic(crypto.createPublicKey(privateKey('x25519', secretKey))) };
  },
  agree: (secretKey, publicKey) => {
    try {
      return contributory(
        crypto.diffieHellman({ privateKey: privateKey('x25519', secretKey), publicKey: publicKeyObject('x25519', publicKey) }),
      );
    } catch (cause) {
      throw cause instanceof BadFrame ? cause : new BadFrame('an X25519 key that cannot be agreed with', cause);
    }
  },
  sign: (seed, message) => crypto.sign(null, message, privateKey('ed25519', seed)),
  verify: (publicKey, message, signature) =>
    publicKey.length === KEY &&
    signature.length === SIGNATURE &&
    crypto.verify(null, message, publicKeyObject('ed25519', publicKey), signature),
};

/** RFC 7748 section 6.1: an all-zero result means the other side chose a point of low order. */
function contributory(shared: Uint8Array): Uint8Array {
  if (shared.every((byte) => byte === 0)) throw new BadFrame('an X25519 key of low order was offered');
  return shared;
}

type Curve = 'ed25519' | 'x25519';

/** What stands before the 32 raw bytes in DER (RFC 8410). */
const SPKI = { ed25519: Buffer.from('302a300506032b6570032100', 'hex'), x25519: Buffer.from('302a300506032b656e032100', 'hex') };
const PKCS8 = {
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  x25519: Buffer.from('302e020100300506032b656e04220420', 'hex'),
};

/** @throws BadFrame unless `raw` has 32 bytes. */
export function publicKeyObject(curve: Curve, raw: Uint8Array): KeyObject {
  if (raw.length !== KEY) throw new BadFrame(`an ${curve} key has ${KEY} bytes, this one ${raw.length}`);
  return crypto.createPublicKey({ key: Buffer.concat([SPKI[curve], raw]), format: 'der', type: 'spki' });
}

export const privateKey = (curve: Curve, raw: Uint8Array): KeyObject =>
  crypto.createPrivateKey({ key: Buffer.concat([PKCS8[curve], raw]), format: 'der', type: 'pkcs8' });

/** The 32 raw bytes of a key of either curve. */
export const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-KEY);
export const rawPrivate = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY);
