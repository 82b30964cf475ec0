import crypto from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, TsaltError } from '../../errors.ts';
import { cleanPem } from '../salt/keys.ts';
import { privateKeyObject, rawPrivate } from './curves.ts';
import { type Identity, identityOf, newIdentity, rawOf } from './identity.ts';

/** A key file that cannot be used. */
export class BadKeyFile extends TsaltError {
  constructor(path: string, why: string, cause?: unknown) {
    super('bad-key-file', `${path}: ${why}; restore it from a backup, or move it away to have a new key made`, { cause });
  }
}

/**
 * The identity in `pkiDir/<name>_ed25519.pem` (PKCS#8, 0400) and `.pub` (SPKI), made when there is none.
 * Two processes that start at once end up with the same one. `name`: `minion` or `master`. @throws BadKeyFile
 */
export async function loadOrCreateIdentity(pkiDir: string, name: string): Promise<Identity> {
  const path = join(pkiDir, `${name}_ed25519.pem`);
  await mkdir(pkiDir, { recursive: true, mode: 0o700 });
  const identity = (await loadIdentity(path)) ?? (await createIdentity(path));
  await publish(join(pkiDir, `${name}_ed25519.pub`), identity.publicKey);
  return identity;
}

async function loadIdentity(path: string): Promise<Identity | undefined> {
  const pem = await textOf(path);
  if (pem === undefined) return undefined;
  try {
    const key = crypto.createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return identityOf(rawPrivate(key));
  } catch (cause) {
    throw new BadKeyFile(path, `no private key can be read from it (${messageOf(cause)})`, cause);
  }
  throw new BadKeyFile(path, 'its key is not of type Ed25519');
}

async function createIdentity(path: string): Promise<Identity> {
  const identity = newIdentity();
  const pem = privateKeyObject('ed25519', identity.seed, identity.raw).export({ format: 'pem', type: 'pkcs8' }).toString();
  if (await place(path, pem, 0o400)) return identity;
  const other = await loadIdentity(path);
  if (other === undefined) throw new BadKeyFile(path, 'it appeared and vanished while it was being made');
  return other;
}

/** The public half follows the private one, also when somebody edited it. */
async function publish(path: string, publicKey: string): Promise<void> {
  if ((await textOf(path))?.trim() === publicKey) return;
  await rm(path, { force: true });
  await place(path, `${publicKey}\n`, 0o644);
}

/** The master's key pinned on this minion, stripped; undefined before the first contact. @throws BadKeyFile */
export async function readPinnedMaster(pkiDir: string): Promise<string | undefined> {
  const path = pinPath(pkiDir);
  const text = await textOf(path);
  if (text === undefined) return undefined;
  const pem = cleanPem(text);
  if (rawOf(pem) === undefined) throw new BadKeyFile(path, 'it holds no Ed25519 public key');
  return pem;
}

/** Pins the master's key (`minion_master_ed25519.pub`). A key that is pinned already stays. */
export async function pinMaster(pkiDir: string, publicKey: string): Promise<void> {
  await place(pinPath(pkiDir), `${publicKey}\n`, 0o644);
}

const pinPath = (pkiDir: string): string => join(pkiDir, 'minion_master_ed25519.pub');

/** Puts a whole file in place, durably, or leaves the one that is there. Whether it was put. */
async function place(path: string, text: string, mode: number): Promise<boolean> {
  const draft = `${path}.${process.pid}.${crypto.randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
    await chmod(draft, mode);
    await link(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;
