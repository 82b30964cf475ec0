import { unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import {
  GROUP,
  isDirectory,
  isFile,
  isThere,
  lstatOf,
  MAKEDIRS,
  MODE,
  modeWord,
  NAME,
  OTHERS,
  ownersOf,
  pathOf,
  statOf,
  USER,
} from './common.ts';

const FORCE = { type: 'boolean', default: false, doc: 'replace what is there' } as const;
const SYMLINK = {
  name: NAME,
  target: { type: 'string', required: true, doc: 'where it leads' },
  force: FORCE,
  backupname: { type: 'string', doc: 'what is there is moved to that name' },
  makedirs: MAKEDIRS,
  user: USER,
  group: GROUP,
  mode: { ...MODE, doc: 'the mode of directories that are made' },
  win_owner: { type: 'any', doc: 'not used on this kind of system' },
  win_perms: { type: 'any', doc: 'not used on this kind of system' },
  win_deny_perms: { type: 'any', doc: 'not used on this kind of system' },
  win_inheritance: { type: 'any', doc: 'not used on this kind of system' },
  atomic: { type: 'boolean', default: false, doc: 'replace a file in one step' },
  disallow_copy_and_unlink: { type: 'boolean', default: false, doc: 'the backup must be a rename' },
  inherit_user_and_group: { type: 'boolean', default: false, doc: 'keep the owners of a link that is there' },
  follow_symlinks: { type: 'boolean', default: true, doc: 'what a link leads to decides whether something is there' },
} as const;
type Symlink = ArgsOf<typeof SYMLINK>;
interface Owners {
  readonly user: Returnable;
  readonly group: Returnable;
}

export const symlink = state({ doc: 'A symbolic link to a target.', args: SYMLINK, extra: OTHERS, check: checkSymlink });

async function checkSymlink(ctx: StateCtx, args: Symlink): Promise<Verdict> {
  const meant = await pathOf(args.name, 'symlink');
  if ('refused' in meant) return meant.refused;
  const { path } = meant;
  const isLink = (await lstatOf(path))?.isSymbolicLink() === true;
  const keep = args.inherit_user_and_group && isLink ? await linkOwners(ctx, path) : undefined;
  const owners = await ownersOf(ctx, args.user ?? keep?.user, args.group ?? keep?.group);
  const refused = await preflight(ctx, owners, [isAbsolute(path) ? '' : `Specified file ${path} is not an absolute path`]);
  if (refused !== undefined) return failed(refused);
  const above = dirname(path);
  const lacks = !(await isDirectory(above));
  if (ctx.testing) {
    const found = await foresee(ctx, path, args, owners);
    const more = args.makedirs ? `\n${above} will be created` : `\nDirectory ${above} for symlink is not present`;
    return lacks ? { ...found, comment: found.comment + more } : found;
  }
  if (lacks && !args.makedirs) return failed(`Directory ${above} for symlink is not present`);
  const apply = async (): Promise<Outcome> => {
    if (lacks) await ctx.call('file.makedirs', [path], { ...owners, mode: modeWord(args.mode) ?? null });
    return await link(ctx, path, args, owners);
  };
  return { predicted: { comment: '', changes: {} }, apply };
}

async function preflight(ctx: StateCtx, { user, group }: Owners, more: readonly string[]): Promise<string | undefined> {
  const errors: string[] = [];
  if ((await ctx.call('file.user_to_uid', [user])) === '') errors.push(`User ${textOf(user)} does not exist`);
  if ((await ctx.call('file.group_to_gid', [group])) === '') errors.push(`Group ${textOf(group)} does not exist`);
  errors.push(...more.filter((text) => text !== ''));
  return errors.length === 0 ? undefined : errors.join('. ') + (errors.length > 1 ? '.' : '');
}

async function linkOwners(ctx: StateCtx, path: string): Promise<Owners> {
  const [user, group] = await Promise.all(
    ['file.get_user', 'file.get_group'].map((fun) => ctx.call(fun, [path], { follow_symlinks: false })),
  );
  return { user: user ?? null, group: group ?? null };
}

const sameOwners = (a: Owners, b: Owners): boolean => a.user === b.user && a.group === b.group;

async function foresee(ctx: StateCtx, path: string, { target, force, follow_symlinks }: Symlink, owners: Owners): Promise<Outcome> {
  const found = await lstatOf(path);
  const isLink = found?.isSymbolicLink() === true;
  const there = follow_symlinks ? (await statOf(path)) !== undefined : found !== undefined;
  if (!there && !isLink) return { result: null, comment: `Symlink ${path} to ${target} is set for creation`, changes: { new: path } };
  if (!isLink) {
    return force
      ? {
          result: null,
          comment: `The file or directory ${path} is set for removal to make way for a new symlink targeting ${target}`,
          changes: {},
        }
      : failed(`File or directory exists where the symlink ${path} should be. Did you mean to use force?`);
  }
  if ((await ctx.call('file.readlink', [path])) !== target)
    return { result: null, comment: `Link ${path} target is set to be changed to ${target}`, changes: { change: path } };
  const has = await linkOwners(ctx, path);
  if (sameOwners(has, owners)) return inOrder(`The symlink ${path} is present`);
  const [now, then] = [has, owners].map(({ user, group }) => `${textOf(user)}:${textOf(group)}`);
  return {
    result: null,
    comment: `The symlink ${path} is present, but the ownership of the symlink would be changed from ${now} to ${then}`,
    changes: { ownership: now ?? '' },
  };
}

async function link(ctx: StateCtx, path: string, args: Symlink, owners: Owners): Promise<Outcome> {
  const { target, force, atomic, follow_symlinks } = args;
  const found = await lstatOf(path);
  if (found?.isSymbolicLink() === true) {
    if (plainPath(String(await ctx.call('file.readlink', [path]))) === plainPath(target)) return await own(ctx, path, owners);
    await ctx.call('file.remove', [path]);
  } else if (found !== undefined) {
    const refused = args.backupname === undefined ? await occupied(path, args) : await backUp(ctx, path, args.backupname, args);
    if (refused !== undefined) return failed(refused);
  }
  try {
    await ctx.call('file.symlink', [target, path], { force, atomic, follow_symlinks });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return failed(`Unable to create new symlink ${path} -> ${target}: ${error.message}`);
  }
  const words = `Created new symlink ${path} -> ${target}`;
  if (sameOwners(await linkOwners(ctx, path), owners)) return inOrder(words, { new: path });
  const owned = await own(ctx, path, owners);
  if (owned.result === true) return inOrder(words, { new: path });
  return failed(`${words}, but was unable to set ownership to ${textOf(owners.user)}:${textOf(owners.group)}`, { new: path });
}

/** As Python's `normpath`: without a slash at its end. */
const plainPath = (path: string): string => normalize(path).replace(/(?<=.)\/$/, '');

async function own(ctx: StateCtx, path: string, owners: Owners): Promise<Outcome> {
  const named = `${textOf(owners.user)}:${textOf(owners.group)}`;
  if (sameOwners(await linkOwners(ctx, path), owners)) return inOrder(`Symlink ${path} is present and owned by ${named}`);
  await ctx.call('file.lchown', [path, owners.user, owners.group]);
  return sameOwners(await linkOwners(ctx, path), owners)
    ? inOrder(`Set ownership of symlink ${path} to ${named}`, { ownership: named })
    : failed(`Failed to set ownership of symlink ${path} to ${named}`);
}

async function occupied(path: string, { force, atomic }: Symlink): Promise<string | undefined> {
  if (force || atomic) return undefined;
  const kind = (await isFile(path)) ? 'File' : (await isDirectory(path)) ? 'Directory' : 'File system entry';
  return `${kind} exists where the symlink ${path} should be`;
}

async function backUp(ctx: StateCtx, path: string, backupname: string, args: Symlink): Promise<string | undefined> {
  if (!isAbsolute(backupname) && backupname !== basename(backupname))
    return `Backupname must be an absolute path or a file name: ${backupname}`;
  const backup = isAbsolute(backupname) ? backupname : join(dirname(normalize(path)), backupname);
  if ((await lstatOf(backup)) !== undefined) {
    if (!args.force) return `Symlink & backup dest exists and Force not set. ${path} -> ${args.target} - backup: ${backup}`;
    await ctx.call('file.remove', [backup]);
  }
  try {
    await ctx.call('file.move', [path, backup], { disallow_copy_and_unlink: args.disallow_copy_and_unlink });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return `Unable to rename ${path} to backup ${backup} -> : ${error.message}`;
  }
}

const HARDLINK = {
  name: NAME,
  target: { type: 'string', required: true, doc: 'the file it is another name of' },
  force: FORCE,
  makedirs: MAKEDIRS,
  user: { ...USER, doc: 'the owner of directories that are made' },
  group: { ...GROUP, doc: 'their group' },
  dir_mode: { ...MODE, doc: 'their mode' },
} as const;

export const hardlink = state({
  doc: 'Another name of a file.',
  args: HARDLINK,
  extra: OTHERS,
  check: async (ctx, args) => {
    const meant = await pathOf(args.name, 'hardlink');
    if ('refused' in meant) return meant.refused;
    const { path } = meant;
    const { target } = args;
    const owners = await ownersOf(ctx, args.user, args.group);
    const refused = await preflight(ctx, owners, [
      isAbsolute(path) ? '' : `Specified file ${path} is not an absolute path`,
      isAbsolute(target) ? '' : `Specified target ${target} is not an absolute path`,
    ]);
    if (refused !== undefined) return failed(refused);
    if (ctx.testing) return await foreseeHard(path, args);
    return { predicted: { comment: '', changes: {} }, apply: async () => await linkHard(ctx, path, args, owners) };
  },
});

const isHardlink = async (path: string): Promise<boolean> => ((await lstatOf(path))?.nlink ?? 0) > 1;
const isSame = async (a: string, b: string): Promise<boolean> => (await lstatOf(a))?.ino === (await lstatOf(b))?.ino;

async function foreseeHard(path: string, { target, force }: ArgsOf<typeof HARDLINK>): Promise<Outcome> {
  if (!(await isThere(target))) return failed(`Target ${target} for hard link does not exist`);
  if (await isDirectory(target)) return failed(`Unable to hard link from directory ${target}`);
  if (await isDirectory(path)) return failed(`Unable to hard link to directory ${path}`);
  if (!(await isThere(path)))
    return { result: null, comment: `Hard link ${path} to ${target} is set for creation`, changes: { new: path } };
  if (await isHardlink(path)) {
    if (await isSame(path, target)) return inOrder(`The hard link ${path} is presently targetting ${target}`);
    return { result: null, comment: `Link ${path} target is set to be changed to ${target}`, changes: { change: path } };
  }
  if (!force) return failed(`File or directory exists where the hard link ${path} should be. Did you mean to use force?`);
  const comment = `The file or directory ${path} is set for removal to make way for a new hard link targeting ${target}`;
  return { result: null, comment, changes: {} };
}

async function linkHard(ctx: StateCtx, path: string, args: ArgsOf<typeof HARDLINK>, owners: Owners): Promise<Outcome> {
  const { target } = args;
  if (await isDirectory(path)) return failed(`Unable to hard link to directory ${path}`);
  if (await isDirectory(target)) return failed(`Unable to hard link from directory ${target}`);
  if (!(await isThere(target))) return failed(`Target ${target} for hard link does not exist`);
  const changes: Record<string, string> = {};
  if (!(await isDirectory(dirname(path)))) {
    if (!args.makedirs) return failed(`Directory ${dirname(path)} for hard link is not present`);
    await ctx.call('file.makedirs', [path], { ...owners, mode: modeWord(args.dir_mode) ?? null });
  }
  if ((await isFile(path)) && !(await isHardlink(path))) {
    if (!args.force) return failed(`File exists where the hard link ${path} should be`);
    await unlink(path);
    changes['forced'] = 'File for hard link was forcibly replaced';
  }
  const replaces = await isHardlink(path);
  if (replaces) {
    if (await isSame(path, target)) return inOrder(`Target of hard link ${path} is already pointing to ${target}`);
    await unlink(path);
  }
  try {
    await ctx.call('file.link', [target, path]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const what = replaces ? 'set target of' : 'create new';
    return failed(`Unable to ${what} hard link ${path} -> ${target}: ${error.message}`, changes);
  }
  return inOrder(`${replaces ? 'Set target of' : 'Created new'} hard link ${path} -> ${target}`, { ...changes, new: path });
}
