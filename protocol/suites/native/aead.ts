import crypto from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { asBuffer } from './frames.ts';

/** AES-256-GCM: 32-byte keys, 12-byte nonces, 16-byte tags. A nonce must never be used twice with one key. */
const CIPHER = 'aes-256-gcm';
export const KEY = 32;
export const TAG = 16;
const NONCE = 12;

/**
 * The nonce of message `counter` (below 2^48) under a key that one side alone encrypts with.
 * `attempt` tells apart several answers to one request.
 */
export function nonceOf(counter: number, attempt = 0): Buffer {
  const nonce = Buffer.alloc(NONCE);
  nonce.writeUInt32BE(attempt, 0);
  nonce.writeUIntBE(counter, 6, 6);
  return nonce;
}

/** Ciphertext and tag, apart: whoever frames them joins them, once. `bound` is authenticated, not encrypted. */
export function seal(key: Uint8Array, nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array): readonly [Buffer, Buffer] {
  const cipher = crypto.createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(bound);
  const sealed = cipher.update(plain);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** The plain text of ciphertext followed by its tag. @throws BadFrame when anything was changed. */
export function open(key: Uint8Array, nonce: Uint8Array, bound: Uint8Array, sealed: Uint8Array): Buffer {
  if (sealed.length < TAG) throw new BadFrame('a sealed part is shorter than its tag');
  const bytes = asBuffer(sealed);
  const decipher = crypto.createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG });
  decipher.setAAD(bound);
  decipher.setAuthTag(bytes.subarray(-TAG));
  const plain = decipher.update(bytes.subarray(0, -TAG));
  try {
    decipher.final();
  } catch (cause) {
    throw new BadFrame('a sealed part fails its check: it was changed, or is for somebody else', cause);
  }
  return plain;
}

/** HKDF-SHA256 (RFC 5869); `purpose` keeps keys for different uses apart. */
export const derive = (secret: Uint8Array, salt: Uint8Array, purpose: string, length: number = KEY): Buffer =>
  Buffer.from(crypto.hkdfSync('sha256', secret, salt, `tsalt native 1 ${purpose}`, length));

export const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
