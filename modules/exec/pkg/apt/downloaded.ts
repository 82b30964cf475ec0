import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ctx, Returnable } from '../../../define.ts';
import { binaryInfo } from './dpkg.ts';

/** The .deb files in apt's cache, by name and version. */
export const downloaded = async (ctx: Ctx, root: string): Promise<Record<string, Record<string, Returnable>>> => {
  const cache = join(root, 'var/cache/apt');
  const files = await readdir(cache, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: Record<string, Record<string, Returnable>> = {};
  for (const file of files.filter((entry) => entry.name.endsWith('.deb') && !entry.isDirectory())) {
    const path = join(file.parentPath, file.name);
    const { name, version } = await binaryInfo(ctx, path);
    found[name] = { ...found[name], [version]: await described(path) };
  }
  return found;
};

const described = async (path: string): Promise<Returnable> => {
  const { size, ctimeMs } = await stat(path);
  const time = Math.floor(ctimeMs / 1000);
  return { path, size, creation_date_time_t: time, creation_date_time: new Date(time * 1000).toISOString().slice(0, 19) };
};
