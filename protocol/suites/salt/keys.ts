import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TsaltError } from '../../errors.ts';

/** An RSA key pair in the PEM forms Salt writes: PKCS#1 private, SPKI public. */
export interface KeyPair {
  readonly privatePem: string;
  /** Without a newline at the end, as it goes over the wire. */
  readonly publicPem: string;
}

const generate = promisify(generateKeyPair);

export async function newKeyPair(bits = 2048): Promise<KeyPair> {
  const { privateKey, publicKey } = await generate('rsa', {
    modulusLength: bits,
    publicExponent: 65537,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privatePem: privateKey, publicPem: cleanPem(publicKey) };
}

/** A PEM as it is compared and sent: LF line ends, nothing before or after. */
export const cleanPem = (pem: string): string => pem.trim().replace(/\r\n?/g, '\n');

/** @throws TsaltError `bad-key` */
export function privateKeyOf(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch (error) {
    throw new TsaltError('bad-key', `the private key cannot be read: ${messageOf(error)}`, { cause: error });
  }
  throw new TsaltError('bad-key', 'the private key is not an RSA key');
}

/** The public half of a private key, clean. */
export const publicPemOf = (key: KeyObject): string => cleanPem(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());

/**
 * Reads `<name>.pem` from a directory in Salt's layout, or creates the pair: directory 0700, private key
 * 0400, `<name>.pub` 0644. The public half always comes from the private one.
 * @throws TsaltError `bad-key` naming the file when it holds no RSA key.
 */
export async function loadOrCreateKeyPair(directory: string, name: string, bits = 2048): Promise<KeyPair> {
  const file = join(directory, `${name}.pem`);
  const privatePem = await readIfThere(file);
  if (privatePem === undefined) {
    const pair = await newKeyPair(bits);
    await writeKeyPair(directory, name, pair);
    return pair;
  }
  try {
    return { privatePem, publicPem: publicPemOf(privateKeyOf(privatePem)) };
  } catch (error) {
    throw new TsaltError('bad-key', `${file}: ${messageOf(error)}; restore it from a backup, or remove it to get a new key`, {
      cause: error,
    });
  }
}

/** Writes a pair in Salt's layout, replacing what is there. */
export async function writeKeyPair(directory: string, name: string, pair: KeyPair): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  await replaceFile(join(directory, `${name}.pem`), pair.privatePem, 0o400);
  await replaceFile(join(directory, `${name}.pub`), `${cleanPem(pair.publicPem)}\n`, 0o644);
}

/** Writes beside the file and renames, so that nobody ever reads half of it. */
async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  await rm(beside, { force: true });
  const handle = await open(beside, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The fingerprint that `key.finger`, `key.finger_master` and the option `master_finger` speak of: the hash of
 * the lines between the PEM's first and last, as pairs of hex digits joined by colons.
 * @throws TsaltError `bad-hash-type`
 */
export function fingerprint(pem: string, hashType = 'sha256'): string {
  const body = pem
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(1, -1);
  return colons(body.map((line) => `${line}\n`).join(''), hashType);
}

/**
 * What `salt-key -f` of 3008 prints: the hash of the whole PEM as stored, which is another text than the
 * `fingerprint` its own minions show. For scripts that compare with a list made by that command.
 */
export const storedTextFingerprint = (storedPem: string, hashType = 'sha256'): string => colons(storedPem, hashType);

function colons(text: string, hashType: string): string {
  try {
    return (createHash(hashType).update(text).digest('hex').match(/../g) ?? []).join(':');
  } catch (error) {
    throw new TsaltError('bad-hash-type', `hash_type: ${hashType} is not a hash this system knows; use sha256`, { cause: error });
  }
}
