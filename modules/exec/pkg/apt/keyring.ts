import { chmod, copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Ctx, Ran, Returnable } from '../../../define.ts';
import { apt, text } from './run.ts';

export const KEYRINGS = '/etc/apt/keyrings';

type Key = Record<string, Returnable>;

/** A number where the field is one, None where it is empty. */
const fieldOf = (field: string | undefined): Returnable => {
  const value = (field ?? '').trim();
  if (value === '') return null;
  return /^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : value;
};

/** `gpg --with-colons`: keys by their id, each with its last subkey. Doc: DETAILS of GnuPG. */
export const parseKeys = (output: string): Record<string, Key> => {
  const keys: Key[] = [];
  for (const line of output.split('\n').filter((each) => each.trim() !== '')) {
    const fields = line.split(':').map(fieldOf);
    const last = keys.at(-1);
    const subkey = last?.['subkey'] as Key | undefined;
    if (fields[0] === 'pub') keys.push(keyOf(fields));
    else if (last === undefined) continue;
    else if (fields[0] === 'sub') last['subkey'] = keyOf(fields);
    else if (fields[0] === 'fpr') (subkey ?? last)['fingerprint'] = fields[9] ?? null;
    else if (fields[0] === 'uid') Object.assign(last, { uid: fields[9] ?? null, uid_hash: fields[7] ?? null });
  }
  return Object.fromEntries(keys.map((key) => [String(key['keyid']), key]));
};

const keyOf = (fields: readonly Returnable[]): Key => ({
  algorithm: fields[3] ?? null,
  bits: fields[2] ?? null,
  capability: fields[11] ?? null,
  date_creation: fields[5] ?? null,
  date_expiration: fields[6] ?? null,
  keyid: String(fields[4]),
  validity: fields[1] ?? null,
});

const ringKeys = async (ctx: Ctx, ring: string): Promise<Record<string, Key>> => {
  const argv = ['gpg', '--no-default-keyring', '--keyring', ring, '--list-keys', '--with-colons'];
  return parseKeys(text((await apt(ctx, argv, { quiet: true })).stdout));
};

/** Keys by id: those apt-key knows, or those of the files in a directory. False if that is not there. */
export const repoKeys = async (ctx: Ctx, aptkey: boolean, keydir = KEYRINGS): Promise<Record<string, Key> | false> => {
  if (aptkey) {
    // Said twice, for the fingerprints of subkeys.
    const how = ['--batch', '--list-public-keys', '--with-fingerprint', '--with-fingerprint', '--with-colons', '--fixed-list-mode'];
    return parseKeys(text((await apt(ctx, ['apt-key', 'adv', ...how])).stdout));
  }
  const files = await readdir(keydir).catch(() => undefined);
  if (files === undefined) {
    ctx.log.error(`The directory ${keydir} does not exist. Create it, writable by root only`);
    return false;
  }
  const keys: Record<string, Key> = {};
  for (const file of files) Object.assign(keys, await ringKeys(ctx, join(keydir, file)));
  return keys;
};

/** The file that holds a key, by 8 or 16 characters of its id. */
export const ringOf = async (ctx: Ctx, keydir: string, keyid: string): Promise<string | undefined> => {
  if (keyid.length !== 8 && keyid.length !== 16) {
    ctx.log.error('The keyid needs to be either 8 or 16 characters');
    return undefined;
  }
  for (const file of await readdir(keydir)) {
    const keys = await ringKeys(ctx, join(keydir, file));
    if (Object.keys(keys).some((id) => id.endsWith(keyid))) return join(keydir, file);
  }
  ctx.log.error(`Could not find the key file for keyid: ${keyid}`);
  return undefined;
};

export const removeRing = (path: string): Promise<void> => rm(path);

/** Makes a directory of keys if it is not there. False, told in the log, if it cannot be made. */
export const ensureKeydir = async (ctx: Ctx, keydir: string): Promise<boolean> => {
  try {
    await mkdir(keydir, { recursive: true, mode: 0o755 });
    return true;
  } catch (failure) {
    ctx.log.error(`The directory ${keydir} is not there and cannot be made: ${String(failure)}`);
    return false;
  }
};

/** Puts a key's file into a directory where apt may read it, without its armour unless it is to be called `.asc`. */
export const addKeyFile = async (ctx: Ctx, path: string, keydir = KEYRINGS, keyfile: string | undefined): Promise<boolean> => {
  const place = join(keydir, keyfile ?? basename(path));
  const armoured = (await readFile(path, 'latin1')).replace(/^-+/, '').startsWith('BEGIN PGP');
  if (!armoured || place.endsWith('.asc')) await copyFile(path, place);
  else {
    if (ctx.host.which('gpg') === undefined) {
      ctx.log.error(`The key ${path} is armoured, and gpg, which could take that off, is not here`);
      return false;
    }
    const ran = await apt(ctx, ['gpg', '--yes', '--output', place, '--dearmor', path]);
    if (ran.code !== 0) return false;
  }
  await chmod(place, 0o644);
  return true;
};

interface Wanted {
  readonly id: string;
  readonly server: string;
  /** The file it goes to; apt-key's own without one. */
  readonly ring: string | undefined;
  readonly proxy?: string | undefined;
}

/** Fetches a key from a key server. */
export const receiveKey = async (ctx: Ctx, { id, server, ring, proxy }: Wanted): Promise<Ran> => {
  const through = proxy === undefined ? [] : ['--keyserver-options', `http-proxy=${proxy}`];
  if (ring === undefined)
    return apt(ctx, ['apt-key', 'adv', '--batch', ...through, '--keyserver', server, '--logger-fd', '1', '--recv-keys', id]);
  const ran = await apt(ctx, ['gpg', '--no-default-keyring', '--keyring', ring, ...through, '--keyserver', server, '--recv-keys', id]);
  if (ran.code === 0) await chmod(ring, 0o644);
  return ran;
};
