import { chmod, chown, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Returnable } from '../../define.ts';

const KEYS = ['name', 'passwd', 'lstchg', 'min', 'max', 'warn', 'inact', 'expire'] as const;
export type ShadowKey = (typeof KEYS)[number];
/** Of a user that is not there all are empty texts; a number that is not set is -1. */
export type Shadow = Readonly<Record<ShadowKey, string | number>>;

export const NOBODY: Shadow = { name: '', passwd: '', lstchg: '', min: '', max: '', warn: '', inact: '', expire: '' };

const pathOf = (root: string | undefined): string => join(root || '/', 'etc', 'shadow');

/** The lines of the shadow file as fields. Throws when it cannot be read. */
export const shadowLines = async (root?: string): Promise<string[][]> =>
  (await readFile(pathOf(root), 'utf8'))
    .split('\n')
    .filter((line, index, all) => index < all.length - 1 || line !== '')
    .map((line) => line.trim().split(':'));

/** What the file says of a user. Throws if its line is broken. */
export async function shadowOf(name: string, root?: string): Promise<Shadow> {
  const lines = await shadowLines(root).catch(() => []);
  const fields = lines.find((line) => line[0] === name);
  if (fields === undefined) return NOBODY;
  return Object.fromEntries(KEYS.map((key, index) => [key, index < 2 ? (fields[index] ?? '') : dayOf(fields, index)])) as Shadow;
}

function dayOf(fields: readonly string[], index: number): number {
  const text = fields[index];
  if (text === '') return -1;
  if (text === undefined || !/^-?\d+$/.test(text)) throw new Error(`the line of '${fields[0]}' in shadow is broken: field ${index + 1}`);
  return Number(text);
}

/**
 * Writes the hash and today's date into a user's line, or a new line. The file is replaced in one step: a reader never
 * meets half of it, and a power cut leaves the old one. False if there is no shadow file.
 */
export async function writePassword(name: string, hash: string, root?: string): Promise<boolean> {
  const path = pathOf(root);
  const now = await stat(path).catch(() => undefined);
  if (!now?.isFile()) return false;
  const text = await readFile(path, 'utf8');
  const next = withPassword(text, name, hash, today());
  const fresh = `${path}.${process.pid}.new`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    try {
      await file.writeFile(next);
      await file.sync();
    } finally {
      await file.close();
    }
    await chown(fresh, now.uid, now.gid);
    await chmod(fresh, now.mode & 0o7777);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
  return true;
}

function withPassword(text: string, name: string, hash: string, day: number): string {
  let found = false;
  const lines = text.split(/(?<=\n)/).map((line) => {
    const fields = line.trim().split(':').slice(0, 9);
    if (fields[0] !== name) return line;
    found = true;
    const rest = Array.from({ length: 6 }, (_, index) => fields[index + 3] ?? '');
    return `${[name, hash, day, ...rest].join(':')}\n`;
  });
  return found ? lines.join('') : `${text}${name}:${hash}:${day}::::::\n`;
}

/** Days since 1970 by the clock on the wall. */
function today(): number {
  const now = new Date();
  return Math.floor(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / 86_400_000);
}

/** As `shadow.info` returns it. */
export const asInfo = (shadow: Shadow): Record<string, Returnable> => ({ ...shadow });
