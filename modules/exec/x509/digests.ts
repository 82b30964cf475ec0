import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { CommandFailed } from '../../define.ts';
import { encode, oid, sequence, TAG } from './der.ts';
import { kindOf } from './keys.ts';

const NAMES = [
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256'],
  ...['sha3_224', 'sha3_256', 'sha3_384', 'sha3_512'],
];

/** What a digest is called with each kind of key, in signatures: RFC 8017, RFC 5758, NIST's register. */
const RSA: Readonly<Record<string, string>> = {
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
  sha3_224: '2.16.840.1.101.3.4.3.13',
  sha3_256: '2.16.840.1.101.3.4.3.14',
  sha3_384: '2.16.840.1.101.3.4.3.15',
  sha3_512: '2.16.840.1.101.3.4.3.16',
};
const ECDSA: Readonly<Record<string, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
  sha3_224: '2.16.840.1.101.3.4.3.9',
  sha3_256: '2.16.840.1.101.3.4.3.10',
  sha3_384: '2.16.840.1.101.3.4.3.11',
  sha3_512: '2.16.840.1.101.3.4.3.12',
};
const EDWARDS: Readonly<Record<string, string>> = { ed25519: '1.3.101.112', ed448: '1.3.101.113' };

/** Throws CommandFailed for a digest that there is not. */
export function checkDigest(digest: string): void {
  if (NAMES.includes(digest.toLowerCase())) return;
  throw new CommandFailed(`Invalid value '${digest}' for digest. Valid: ${NAMES.join(', ')}`);
}

/** How a key signs with a digest, as certificates have it. */
export function algorithmOf(key: KeyObject, digest: string): Buffer {
  const edwards = EDWARDS[kindOf(key)];
  if (edwards !== undefined) return sequence(oid(edwards));
  const rsa = kindOf(key) === 'rsa';
  const number = (rsa ? RSA : ECDSA)[digest.toLowerCase()];
  if (number === undefined) throw new CommandFailed(`A key of the kind ${kindOf(key)} cannot sign a certificate by ${digest}`);
  return rsa ? sequence(oid(number), encode(TAG.null)) : sequence(oid(number));
}

const nodeName = (digest: string): string => digest.toLowerCase().replace(/^sha3_/, 'sha3-');
export const signed = (key: KeyObject, digest: string, bytes: Buffer): Buffer =>
  sign(kindOf(key) in EDWARDS ? null : nodeName(digest), bytes, key);

/** Whether a signature by the algorithm of this number is good. */
export function isGood(algorithm: string, bytes: Buffer, signature: Buffer, key: KeyObject): boolean {
  const table = kindOf(key) === 'rsa' ? RSA : ECDSA;
  const digest = Object.keys(table).find((name) => table[name] === algorithm);
  if (digest === undefined && !(kindOf(key) in EDWARDS)) return false;
  return verify(digest === undefined ? null : nodeName(digest), bytes, key, signature);
}

/** The names that are shown for the numbers of signature algorithms. */
export function algorithmName(number: string): string {
  const named = (table: Readonly<Record<string, string>>): string | undefined => Object.keys(table).find((name) => table[name] === number);
  const [rsa, ecdsa] = [named(RSA), named(ECDSA)];
  if (rsa?.startsWith('sha3')) return `RSA-with-${rsa.toUpperCase().replace('_', '-')}`;
  if (rsa !== undefined) return `${rsa}WithRSAEncryption`;
  if (ecdsa !== undefined) return `ecdsa-with-${ecdsa.toUpperCase().replace('_', '-')}`;
  return number === '1.2.840.113549.1.1.10' ? 'rsassaPss' : (named(EDWARDS) ?? number);
}

export const hexOf = (bytes: Uint8Array | bigint): string => {
  const hex = typeof bytes === 'bigint' ? bytes.toString(16) : Buffer.from(bytes).toString('hex');
  return (hex.length % 2 === 0 ? hex : `0${hex}`).toUpperCase().replace(/..(?=.)/g, '$&:');
};
export const fingerprint = (digest: string, bytes: Buffer): string => hexOf(createHash(digest).update(bytes).digest());
