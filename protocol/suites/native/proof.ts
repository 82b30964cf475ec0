import crypto, { type KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';

/** What a signature is for. A signature made for one purpose is worth nothing for another. */
export type Purpose = 'prekey' | 'join' | 'joined' | 'lost' | 'publication' | 'predecessor' | 'endorsement';

/** The bytes that are signed: the purpose, then what it is about (a hash of a whole exchange, mostly). */
export const statement = (purpose: Purpose, about: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`tsalt native 1 ${purpose}\0`), about]);

/** RSASSA-PKCS1-v1_5 with SHA-256. Salt signs with SHA-1 or SHA-224 only: none of its signatures fits here. */
export const rsaSign = (key: KeyObject, message: Uint8Array): Buffer => crypto.sign('sha256', message, key);

const PEM_MAX = 16_384;
const BITS = { min: 2048, max: 16_384 };

/**
 * Whether the holder of the RSA key in `pem` signed `message`; undefined when the key is too weak to prove anything.
 * @throws BadFrame when `pem` holds no RSA public key.
 */
export function rsaVerify(pem: string, message: Uint8Array, signature: Uint8Array): boolean | undefined {
  const key = rsaPublic(pem);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < BITS.min || bits > BITS.max || key.asymmetricKeyDetails?.publicExponent !== 65_537n) return undefined;
  return crypto.verify('sha256', message, key, signature);
}

function rsaPublic(pem: string): KeyObject {
  try {
    if (pem.length <= PEM_MAX && pem.startsWith('-----BEGIN PUBLIC KEY-----')) {
      const key = crypto.createPublicKey(pem);
      if (key.asymmetricKeyType === 'rsa') return key;
    }
  } catch (cause) {
    throw new BadFrame('an RSA key that cannot be read', cause);
  }
  throw new BadFrame('an RSA public key in PEM was expected');
}
