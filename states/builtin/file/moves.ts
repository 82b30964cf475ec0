import { cp, rename as move, readlink, rm, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { expandUser } from '../../../modules/exec/file/paths.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import {
  blank,
  DIR_MODE,
  GROUP,
  isDirectory,
  isFile,
  isThere,
  lstatOf,
  MAKEDIRS,
  MODE,
  NAME,
  OTHERS,
  ownersOf,
  pathOf,
  type Report,
  USER,
  unknownOwners,
} from './common.ts';
import { walk } from './walk.ts';

const COPY = {
  name: NAME,
  source: { type: 'string', required: true, doc: 'a path on this machine' },
  force: { type: 'boolean', default: false, doc: 'replace what is there' },
  makedirs: MAKEDIRS,
  preserve: { type: 'boolean', default: false, doc: 'with owner, group and mode of the source' },
  user: USER,
  group: GROUP,
  mode: MODE,
  dir_mode: DIR_MODE,
  subdir: { type: 'boolean', default: false, doc: 'into the directory that is there' },
} as const;
type Copy = ArgsOf<typeof COPY>;

export const copy = state({ doc: 'A copy of a file or directory of this machine.', args: COPY, extra: OTHERS, check: checkCopy });

async function checkCopy(ctx: StateCtx, args: Copy): Promise<Verdict> {
  const meant = await pathOf(args.name, 'copy');
  if ('refused' in meant) return meant.refused;
  const source = await expandUser(args.source);
  if (!isAbsolute(meant.path)) return failed(`Specified file ${meant.path} is not an absolute path`);
  if (!(await isThere(source))) return failed(`Source file "${source}" is not present`);
  const owners = args.preserve ? await ownersAt(ctx, source) : await ownersOf(ctx, args.user, args.group);
  const unknown = args.preserve ? '' : await unknownOwners(ctx, owners.user, owners.group);
  if (unknown !== '') return failed(unknown);
  const mode = args.preserve || args.mode === undefined ? await ctx.call('file.get_mode', [source]) : args.mode;
  const path = args.subdir && (await isDirectory(meant.path)) ? join(meant.path, basename(source)) : meant.path;
  const there = (await lstatOf(path)) !== undefined;
  if (there && !args.force) return inOrder(`The target file "${path}" exists and will not be overwritten`);
  const alike = there && (await isFile(path)) && (await sumOf(ctx, path)) === (await sumOf(ctx, source));
  const words = `Copied "${source}" to "${meant.path}"${alike ? ' - files are identical but force flag is set' : ''}`;
  return {
    predicted: { comment: `File "${source}" is set to be copied to "${path}"`, changes: {} },
    apply: async () => await make(ctx, args, { source, path, there, mode, words, ...owners }),
  };
}

const sumOf = async (ctx: StateCtx, path: string): Promise<Returnable> => await ctx.call('file.get_hash', [path]);

async function ownersAt(ctx: StateCtx, path: string): Promise<{ readonly user: Returnable; readonly group: Returnable }> {
  return { user: await ctx.call('file.get_user', [path]), group: await ctx.call('file.get_group', [path]) };
}

interface Work {
  readonly source: string;
  readonly path: string;
  readonly there: boolean;
  readonly user: Returnable;
  readonly group: Returnable;
  readonly mode: Returnable;
  readonly words: string;
}

async function make(ctx: StateCtx, args: Copy, { source, path, there, user, group, mode, words }: Work): Promise<Outcome> {
  if (there) await ctx.call('file.remove', [path], { force: true });
  if (!(await isDirectory(dirname(path)))) {
    if (!args.makedirs) return failed(`The target directory ${dirname(path)} is not present`);
    await ctx.call('file.makedirs', [path], { user, group, mode: args.dir_mode ?? passable(mode) });
  }
  const whole = await isDirectory(source);
  try {
    await cp(source, path, { recursive: true, verbatimSymlinks: whole, dereference: !whole });
  } catch {
    return failed(`Failed to copy "${source}" to "${path}"`);
  }
  if (whole) {
    for await (const { path: folder, dirs, files } of walk(path, undefined))
      for (const name of [...dirs, ...files]) await ctx.call('file.lchown', [join(folder, name), user, group]);
  }
  const changes = { [path]: source };
  if (args.preserve) return inOrder(words, changes);
  const base = { ...blank(args.name), changes, comment: words };
  const [report] = (await ctx.call('file.check_perms', [path, base, user, group, mode])) as unknown as [Report];
  return report.result === false
    ? { result: false, comment: report.comment, changes: report.changes }
    : { result: true, comment: words, changes: report.changes };
}

/** The mode of directories for a file of that mode: whoever may read may pass. */
const passable = (mode: Returnable): string =>
  [...textOf(mode)]
    .slice(-3)
    .map((digit) => (digit === '0' ? digit : String(Number(digit) | 1)))
    .join('');

export const rename = state({
  doc: 'A file or directory has another name.',
  args: {
    name: { ...NAME, doc: 'the new path' },
    source: { type: 'string', required: true, doc: 'the old one' },
    force: { type: 'boolean', default: false, doc: 'replace what is there' },
    makedirs: MAKEDIRS,
  },
  extra: OTHERS,
  check: async (ctx, args) => {
    const meant = await pathOf(args.name, 'rename');
    if ('refused' in meant) return meant.refused;
    const [path, source] = [fromEnvironment(meant.path), fromEnvironment(await expandUser(args.source))];
    if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
    if ((await lstatOf(source)) === undefined) return inOrder(`Source file "${source}" has already been moved out of place`);
    const there = (await lstatOf(path)) !== undefined;
    if (there && !args.force) return inOrder(`The target file "${path}" exists and will not be overwritten`);
    const apply = async (): Promise<Outcome> => {
      if (there) await ctx.call('file.remove', [path]);
      if (!(await isDirectory(dirname(path)))) {
        if (!args.makedirs) return failed(`The target directory ${dirname(path)} is not present`);
        await ctx.call('file.makedirs', [path]);
      }
      try {
        await relocate(source, path);
      } catch {
        return failed(`Failed to move "${source}" to "${path}"`);
      }
      return inOrder(`Moved "${source}" to "${path}"`, { [path]: source });
    };
    return { predicted: { comment: `File "${source}" is set to be moved to "${path}"`, changes: {} }, apply };
  },
});

const fromEnvironment = (path: string): string =>
  path.replace(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced: string | undefined, bare: string) => process.env[braced ?? bare] ?? written);

/** Also from one file system to another. */
async function relocate(source: string, path: string): Promise<void> {
  if ((await lstatOf(source))?.isSymbolicLink() === true) {
    await symlink(await readlink(source), path);
    await unlink(source);
    return;
  }
  try {
    await move(source, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(source, path, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    await rm(source, { recursive: true });
  }
}
