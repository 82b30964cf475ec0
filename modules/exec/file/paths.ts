import { constants, type Dirent } from 'node:fs';
import { access, lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CallRefused, CommandFailed } from '../../define.ts';
import { systemText } from './errno.ts';

/** Data that may be asked of a path that may not be there. */
export const exists = async (path: string): Promise<boolean> => (await statOf(path)) !== undefined;
export const isDirectory = async (path: string): Promise<boolean> => (await statOf(path))?.isDirectory() ?? false;
export const isFile = async (path: string): Promise<boolean> => (await statOf(path))?.isFile() ?? false;
export const may = async (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
export const statOf = async (path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> => stat(path).catch(() => undefined);

/** `~` and `~user` at the start stand for home directories, as in a shell. */
export const expandUser = async (path: string): Promise<string> => {
  const [, name, rest = ''] = /^~([^/]*)(.*)$/s.exec(path) ?? [];
  if (name === undefined) return path;
  if (name === '') return homedir() + rest;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith(`${name}:`));
  return line === undefined ? path : (line.split(':')[5] ?? '') + rest;
};

export const absolute = async (path: string, what = 'File path must be absolute.'): Promise<string> => {
  const expanded = await expandUser(path);
  if (!isAbsolute(expanded)) throw new CallRefused(what);
  return expanded;
};

/** The path with all links followed, also where the end of it is not there. */
export const realPath = async (path: string): Promise<string> => {
  const expanded = await expandUser(path);
  return realpath(expanded).catch(() => expanded);
};

/** Turns a failure of the system into the text that the caller reads. */
export const failing = async <T>(text: (why: string) => string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof CommandFailed) throw failure;
    throw new CommandFailed(text(systemText(failure)));
  }
};

const GLOB = /[*?[]/;

/** One path component as an expression: `*`, `?`, `[seq]`, `[!seq]`; `*` does not match a leading dot. */
export const globExpression = (glob: string): RegExp => {
  const body = glob.replace(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (part, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    if (part === '*') return '[\\s\\S]*';
    return part === '?' ? '[\\s\\S]' : part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${body}$`);
};

/** Paths that a glob names, none if it names nothing. */
export const globPaths = async (pattern: string): Promise<string[]> => {
  const expanded = await expandUser(pattern);
  let found = [isAbsolute(expanded) ? '/' : ''];
  for (const part of expanded.split('/').filter((piece) => piece !== '')) {
    const next = await Promise.all(found.map((folder) => step(folder, part)));
    found = next.flat();
  }
  return found;
};

const step = async (folder: string, part: string): Promise<string[]> => {
  if (!GLOB.test(part)) {
    const path = join(folder, part);
    return (await may(path, constants.F_OK)) ? [path] : [];
  }
  const matching = globExpression(part);
  const entries = await readdir(folder === '' ? '.' : folder).catch(() => []);
  return entries.filter((name) => matching.test(name) && (part.startsWith('.') || !name.startsWith('.'))).map((name) => join(folder, name));
};

/** Everything below a directory, top down, links not followed; directories that cannot be read count as empty. */
export async function* walk(
  folder: string,
  deepest = Number.POSITIVE_INFINITY,
  depth = 1,
): AsyncGenerator<{ readonly path: string; readonly depth: number; readonly entry: Dirent }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [] as Dirent[]);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    yield { path, depth, entry };
    if (entry.isDirectory() && depth < deepest) yield* walk(path, deepest, depth + 1);
  }
}

/** Whether there is anything of that name, be it a link that points nowhere. */
export const lexists = async (place: string): Promise<boolean> =>
  lstat(place).then(
    () => true,
    () => false,
  );
export const isLink = async (place: string): Promise<boolean> =>
  lstat(place).then(
    (status) => status.isSymbolicLink(),
    () => false,
  );
