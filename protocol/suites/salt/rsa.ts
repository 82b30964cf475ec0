import { constants, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt, sign, verify, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { BadFrame, messageOf } from '../../errors.ts';

/** The names Salt gives its RSA schemes on the wire; the hash is the one of the scheme and of its mask. */
const ENCRYPTION = { 'OAEP-SHA1': 'sha1', 'OAEP-SHA224': 'sha224' } as const;
const SIGNING = { 'PKCS1v15-SHA1': 'sha1', 'PKCS1v15-SHA224': 'sha224' } as const;

export type EncryptionAlgorithm = keyof typeof ENCRYPTION;
export type SigningAlgorithm = keyof typeof SIGNING;

export const isEncryptionAlgorithm = (name: unknown): name is EncryptionAlgorithm =>
  typeof name === 'string' && Object.hasOwn(ENCRYPTION, name);
export const isSigningAlgorithm = (name: unknown): name is SigningAlgorithm => typeof name === 'string' && Object.hasOwn(SIGNING, name);

const signInPool = promisify(sign) as (hash: string, data: Uint8Array, key: { key: KeyObject; padding: number }) => Promise<Buffer>;

/** Encrypts for the owner of a public key. */
export const encryptFor = (key: KeyObject, data: Uint8Array, algorithm: EncryptionAlgorithm): Buffer =>
  publicEncrypt({ key, oaepHash: ENCRYPTION[algorithm], padding: constants.RSA_PKCS1_OAEP_PADDING }, data);

/** Decrypts, for SHA1 outside the main thread (WebCrypto has no SHA224). @throws BadFrame */
export async function decryptWith(key: KeyObject, data: Uint8Array, algorithm: EncryptionAlgorithm): Promise<Buffer> {
  if (algorithm !== 'OAEP-SHA1') return decryptNow(key, data, algorithm);
  try {
    return Buffer.from(await webcrypto.subtle.decrypt('RSA-OAEP', await poolKey(key), data));
  } catch (error) {
    throw new BadFrame(`RSA decryption failed: ${messageOf(error)}`, error);
  }
}

/** Decrypts at once, taking about a millisecond of the calling thread. @throws BadFrame */
export function decryptNow(key: KeyObject, data: Uint8Array, algorithm: EncryptionAlgorithm): Buffer {
  try {
    return privateDecrypt({ key, oaepHash: ENCRYPTION[algorithm], padding: constants.RSA_PKCS1_OAEP_PADDING }, data);
  } catch (error) {
    throw new BadFrame(`RSA decryption failed: ${messageOf(error)}`, error);
  }
}

const poolKeys = new WeakMap<KeyObject, Promise<webcrypto.CryptoKey>>();

function poolKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const known = poolKeys.get(key);
  if (known !== undefined) return known;
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const made = webcrypto.subtle.importKey('pkcs8', der, { name: 'RSA-OAEP', hash: 'SHA-1' }, false, ['decrypt']);
  poolKeys.set(key, made);
  return made;
}

/** Signs outside the main thread. */
export const signWith = (key: KeyObject, data: Uint8Array, algorithm: SigningAlgorithm): Promise<Buffer> =>
  signInPool(SIGNING[algorithm], data, { key, padding: constants.RSA_PKCS1_PADDING });

/** Signs at once, taking about a millisecond of the calling thread. */
export const signNow = (key: KeyObject, data: Uint8Array, algorithm: SigningAlgorithm): Buffer =>
  sign(SIGNING[algorithm], data, { key, padding: constants.RSA_PKCS1_PADDING });

/** Whether `signature` is the key owner's over `data`. */
export const isSigned = (key: KeyObject, data: Uint8Array, signature: Uint8Array, algorithm: SigningAlgorithm): boolean =>
  verify(SIGNING[algorithm], data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);

const LARGEST_PEM = 16 * 1024;

/**
 * The public key in a PEM, if it is one to be trusted: RSA of at least 2048 bits with exponent 65537, in at most
 * 16 kB of PEM. `allowWeak` lets smaller keys and other exponents pass. @throws BadFrame saying what is wrong.
 */
export function rsaPublicKey(pem: string, allowWeak = false): KeyObject {
  if (pem.length > LARGEST_PEM) throw new BadFrame(`a public key of ${pem.length} bytes (at most ${LARGEST_PEM} are read)`);
  if (!pem.includes('PUBLIC KEY-----')) throw new BadFrame('no PEM of a public key');
  const key = publicKeyIn(pem);
  if (key.asymmetricKeyType !== 'rsa') throw new BadFrame(`a key of type ${key.asymmetricKeyType}, not rsa`);
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (!allowWeak && modulusLength < 2048) throw new BadFrame(`an RSA key of ${modulusLength} bits (at least 2048 are required)`);
  if (!allowWeak && publicExponent !== 65537n) throw new BadFrame(`an RSA key with exponent ${publicExponent} (65537 is required)`);
  return key;
}

/** Parsing takes a tenth of a millisecond, and a minion that joins has its key looked at several times in a row. */
const PARSED_KEPT = 64;
const parsedKeys = new Map<string, KeyObject>();

/** Any public key in a PEM. @throws BadFrame when there is none */
export function publicKeyIn(pem: string): KeyObject {
  const known = parsedKeys.get(pem);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey(pem);
    if (parsedKeys.size >= PARSED_KEPT) for (const oldest of parsedKeys.keys()) if (parsedKeys.delete(oldest)) break;
    parsedKeys.set(pem, key);
    return key;
  } catch (error) {
    throw new BadFrame(`an unreadable public key: ${messageOf(error)}`, error);
  }
}
