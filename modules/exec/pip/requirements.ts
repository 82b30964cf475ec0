import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { CallRefused, type Ctx, type Returnable } from '../../define.ts';
import { listOf } from './args.ts';
import type { Where } from './program.ts';

/** Files of requirements as words of the command line; `remove` takes away copies that were made of them. */
export interface Requirements {
  readonly words: readonly string[];
  /** The file that is not there. */
  readonly missing?: string;
  remove(): Promise<void>;
}

/** Makes files of requirements readable for pip: fetched from the master, copied for the user it runs as. */
export async function requirementsOf(ctx: Ctx, given: Returnable | undefined, where: Where): Promise<Requirements> {
  if (given != null && typeof given !== 'string' && !Array.isArray(given)) throw new CallRefused('requirements must be a string or list');
  const folder = where.user && listOf(given).length > 0 ? await mkdtemp(join(tmpdir(), 'pip-requirements-')) : undefined;
  const remove = async (): Promise<void> => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  const words: string[] = [];
  for (const name of listOf(given)) {
    const path = name.startsWith('salt://') ? await fetched(ctx, name, where.saltenv ?? 'base') : name;
    if (path === undefined) {
      await remove();
      return { words, missing: name, remove };
    }
    words.push('--requirement', folder === undefined ? path : await copied(ctx, resolve(where.cwd ?? '.', path), folder, where.user ?? ''));
  }
  return { words, remove };
}

async function fetched(ctx: Ctx, url: string, saltenv: string): Promise<string | undefined> {
  const path = await ctx.call('cp.cache_file', [url, saltenv]);
  return typeof path === 'string' && path !== '' ? path : undefined;
}

/** Copies a file, and those that it names, for a user who may not be able to read them where they are. */
async function copied(ctx: Ctx, path: string, folder: string, user: string): Promise<string> {
  await ctx.call('file.chown', [folder, user, '']);
  const place = join(folder, basename(path));
  for (const file of await chain(path)) {
    const copy = join(folder, basename(file));
    await copyFile(file, copy);
    await ctx.call('file.chown', [copy, user, '']);
  }
  return place;
}

async function chain(path: string): Promise<string[]> {
  const text = (await readFile(path, 'utf8')).replace(/(?:^|\s+)#.*$/gm, '');
  const named = [...text.matchAll(/(?:-r\s|--requirement[=\s])(.*)\n?/g)].map(([, name = '']) => resolve(dirname(path), name));
  const files = [path];
  for (const file of named) files.push(...(await chain(file)));
  return files;
}
