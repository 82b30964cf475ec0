import { rename, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { type Changes, failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import {
  blank,
  DIR_MODE,
  GROUP,
  isDirectory,
  isFile,
  lstatOf,
  MAKEDIRS,
  modeWord,
  NAME,
  OTHERS,
  pathOf,
  type Report,
  USER,
  unknownOwners,
} from './common.ts';
import { keptByRequired } from './keep.ts';
import { included, unkept, walk } from './walk.ts';

const WIN = { type: 'any', doc: 'not used on this kind of system' } as const;
const ARGS = {
  name: NAME,
  user: USER,
  group: GROUP,
  recurse: { type: 'any', doc: 'of user, group, mode, ignore_files, ignore_dirs, silent: what holds for all below it' },
  max_depth: { type: 'number', doc: 'how deep below it' },
  dir_mode: DIR_MODE,
  file_mode: { type: 'any', doc: 'the mode of files below it' },
  makedirs: MAKEDIRS,
  clean: { type: 'boolean', default: false, doc: 'nothing is in it but what states it requires put there' },
  require: { type: 'any', doc: 'the states whose files stay' },
  exclude_pat: { type: 'any', doc: 'what is not cleaned away' },
  follow_symlinks: { type: 'boolean', default: false, doc: 'owners are those of what links lead to' },
  force: { type: 'boolean', default: false, doc: 'replace a file that is there' },
  backupname: { type: 'string', doc: 'move a file that is there to that name' },
  allow_symlink: { type: 'boolean', default: true, doc: 'a link to a directory will do' },
  children_only: { type: 'boolean', default: false, doc: 'for what is below it, not for itself' },
  win_owner: WIN,
  win_perms: WIN,
  win_deny_perms: WIN,
  win_inheritance: WIN,
  win_perms_reset: WIN,
} as const;
type Given = ArgsOf<typeof ARGS>;

/** What is wanted of a directory and of what is below it. */
interface Wanted {
  readonly path: string;
  readonly user: Returnable | undefined;
  readonly group: Returnable | undefined;
  readonly dirMode: string | undefined;
  readonly fileMode: string | undefined;
  readonly args: Given;
}

export const directory = state({
  doc: 'A directory, with owner and mode, its own and of what is below it.',
  args: ARGS,
  extra: OTHERS,
  check: async (ctx, args) => await checkDirectory(ctx, args),
});

/** The verdict on a directory; `file.recurse` asks for it, too. */
export async function checkDirectory(ctx: StateCtx, args: Given): Promise<Verdict> {
  const meant = await pathOf(args.name, 'directory');
  if ('refused' in meant) return meant.refused;
  const path = meant.path === '/' ? meant.path : meant.path.replace(/\/$/, '');
  if (args.max_depth !== undefined && args.clean) return failed('Cannot specify both max_depth and clean');
  const mode = args.dir_mode ?? ctx.extra['mode'];
  const wanted: Wanted = {
    path,
    user: args.user ?? ctx.extra['owner'],
    group: args.group,
    dirMode: modeWord(mode),
    fileMode: modeWord(args.file_mode ?? mode),
    args,
  };
  const unknown = await unknownOwners(ctx, wanted.user, wanted.group);
  if (unknown !== '') return failed(unknown);
  if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
  const way = await inTheWay(ctx, wanted);
  if ('verdict' in way) return way.verdict;
  const seen = await differences(ctx, wanted);
  if (typeof seen === 'string') return failed(seen);
  const changes = { ...way.changes, ...seen };
  if (ctx.testing) return foretold(path, seen, changes);
  if (Object.keys(changes).length === 0 && way.clear === undefined) return inOrder(`The directory ${path} is in the correct state`);
  const apply = async (): Promise<Outcome> => {
    const cleared = (await way.clear?.()) ?? {};
    return await settle(ctx, wanted, { ...cleared, ...seen });
  };
  return { predicted: { comment: '', changes: {} }, apply };
}

function foretold(path: string, seen: Changes, changes: Changes): Outcome {
  if (Object.keys(seen).length === 0) return inOrder(`The directory ${path} is in the correct state`, changes);
  const lines = Object.entries(seen).flatMap(([place, what]) =>
    Object.entries(what as Readonly<Record<string, Returnable>>).map(([key, value]) => `${place}: ${key} - ${textOf(value)}\n`),
  );
  return { result: null, comment: `The following files will be changed:\n${lines.join('')}`, changes };
}

type Way = { readonly verdict: Verdict } | { readonly changes: Changes; readonly clear?: () => Promise<Changes> };

/** A file, or a link that will not do, where the directory should be. */
async function inTheWay(ctx: StateCtx, { path, args }: Wanted): Promise<Way> {
  const link = (await lstatOf(path))?.isSymbolicLink() === true;
  const file = await isFile(path);
  if (!file && !(link && (!args.allow_symlink || args.force))) return { changes: {} };
  if (args.backupname !== undefined) return await moved(ctx, path, args.backupname, args.force);
  if (!args.force) return { verdict: failed(`Specified location ${path} exists and is a ${file ? 'file' : 'symlink'}`) };
  const kind = file ? 'File' : 'Symlink';
  if (ctx.testing) return { changes: { forced: `${kind} would be forcibly replaced` } };
  const clear = async (): Promise<Changes> => {
    await unlink(path);
    return { forced: `${kind} was forcibly replaced` };
  };
  return { changes: {}, clear };
}

async function moved(ctx: StateCtx, path: string, backup: string, force: boolean): Promise<Way> {
  const taken = (await lstatOf(backup)) !== undefined;
  if (taken && !force) return { verdict: failed(`File exists where the backup target ${backup} should go`) };
  const predicted = {
    comment: `${path} would be backed up and replaced with a new directory`,
    changes: {
      ...(taken ? { forced: `Existing file at backup path ${backup} would be removed` } : {}),
      backup: `${path} would be renamed to ${backup}`,
      [path]: { directory: 'new' },
    },
  };
  if (ctx.testing) return { verdict: { ...predicted, result: null } };
  const clear = async (): Promise<Changes> => {
    if (taken) await ctx.call('file.remove', [backup]);
    await rename(path, backup);
    return {};
  };
  return { changes: {}, clear };
}

const TYPES = ['user', 'group', 'mode', 'ignore_files', 'ignore_dirs', 'silent'];

/** What `recurse` names, or what is wrong with it. */
function recurseSet(recurse: Returnable | undefined): ReadonlySet<string> | string {
  if (!recurse || (Array.isArray(recurse) && recurse.length === 0)) return new Set();
  if (!Array.isArray(recurse)) return '"recurse" must be formed as a list of strings';
  const names = new Set(recurse.map((name: Returnable) => textOf(name)));
  if ([...names].some((name) => !TYPES.includes(name)))
    return `Types for "recurse" limited to ${TYPES.map((name) => `"${name}"`).join(', ')}.`;
  if (names.has('ignore_files') && names.has('ignore_dirs'))
    return 'Must not specify "recurse" options "ignore_files" and "ignore_dirs" at the same time.';
  return names;
}

/** What is otherwise than wanted, by path. */
async function differences(ctx: StateCtx, wanted: Wanted): Promise<Record<string, Returnable> | string> {
  const { path, args } = wanted;
  const set = recurseSet(args.recurse);
  if (typeof set === 'string') return set;
  const changes: Record<string, Returnable> = {};
  const note = async (place: string, mode: string | undefined, owned: Pick<Wanted, 'user' | 'group'>, isFolder: boolean): Promise<void> => {
    const found = await metaChanges(ctx, place, { ...owned, mode }, args.follow_symlinks, isFolder);
    if (Object.keys(found).length > 0) changes[place] = found;
  };
  const below = belowOf(wanted, set);
  if (set.size > 0) {
    for await (const folder of walk(path, args.max_depth)) {
      if (!set.has('ignore_files')) for (const name of folder.files) await note(join(folder.path, name), below.fileMode, below, false);
      if (!set.has('ignore_dirs')) for (const name of folder.dirs) await note(join(folder.path, name), below.dirMode, below, true);
    }
  }
  // As in Salt: with `recurse` the directory itself is held to what `recurse` names, too.
  const own = set.size > 0 ? below : wanted;
  if (!args.children_only) await note(path, own.dirMode, own, true);
  if (args.clean) await noteDoomed(ctx, path, args.exclude_pat, changes);
  if (!(await isDirectory(path))) changes[path] = { directory: 'new' };
  return changes;
}

async function noteDoomed(
  ctx: StateCtx,
  path: string,
  exclude: Returnable | undefined,
  changes: Record<string, Returnable>,
): Promise<void> {
  const keep = [...(await keptByRequired(ctx, path))];
  for await (const folder of walk(path, undefined)) {
    for (const name of [...folder.files, ...folder.dirs]) {
      const place = join(folder.path, name);
      if (keep.some((kept) => kept.includes(place)) || !included(relative(path, place), undefined, exclude)) continue;
      changes[place] = { removed: 'Removed due to clean' };
    }
  }
}

const belowOf = (wanted: Wanted, set: ReadonlySet<string>) => ({
  user: set.has('user') ? wanted.user : undefined,
  group: set.has('group') ? wanted.group : undefined,
  dirMode: set.has('mode') ? wanted.dirMode : undefined,
  fileMode: set.has('mode') ? wanted.fileMode : undefined,
});

async function metaChanges(
  ctx: StateCtx,
  path: string,
  { user, group, mode }: { user: Returnable | undefined; group: Returnable | undefined; mode: string | undefined },
  follow: boolean,
  isFolder: boolean,
): Promise<Record<string, Returnable>> {
  const stats = await ctx.call('file.stats', [path, null, follow]).catch((error: unknown) => {
    if (error instanceof CommandFailed) return {};
    throw error;
  });
  const has = stats as Readonly<Record<string, Returnable>>;
  if (Object.keys(has).length === 0) return isFolder ? { directory: 'new' } : {};
  const changes: Record<string, Returnable> = {};
  if (user !== undefined && user !== has['user'] && user !== has['uid']) changes['user'] = user;
  if (group !== undefined && group !== has['group'] && group !== has['gid']) changes['group'] = group;
  if (mode !== undefined && mode !== modeWord(has['mode']) && (follow || has['type'] !== 'link')) changes['mode'] = mode;
  return changes;
}

async function settle(ctx: StateCtx, wanted: Wanted, seen: Changes): Promise<Outcome> {
  const { path, user = null, group = null, dirMode = null, args } = wanted;
  if (!(await isDirectory(path))) return await make(ctx, wanted, seen);
  let report = { ...blank(args.name), changes: { ...seen } } as unknown as Report;
  const errors: string[] = [];
  const hold = async (place: string, owner: Returnable, of: Returnable, mode: Returnable): Promise<void> => {
    try {
      [report] = (await ctx.call('file.check_perms', [place, report, owner, of, mode, null, args.follow_symlinks])) as unknown as [Report];
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (place === path) throw error;
      if (!error.message.startsWith('Path not found')) errors.push(error.message);
    }
  };
  if (!args.children_only) await hold(path, user, group, dirMode);
  const set = recurseSet(args.recurse) as ReadonlySet<string>;
  if (set.size > 0) {
    const problem = await unspecified(ctx, wanted, set);
    if (problem !== undefined) report = { ...report, result: false, comment: problem };
    if (set.has('silent')) report = { ...report, changes: { recursion: 'Changes silenced' } };
    const below = belowOf(wanted, set);
    const owned = [below.user ?? null, below.group ?? null] as const;
    for await (const folder of walk(path, args.max_depth)) {
      if (!set.has('ignore_files')) for (const name of folder.files) await hold(join(folder.path, name), ...owned, below.fileMode ?? null);
      if (!set.has('ignore_dirs')) for (const name of folder.dirs) await hold(join(folder.path, name), ...owned, below.dirMode ?? null);
    }
  }
  const removed = args.clean ? await clean(ctx, path, args.exclude_pat) : [];
  const changes = removed.length > 0 ? { ...report.changes, removed } : report.changes;
  const comment = removed.length > 0 ? `Files cleaned from directory ${path}` : textOf(report.comment);
  return worded(path, args.children_only, { result: report.result, comment, changes }, errors);
}

function worded(path: string, childrenOnly: boolean, { result, comment, changes }: Outcome, errors: readonly string[]): Outcome {
  const changed = Object.keys(changes).length > 0;
  let words = comment;
  if (words === '' && childrenOnly) words = `Directory ${path}/* updated`;
  else if (words === '' && changed) words = `Directory ${path} updated`;
  if (!changed && result) words = [`Directory ${path} is in the correct state`, words].filter((text) => text !== '').join('\n');
  if (errors.length === 0) return { result, comment: words, changes };
  return failed(`${words}\n\nThe following errors were encountered:\n${errors.map((error) => `\n- ${error}`).join('')}`, changes);
}

async function make(ctx: StateCtx, { path, user = null, group = null, dirMode, args }: Wanted, seen: Changes): Promise<Outcome> {
  if (!(await isDirectory(dirname(path)))) {
    if (!args.makedirs) return failed(`No directory to create ${path} in`, seen);
    await ctx.call('file.makedirs', [path], { user, group, mode: dirMode ?? null });
  }
  await ctx.call('file.mkdir', [path], { user, group, mode: dirMode ?? null });
  if (!(await isDirectory(path))) return failed(`Failed to create directory ${path}`, seen);
  return inOrder('', { ...seen, [path]: { directory: 'new' } });
}

/** Owners that `recurse` names and that cannot be had. */
async function unspecified(ctx: StateCtx, { user, group }: Wanted, set: ReadonlySet<string>): Promise<string | undefined> {
  const problems: string[] = [];
  if (set.has('user')) {
    if (user === undefined || user === '')
      problems.push('user not specified, but configured as a target for recursive ownership management');
    else if ((await ctx.call('file.user_to_uid', [user])) === '')
      problems.push(`Failed to enforce ownership for user ${textOf(user)} (user does not exist)`);
  }
  if (set.has('group')) {
    if (group === undefined || group === '')
      problems.push('group not specified, but configured as a target for recursive ownership management');
    else if ((await ctx.call('file.group_to_gid', [group])) === '')
      problems.push(`Failed to enforce group ownership for group ${textOf(group)}`);
  }
  return problems.at(-1);
}

async function clean(ctx: StateCtx, path: string, exclude: Returnable | undefined): Promise<string[]> {
  const removed = await unkept(path, await keptByRequired(ctx, path), exclude);
  for (const place of removed) if ((await lstatOf(place)) !== undefined) await ctx.call('file.remove', [place]);
  return removed;
}
