import crypto, { type KeyObject } from 'node:crypto';
import nacl from 'tweetnacl';
import { BadFrame } from '../../errors.ts';
import { asBuffer } from './frames.ts';

/** An X25519 key pair for one conversation, 32 raw bytes each. */
export interface AgreementKeys {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** An Ed25519 key pair, 32 raw bytes each. */
export interface SigningKeys {
  readonly raw: Uint8Array;
  readonly seed: Uint8Array;
}

/**
 * The two curves of the handshake, on raw bytes: X25519 (RFC 7748) and Ed25519 (RFC 8032).
 * Both implementations give the same bytes; they differ in who wrote them and in speed only.
 */
export interface Curves {
  agreementKeys(): AgreementKeys;
  /** The shared secret, 32 bytes. @throws BadFrame for a public key of low order or of the wrong length. */
  agree(mine: AgreementKeys, publicKey: Uint8Array): Uint8Array;
  /** The signature is 64 bytes. */
  sign(keys: SigningKeys, message: Uint8Array): Uint8Array;
  /** False for anything that is not a valid signature, never an exception. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

const KEY = 32;
const SIGNATURE = 64;

/** The audited library. About 5 ms a signature and 10 ms a verification: for a minion, which joins seldom. */
export const tweetnacl: Curves = {
  agreementKeys: () => nacl.box.keyPair(),
  agree: ({ secretKey }, publicKey) => {
    if (publicKey.length !== KEY) throw new BadFrame(`an X25519 key has ${KEY} bytes, this one ${publicKey.length}`);
    return contributory(nacl.scalarMult(secretKey, publicKey));
  },
  sign: ({ seed }, message) => nacl.sign.detached(message, nacl.sign.keyPair.fromSeed(seed).secretKey),
  verify: (publicKey, message, signature) =>
    publicKey.length === KEY && signature.length === SIGNATURE && nacl.sign.detached.verify(message, signature, publicKey),
};

/**
 * The raw key stands at the end of both forms (RFC 8410). It must be encoded by the generation itself: to export a
 * generated KeyObject later can hang Node 20, when the collector frees the generation while the export holds its lock.
 */
const DER = { publicKeyEncoding: { type: 'spki', format: 'der' }, privateKeyEncoding: { type: 'pkcs8', format: 'der' } } as const;

/** OpenSSL, a hundred times as fast: for a master, which thousands may join at once. */
export const openssl: Curves = {
  agreementKeys: () => {
    const { privateKey, publicKey }: { privateKey: unknown; publicKey: unknown } = crypto.generateKeyPairSync('x25519', DER);
    if (!Buffer.isBuffer(privateKey) || !Buffer.isBuffer(publicKey)) throw new TypeError('keys in DER were asked for');
    return { secretKey: privateKey.subarray(-KEY), publicKey: publicKey.subarray(-KEY) };
  },
  agree: ({ secretKey, publicKey: own }, publicKey) => {
    try {
      return contributory(
        crypto.diffieHellman({ privateKey: privateKeyObject('x25519', secretKey, own), publicKey: publicKeyObject('x25519', publicKey) }),
      );
    } catch (cause) {
      throw cause instanceof BadFrame ? cause : new BadFrame('an X25519 key that cannot be agreed with', cause);
    }
  },
  sign: ({ seed, raw }, message) => crypto.sign(null, message, privateKeyObject('ed25519', seed, raw)),
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

/*
 * Keys go in and out as JWK (RFC 8037): ten times as fast as DER in Node 20, and a join needs several.
 */
const jwk = (curve: Curve, raw: Uint8Array): { kty: string; crv: string; x: string } => {
  if (raw.length !== KEY) throw new BadFrame(`an ${curve} key has ${KEY} bytes, this one ${raw.length}`);
  return { kty: 'OKP', crv: curve === 'ed25519' ? 'Ed25519' : 'X25519', x: base64url(raw) };
};

const base64url = (raw: Uint8Array): string => asBuffer(raw).toString('base64url');

/** @throws BadFrame unless `raw` has 32 bytes. */
export const publicKeyObject = (curve: Curve, raw: Uint8Array): KeyObject =>
  crypto.createPublicKey({ key: jwk(curve, raw), format: 'jwk' });

/** @throws BadFrame unless `raw`, the public half, has 32 bytes. */
export const privateKeyObject = (curve: Curve, secret: Uint8Array, raw: Uint8Array): KeyObject =>
  crypto.createPrivateKey({ key: { ...jwk(curve, raw), d: base64url(secret) }, format: 'jwk' });

/** The 32 raw bytes of the public half of a key of either curve. */
export const rawPublic = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
/** The 32 raw bytes of a private key of either curve. */
export const rawPrivate = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
