import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type ArgsOf, CommandFailed } from '../../../modules/define.ts';
import { pythonExpression } from '../../../modules/exec/file/expressions.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, inOrder, type Outcome, type StateCtx, state } from '../../define.ts';
import { isDirectory, lstatOf, NAME, OTHERS, pathOf, statOf } from './common.ts';

export const absent = state({
  doc: 'Nothing is at that path; what is there is removed.',
  args: { name: NAME },
  extra: OTHERS,
  check: async (ctx, { name }) => {
    const meant = await pathOf(name, 'absent');
    if ('refused' in meant) return meant.refused;
    const { path } = meant;
    if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
    if (path === '/') return failed('Refusing to make "/" absent');
    const found = await lstatOf(path);
    const kind = found?.isDirectory() === true ? 'directory' : found?.isFile() || found?.isSymbolicLink() ? 'file' : undefined;
    if (kind === undefined) return inOrder(`File ${path} is not present`);
    const predicted = {
      comment: `${kind === 'file' ? 'File' : 'Directory'} ${path} is set for removal`,
      changes: { removed: path },
    };
    return { predicted, apply: async () => await removed(ctx, path, kind) };
  },
});

async function removed(ctx: StateCtx, path: string, kind: string): Promise<Outcome> {
  try {
    await ctx.call('file.remove', [path], { force: true });
    return inOrder(`Removed ${kind} ${path}`, { removed: path });
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
}

const TIDY = {
  name: NAME,
  age: { type: 'number', default: 0, doc: 'days' },
  matches: { type: 'list', doc: 'regular expressions of names' },
  rmdirs: { type: 'boolean', default: false, doc: 'directories, too' },
  size: { type: 'any', default: 0, doc: 'bytes, or text such as 10MB' },
  exclude: { type: 'list', default: [], doc: 'regular expressions of names that stay' },
  full_path_match: { type: 'boolean', default: false, doc: 'the expressions are over whole paths' },
  followlinks: { type: 'boolean', default: false, doc: 'go into directories that are links' },
  time_comparison: { type: 'string', default: 'atime', doc: 'atime, mtime or ctime' },
  age_size_logical_operator: { type: 'string', default: 'OR', doc: 'AND: both old and large' },
  age_size_only: { type: 'string', doc: 'look at age or at size alone' },
  rmlinks: { type: 'boolean', default: true, doc: 'links, too' },
} as const;
type Tidy = ArgsOf<typeof TIDY>;

export const tidied = state({
  doc: 'What is old or large below a directory is gone.',
  args: TIDY,
  extra: OTHERS,
  check: async (ctx, args) => {
    const meant = await pathOf(args.name, 'tidied');
    if ('refused' in meant) return meant.refused;
    const { path } = meant;
    if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
    if (!(await isDirectory(path))) return failed(`${path} does not exist or is not a directory.`);
    const doomed = await tidy(path, args);
    if (doomed.length === 0) return inOrder(`Nothing to remove from directory ${path}`);
    const apply = async (): Promise<Outcome> => {
      const gone: string[] = [];
      try {
        for (const one of doomed) {
          await ctx.call('file.remove', [one]);
          gone.push(one);
        }
      } catch (error) {
        if (error instanceof CommandFailed) return failed(error.message, { removed: gone });
        throw error;
      }
      return inOrder(`Removed ${gone.length} files or directories from directory ${path}`, { removed: gone });
    };
    return { predicted: { comment: `${path} is set for tidy`, changes: { removed: doomed } }, apply };
  },
});

async function tidy(top: string, args: Tidy): Promise<string[]> {
  const expressions = (args.matches ?? ['.*']).map((one) => fromStart(textOf(one)));
  const excluded = args.exclude.map((one) => fromStart(textOf(one)));
  const size = typeof args.size === 'string' ? bytesOf(args.size) : Number(args.size);
  const doomed: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true });
    const isFolder = async (path: string): Promise<boolean> => await isDirectory(path);
    const folders: string[] = [];
    const files: string[] = [];
    for (const entry of entries) ((await isFolder(join(directory, entry.name))) ? folders : files).push(entry.name);
    for (const name of folders) {
      const link = (await lstatOf(join(directory, name)))?.isSymbolicLink() === true;
      if (!link || args.followlinks) await visit(join(directory, name));
    }
    for (const name of [...files, ...folders]) {
      const path = join(directory, name);
      const meant = args.full_path_match ? path : name;
      const chosen = expressions.some((one) => one(meant)) && !excluded.some((one) => one(meant));
      if (chosen && (await isDue(path, args, size))) doomed.push(path);
    }
  };
  await visit(top);
  return doomed;
}

