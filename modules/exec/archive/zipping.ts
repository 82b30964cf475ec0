import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { CallRefused, CommandFailed, type Ctx } from '../../define.ts';
import { type NewEntry, readContent, readEntries, writeZip } from './zip_format.ts';

const umask = process.umask();

/** Packs files and directories, and returns the names they have in the archive. */
export const zip = async (path: string, sources: readonly string[], cwd: string | undefined): Promise<string[]> => {
  if (cwd !== undefined && !isAbsolute(cwd)) throw new CallRefused('cwd must be absolute');
  if (cwd === undefined && sources.some((source) => !isAbsolute(source)))
    throw new CallRefused("Relative paths require the 'cwd' parameter");
  const entries: NewEntry[] = [];
  for (const source of sources) await collect(join(isAbsolute(source) ? '' : (cwd ?? ''), source), cwd, entries);
  try {
    await writeFile(path, writeZip(entries));
  } catch (failure) {
    throw new CommandFailed(`Exception encountered creating zipfile: ${(failure as Error).message}`);
  }
  return entries.map(({ name }) => name);
};

const collect = async (path: string, cwd: string | undefined, entries: NewEntry[]): Promise<void> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  const name = relative(cwd !== undefined && path.startsWith(cwd) ? cwd : '/', path) || '.';
  const described = { mode: found.mode, modified: found.mtime };
  if (!found.isDirectory()) {
    entries.push({ name, ...described, content: await readFile(path) });
    return;
  }
  entries.push({ name: `${name}/`, ...described, content: Buffer.alloc(0) });
  const below = (await readdir(path, { withFileTypes: true })).sort((a, b) => Number(a.isDirectory()) - Number(b.isDirectory()));
  for (const { name: child } of below) await collect(join(path, child), cwd, entries);
};

export interface Unpacking {
  readonly excludes: readonly string[];
  readonly password: string | undefined;
  readonly permissions: boolean;
}

/** Unpacks an archive, and returns the names it holds. What would land outside of `dest` is refused. */
export const unzip = async (_ctx: Ctx, path: string, dest: string, how: Unpacking): Promise<string[]> => {
  try {
    const archive = await readFile(path);
    const entries = readEntries(archive).filter(({ name }) => !how.excludes.includes(name));
    for (const entry of entries) {
      const place = inside(dest, entry.name);
      await mkdir(entry.isDirectory ? place : dirname(place), { recursive: true });
      if (entry.isDirectory) continue;
      const content = readContent(archive, entry, how.password);
      if (entry.isLink) await symlink(content.toString('utf8'), place);
      else await writeFile(place, content);
    }
    if (how.permissions) {
      for (const { name, mode, isDirectory, isLink } of entries)
        if (!isLink) await chmod(inside(dest, name), mode & 0o7777 || (isDirectory ? 0o777 : 0o666) & ~umask);
    }
    return entries.map(({ name }) => name);
  } catch (failure) {
    throw new CommandFailed(`Exception encountered unpacking zipfile: ${(failure as Error).message}`);
  }
};

const inside = (dest: string, name: string): string => {
  const place = resolve(dest, `./${name}`);
  if (place !== resolve(dest) && !place.startsWith(`${resolve(dest)}/`)) throw new Error(`'${name}' lies outside of ${dest}`);
  return place;
};
