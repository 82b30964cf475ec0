import { createHash, getHashes } from 'node:crypto';
import { CommandFailed, type Returnable } from '../../../define.ts';
import { wordOf } from '../commands.ts';

/** A public key as authorized_keys(5) holds it. */
export interface PublicKey {
  readonly key: string;
  readonly enc: string;
  readonly comment: string;
  readonly options: readonly string[];
}

const SHORT: Readonly<Record<string, string>> = {
  r: 'ssh-rsa',
  rsa: 'ssh-rsa',
  d: 'ssh-dss',
  dsa: 'ssh-dss',
  dss: 'ssh-dss',
  e: 'ecdsa-sha2-nistp256',
  ecdsa: 'ecdsa-sha2-nistp256',
  ed25519: 'ssh-ed25519',
};
const CURVES = ['nistp256', 'nistp384', 'nistp521'];
const KINDS = new Set([
  'ssh-rsa',
  'ssh-dss',
  'ssh-ed25519',
  ...CURVES.flatMap((curve) => [`ecdsa-sha2-${curve}`, `ecdsa-sha2-${curve}-cert-v01@openssh.com`]),
  ...['rsa-sha2-512', 'rsa-sha2-256'].flatMap((kind) => [kind, `${kind}-cert-v01@openssh.com`]),
  'ssh-rsa-cert-v01@openssh.com',
  'ssh-ed25519-cert-v01@openssh.com',
  ...['sk-ecdsa-sha2-nistp256', 'sk-ssh-ed25519'].flatMap((kind) => [`${kind}@openssh.com`, `${kind}-cert-v01@openssh.com`]),
]);

/** The kind of a key as files name it: `ssh-rsa` for `rsa`. Throws CommandFailed for what is none. */
export function kindOf(enc: string): string {
  const kind = Object.hasOwn(SHORT, enc) ? SHORT[enc] : enc;
  if (kind === undefined || !KINDS.has(kind)) throw new CommandFailed(`Incorrect encryption key type '${enc}'.`);
  return kind;
}

/** A line of authorized_keys, without its end. */
export const keyLine = ({ key, enc, comment, options }: PublicKey): string =>
  `${options.length === 0 ? '' : `${options.join(',')} `}${enc} ${key} ${comment}`;

/** The key of a line; undefined for a comment or what is none. */
export function parseKeyLine(line: string): PublicKey | undefined {
  const text = line.trim();
  const [, options = '', rest] = /^(.*?)\s?((?:sk-)?(?:ssh-|ecds)[\w@.-]+\s.+)$/.exec(text) ?? [];
  if (text.startsWith('#') || rest === undefined) return undefined;
  const [enc = '', key = '', ...comment] = rest.split(/\s+/);
  return { enc, key, comment: comment.join(' '), options: options === '' ? [] : options.split(',') };
}

/** The keys of a file with their fingerprints, by key. */
export function keysOf(text: string, hashType: string | undefined): Map<string, PublicKey & { readonly fingerprint: string }> {
  const found = new Map<string, PublicKey & { readonly fingerprint: string }>();
  for (const line of text.split('\n')) {
    const key = parseKeyLine(line);
    const print = key && fingerprint(key.key, hashType);
    if (key !== undefined && print !== undefined) found.set(key.key, { ...key, fingerprint: print });
  }
  return found;
}

/** `ab:cd:...` of a key in base 64; undefined if it is not in base 64. sha256 unless told. Throws for an unknown hash. */
export function fingerprint(key: string, hashType: string | undefined): string | undefined {
  const type = (hashType || 'sha256').toLowerCase();
  if (!getHashes().includes(type)) throw new CommandFailed(`The fingerprint_hash_type ${type} is not supported.`);
  if (key.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(key)) return undefined;
  const digest = createHash(type).update(Buffer.from(key, 'base64')).digest('hex');
  return digest.match(/../g)?.join(':');
}

/** Options as a list: nothing, one text, or a list. */
export const optionsOf = (options: Returnable | undefined): string[] =>
  options === undefined || options === null || options === '' ? [] : [options].flat().map((option) => wordOf(option as Returnable));