/** Python's `re.match`: anchored at the start alone. */
function fromStart(pattern: string): (text: string) => boolean {
  const expression = pythonExpression(pattern, 0, 'y');
  return (text) => {
    expression.lastIndex = 0;
    return expression.test(text);
  };
}

async function isDue(path: string, args: Tidy, size: number): Promise<boolean> {
  const link = await lstatOf(path);
  if (link === undefined) return false;
  const isLink = link.isSymbolicLink();
  if (isLink && !args.rmlinks) return false;
  const found = isLink ? link : await statOf(path);
  if (found === undefined || (found.isDirectory() && !args.rmdirs)) return false;
  const large = (isLink || found.isDirectory() ? 0 : found.size) >= size;
  const by = args.time_comparison.toLowerCase();
  const old = daysSince(by === 'mtime' ? found.mtime : by === 'ctime' ? found.ctime : found.atime) >= args.age;
  const only = args.age_size_only?.toLowerCase();
  if (only === 'age' || only === 'size') return only === 'age' ? old : large;
  return args.age_size_logical_operator.toUpperCase() === 'AND' ? large && old : large || old;
}

/** Midnights between a moment and now. */
function daysSince(then: Date): number {
  const day = (moment: Date): number => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / 86_400_000;
  return Math.abs(day(new Date()) - day(then));
}

/** `10M` and `10MiB` are powers of 1024, `10MB` of 1000; 0 for what is none of them. */
function bytesOf(text: string): number {
  const [, number = '0', unit = '', rest = ''] = /^\s*([\d.]+)\s*([KMGTPEZY]?)(i?B)?\s*$/i.exec(text) ?? [];
  const power = unit === '' ? 0 : 'KMGTPEZY'.indexOf(unit.toUpperCase()) + 1;
  return Math.floor(Number(number) * (rest === 'B' ? 1000 : 1024) ** power);
}

export const pruned = state({
  doc: 'An empty directory is gone.',
  args: {
    name: NAME,
    recurse: { type: 'boolean', default: false, doc: 'the empty directories below it' },
    ignore_errors: { type: 'boolean', default: false, doc: 'some that cannot be removed are no failure' },
    older_than: { type: 'number', doc: 'days since they changed' },
  },
  check: async (ctx, { name, recurse, ignore_errors, older_than }) => {
    const meant = await pathOf(name, 'pruned');
    if ('refused' in meant) return meant.refused;
    const { path } = meant;
    if (!(await isDirectory(path))) return inOrder(`Directory ${path} is not present`);
    const deep = recurse || ignore_errors;
    const apply = async (): Promise<Outcome> => {
      const options = { recurse: deep, verbose: true, older_than: older_than ?? null };
      const { result, ...said } = (await ctx.call('file.rmdir', [path], options)) as { result: boolean; deleted?: readonly string[] };
      const gone = [...(said.deleted ?? [])].sort();
      if (result && !deep) return inOrder(`Removed directory ${path}`, { deleted: path });
      if (gone.length > 0 && (result || ignore_errors))
        return inOrder(`Recursively removed empty directories under ${path}`, { deleted: gone });
      return result ? inOrder('') : failed(`Failed to remove directory ${path}`, said);
    };
    return { predicted: { comment: `Directory ${path} is set for removal`, changes: { deleted: path } }, apply };
  },
});
