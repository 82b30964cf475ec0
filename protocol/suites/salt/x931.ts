import { constants, type KeyObject, privateEncrypt, publicDecrypt } from 'node:crypto';

/*
 * ANSI X9.31 padding of a raw RSA signature, which Salt uses for `tok` and for the digest of the publish
 * key, and which node:crypto does not offer: `6B BB..BB BA data CC`, and of `s` and `n - s` the smaller is sent.
 */

interface Modulus {
  readonly value: bigint;
  readonly size: number;
}

const moduli = new WeakMap<KeyObject, Modulus>();

function modulusOf(key: KeyObject): Modulus {
  const known = moduli.get(key);
  if (known !== undefined) return known;
  const bytes = Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url');
  const modulus = { value: bigintOf(bytes), size: bytes.length };
  moduli.set(key, modulus);
  return modulus;
}

const bigintOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytesOf = (value: bigint, size: number): Buffer => Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');

/** The signature of `data` (at most modulus - 2 bytes). The same data and key always give the same bytes. */
export function signX931(privateKey: KeyObject, data: Uint8Array): Buffer {
  const { value, size } = modulusOf(privateKey);
  const filler = size - data.length - 3;
  if (filler < -1) throw new RangeError(`X9.31: ${data.length} bytes do not fit into a modulus of ${size}`);
  const head = filler < 0 ? [0x6a] : [0x6b, ...new Array<number>(filler).fill(0xbb), 0xba];
  const padded = Buffer.concat([Buffer.from(head), data, Buffer.from([0xcc])]);
  const signature = bigintOf(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, padded));
  const mirrored = value - signature;
  // Math.min takes no bigint.
  if (mirrored < signature) return bytesOf(mirrored, size);
  return bytesOf(signature, size);
}

/** The data that was signed, or undefined when this is no signature by that key. */
export function openX931(publicKey: KeyObject, signature: Uint8Array): Buffer | undefined {
  const { value, size } = modulusOf(publicKey);
  if (signature.length !== size || bigintOf(signature) >= value) return undefined;
  const raw = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature);
  const lowNibble = (raw[raw.length - 1] ?? 0) & 0x0f;
  return strip(lowNibble === 0x0c ? raw : bytesOf(value - bigintOf(raw), size));
}

function strip(padded: Buffer): Buffer | undefined {
  const end = padded.length - 1;
  if (padded[end] !== 0xcc) return undefined;
  if (padded[0] === 0x6a) return padded.subarray(1, end);
  if (padded[0] !== 0x6b) return undefined;
  let at = 1;
  while (padded[at] === 0xbb) at++;
  return padded[at] === 0xba && at < end ? padded.subarray(at + 1, end) : undefined;
}
