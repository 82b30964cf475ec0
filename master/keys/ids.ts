import { cleanPem } from '../../protocol/suites/salt/keys.ts';
import { publicKeyIn } from '../../protocol/suites/salt/rsa.ts';
import type { SuiteName } from '../../protocol/suites/suite.ts';

/** Characters a PEM may have at most; an RSA key of 16,384 bits has 2,900. */
export const PEM_MAX = 16 * 1024;
const RSA_BITS_MIN = 2048;
const RSA_EXPONENT = 65_537n;

const ID = /^(?![-.])[A-Za-z0-9._@-]{1,253}$/;
/** Control characters, and halves of characters that no file name can hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Whether a new minion may have this id: it becomes a file name, a tag, a word on a command line. */
export const isMinionId = (id: unknown): id is string => typeof id === 'string' && ID.test(id);

/**
 * Whether this can at least safely be a file name of ours: what Salt itself let in, save hidden files and
 * control characters. Ids that an existing directory holds, or that `legacy ids` allows, may be of this kind.
 */
export const isFileSafeId = (id: unknown): id is string =>
  typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= 253 && !/^\.|[/\\]/.test(id) && !UNPRINTABLE.test(id);

/** Whether two PEMs are the same key text, after the normalisation Salt does before it compares. */
export const samePem = (a: string, b: string): boolean => cleanPem(a) === cleanPem(b);

/** Why an offered public key is not taken, or undefined when it may be stored. */
export function faultOf(pem: string, suite?: SuiteName): string | undefined {
  if (pem.length > PEM_MAX) return `the key is longer than ${PEM_MAX} characters`;
  if (!/^-----BEGIN (RSA )?PUBLIC KEY-----\n/.test(pem)) return 'it is no public key in PEM form';
  const key = parsed(pem);
  if (key === undefined) return 'the PEM holds no key that can be read';
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return suite === 'salt' ? 'Salt suite keys are RSA keys, this is an Ed25519 key' : undefined;
  if (key.asymmetricKeyType !== 'rsa') return `keys of type ${String(key.asymmetricKeyType)} are not taken`;
  if (suite === 'native') return 'native suite keys are Ed25519 keys, this is an RSA key';
  if (modulusLength < RSA_BITS_MIN) return `the RSA key has ${modulusLength} bits, at least ${RSA_BITS_MIN} are asked for`;
  return publicExponent === RSA_EXPONENT ? undefined : `the RSA key has exponent ${publicExponent}, not ${RSA_EXPONENT}`;
}

/** Whether it can be used at all: what an operator accepts may be a weak key of an old machine. */
export const isPublicKey = (pem: string): boolean => pem.length <= PEM_MAX && parsed(pem) !== undefined;

function parsed(pem: string) {
  if (pem.includes('PRIVATE KEY')) return undefined;
  try {
    return publicKeyIn(pem);
  } catch {
    return undefined; // the caller says so in its own words
  }
}
