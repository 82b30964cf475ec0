import { dirname, isAbsolute } from 'node:path';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type Outcome, state } from '../../define.ts';
import { isDirectory, isThere, lstatOf, MAKEDIRS, NAME, pathOf } from './common.ts';

export const touch = state({
  doc: 'A file that is there, with its times set to now.',
  args: {
    name: NAME,
    atime: { type: 'any', doc: 'epoch seconds' },
    mtime: { type: 'any', doc: 'epoch seconds' },
    makedirs: MAKEDIRS,
  },
  check: async (ctx, { name, atime, mtime, makedirs }) => {
    const meant = await pathOf(name, 'touch');
    if ('refused' in meant) return meant.refused;
    const { path } = meant;
    if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
    const there = await isThere(path);
    if (ctx.testing) {
      if (!there) return { result: null, comment: `File ${path} is set to be created`, changes: { new: path } };
      const has = await lstatOf(path);
      const other = (wanted: typeof atime, is: number | undefined): boolean =>
        wanted !== undefined && textOf(wanted) !== textOf((is ?? 0) / 1000);
      return other(atime, has?.atimeMs) || other(mtime, has?.mtimeMs)
        ? { result: null, comment: `Times set to be updated on file ${path}`, changes: { touched: path } }
        : inOrder(`File ${path} exists and has the correct times`, { new: path });
    }
    const apply = async (): Promise<Outcome> => {
      if (makedirs) await ctx.call('file.makedirs', [path]);
      if (!(await isDirectory(dirname(path)))) return failed(`Directory not present to touch file ${path}`);
      await ctx.call('file.touch', [path, atime ?? null, mtime ?? null]);
      if (!there) return inOrder(`Created empty file ${path}`, { new: path });
      return inOrder(`Updated times on ${(await isDirectory(path)) ? 'directory' : 'file'} ${path}`, { touched: path });
    };
    return { predicted: { comment: '', changes: {} }, apply };
  },
});
