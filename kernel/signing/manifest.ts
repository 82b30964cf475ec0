import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

/** The files of an environment that list and sign its custom modules, below its root. */
export const MANIFEST = 'modules.manifest';
export const SIGNATURE = 'modules.manifest.sig';

/** SHA-256 sums in hex by path: `_modules/odd.py`. */
export type Sums = ReadonlyMap<string, string>;

/** What a root holds in its folders `_modules`, `_states`, ... */
export function sumsOf(root: string): Sums {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && /^_[a-z]/.test(entry.name));
  const files = folders.flatMap(({ name }) => filesBelow(join(root, name)));
  const sums = files.map((file): [string, string] => [relative(root, file), createHash('sha256').update(readFileSync(file)).digest('hex')]);
  return new Map(sums.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    .map((entry) => join(entry.parentPath, entry.name));

/** As `sha256sum` writes it, one file a line. */
export const manifestText = (sums: Sums): string => [...sums].map(([path, sum]) => `${sum}  ${path}\n`).join('');

/** The signature of a manifest, in base64: by an Ed25519 key, or RSA with SHA-256. */
export const signatureOf = (manifest: string, key: KeyObject): string =>
  `${sign(digestFor(key), Buffer.from(manifest), key).toString('base64')}\n`;

/** A manifest that one of the keys has signed. @throws TsaltError `bad-signature` */
export function verifiedSums(manifest: string, signature: string, keys: readonly KeyObject[]): Sums {
  const bytes = Buffer.from(signature.trim(), 'base64');
  if (!keys.some((key) => verify(digestFor(key), Buffer.from(manifest), key, bytes)))
    throw new TsaltError(
      'bad-signature',
      `${SIGNATURE} is by none of the ${keys.length} keys that this minion trusts (modules_signing_keys)`,
    );
  const lines = manifest.split('\n').map((line) => /^([0-9a-f]{64}) {2}(.+)$/.exec(line));
  return new Map(lines.flatMap((found) => (found?.[1] && found[2] ? [[found[2], found[1]] as const] : [])));
}

/** A public key in PEM. @throws TsaltError `bad-key` */
export function publicKeyOf(file: string): KeyObject {
  try {
    return createPublicKey(readFileSync(file));
  } catch (cause) {
    throw new TsaltError('bad-key', `${file} holds no public key in PEM: ${messageOf(cause)}`, { cause });
  }
}

const digestFor = (key: KeyObject): string | null => (key.asymmetricKeyType === 'ed25519' ? null : 'sha256');
