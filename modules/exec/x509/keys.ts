import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { CallRefused, type Returnable } from '../../define.ts';
import { BadDer, children, decode, members, TAG } from './der.ts';
import { bytesOf, isPem } from './sources.ts';

const generate = promisify(generateKeyPair) as (type: string, options?: object) => Promise<{ readonly privateKey: KeyObject }>;
const CURVES: Readonly<Record<number, string>> = { 256: 'prime256v1', 384: 'secp384r1', 521: 'secp521r1' };

/** A new private key. Throws CallRefused for a kind or size that Salt does not make. */
export async function newKey(algo: string, size?: number): Promise<KeyObject> {
  if (algo === 'rsa') {
    const modulusLength = size || 2048;
    if (![2048, 3072, 4096].includes(modulusLength)) throw new CallRefused('RSA key size must be either 2048, 3072 or 4096 bits.');
    return (await generate('rsa', { modulusLength, publicExponent: 65537 })).privateKey;
  }
  if (algo === 'ec') {
    const namedCurve = CURVES[size || 256];
    if (namedCurve === undefined) throw new CallRefused('EC key size must be either 256, 384, 521 bits.');
    return (await generate('ec', { namedCurve })).privateKey;
  }
  if (algo === 'ed25519' || algo === 'ed448') return (await generate(algo)).privateKey;
  throw new CallRefused(`Invalid algorithm specified for generating private key: ${algo}. Valid: rsa, ec, ed25519, ed448`);
}

const PASSWORDS = {
  missing: 'Private key is encrypted. Please provide a password.',
  wrong: 'Bad decrypt - is the password correct?',
  needless: 'Private key is unencrypted. Please remove the password.',
} as const;

/** The password is wrong, missing, or not asked for. */
class PasswordRefused extends CallRefused {
  readonly fault: keyof typeof PASSWORDS;
  constructor(fault: keyof typeof PASSWORDS) {
    super(PASSWORDS[fault]);
    this.fault = fault;
  }
}
export const isPasswordRefused = (error: unknown): boolean => error instanceof PasswordRefused;
/** What is wrong with the password, if that is what an error tells. */
export const passwordFault = (error: unknown): keyof typeof PASSWORDS | undefined =>
  error instanceof PasswordRefused ? error.fault : undefined;

/** Throws CallRefused for what is no private key, and for a password that does not fit. */
export function privateKeyOf(source: Returnable | undefined, passphrase?: string): KeyObject {
  const bytes = bytesOf(source);
  const text = isPem(bytes);
  const encrypted = text ? /ENCRYPTED/.test(bytes.toString('latin1')) : isEncryptedDer(bytes);
  if (encrypted && passphrase === undefined) throw new PasswordRefused('missing');
  try {
    const secret = passphrase === undefined ? {} : { passphrase };
    const key = text ? createPrivateKey({ key: bytes, ...secret }) : derKey(bytes, encrypted ? passphrase : undefined);
    if (!encrypted && passphrase !== undefined) throw new PasswordRefused('needless');
    return key;
  } catch (error) {
    if (error instanceof PasswordRefused) throw error;
    if (encrypted && !(error instanceof BadDer)) throw new PasswordRefused('wrong');
    throw new CallRefused(
      text ? 'Could not load PEM-encoded private key' : 'Could not deserialize binary data, neither as DER nor PKCS#12.',
    );
  }
}

function derKey(key: Buffer, passphrase: string | undefined): KeyObject {
  if (passphrase !== undefined) return createPrivateKey({ key, format: 'der', type: 'pkcs8', passphrase });
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({ key, format: 'der', type });
    } catch {
      // Its bytes do not say which of the three kinds it is: the next is tried.
    }
  }
  throw new BadDer('no private key');
}

/** PKCS #8 begins an encrypted key with the algorithm, a plain one with a version. */
function isEncryptedDer(bytes: Buffer): boolean {
  try {
    const [first, second, ...rest] = members(decode(bytes));
    return first?.tag === TAG.sequence && second?.tag === TAG.octets && rest.length === 0;
  } catch {
    return false;
  }
}

/** Throws CallRefused for what is no public key in itself. */
export function publicKeyOf(source: Returnable | undefined): KeyObject {
  const bytes = bytesOf(source);
  const text = isPem(bytes);
  try {
    if (text && !/-----BEGIN (RSA )?PUBLIC KEY-----/.test(bytes.toString('latin1'))) throw new BadDer('no public key');
    return createPublicKey(text ? bytes : { key: bytes, format: 'der', type: 'spki' });
  } catch {
    throw new CallRefused(text ? 'Could not load PEM-encoded public key.' : 'Could not load DER-encoded public key.');
  }
}

export const spkiOf = (key: KeyObject): Buffer => publicOf(key).export({ type: 'spki', format: 'der' });
export const publicPem = (key: KeyObject): string => String(publicOf(key).export({ type: 'spki', format: 'pem' }));
export const publicOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key);
export const isPair = (one: KeyObject, other: KeyObject): boolean => spkiOf(one).equals(spkiOf(other));

/** `rsa`, `ec`, `ed25519`, `ed448`. */
export const kindOf = (key: KeyObject): string => key.asymmetricKeyType ?? 'unknown';

/** In bits; undefined for kinds that have one size only. */
export function sizeOf(key: KeyObject): number | undefined {
  const { modulusLength, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  return modulusLength ?? (kindOf(key) === 'ec' ? Number(/\d{3}/.exec(namedCurve)?.[0]) : undefined);
}

/** The identifier of a key: method 1 of RFC 5280, section 4.2.1.2. */
export function identifierOf(key: KeyObject): Buffer {
  const [, bits] = children(decode(spkiOf(key)));
  return createHash('sha1')
    .update(bits?.content.subarray(1) ?? '')
    .digest();
}
