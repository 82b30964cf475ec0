import { chmod, chown, cp, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { changeOwner } from './attributes.ts';
import { systemText } from './errno.ts';
import { absolute, exists, expandUser, failing, isDirectory, lexists } from './paths.ts';
import { modeBits } from './words.ts';

const path = { type: 'string', required: true, doc: 'the path' } as const;
const src = { type: 'string', required: true, doc: 'what' } as const;
const dst = { type: 'string', required: true, doc: 'where to' } as const;
const OWNED = {
  user: { type: 'any', doc: 'the owner of what is made' },
  group: { type: 'any', doc: 'the group of what is made' },
} as const;
interface Owned {
  readonly user?: Returnable | undefined;
  readonly group?: Returnable | undefined;
  readonly mode?: Returnable | undefined;
}

/** Makes one directory after the other down to the path, each with the owner and mode asked for. */
const makeFolders = async (ctx: Ctx, folder: string, how: Owned): Promise<void> => {
  if (await isDirectory(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolders(ctx, parent, how);
  await failing(
    (why) => `Unable to make directory '${folder}': ${why}`,
    () => mkdir(folder),
  );
  if (how.user != null || how.group != null) {
    const wrong = await changeOwner(ctx, folder, how.user ?? null, how.group ?? null);
    if (wrong !== null) throw new CommandFailed(`${folder}: ${wrong.trim()}`);
  }
  if (how.mode != null && how.mode !== '') await chmod(folder, modeBits(how.mode));
};

/** Makes the directories above a path; answers Salt's text if there is nothing to do. */
export const makeAbove = async (ctx: Ctx, given: string, how: Owned): Promise<string | null> => {
  const place = await expandUser(given);
  const folder = place.endsWith('/') ? place.replace(/\/+$/, '') || '/' : dirname(place);
  if (await isDirectory(folder)) return `Directory '${folder}' already exists`;
  if (await exists(folder)) return `The path '${folder}' already exists and is not a directory`;
  if (!isAbsolute(folder)) throw new CommandFailed(`Cannot make '${folder}': use an absolute path`);
  await makeFolders(ctx, normalize(folder), how);
  return null;
};

const removePath = async (given: string): Promise<boolean> => {
  const place = await expandUser(given);
  if (!isAbsolute(place)) throw new CallRefused(`File path must be absolute: ${place}`);
  if (!(await lexists(place))) return false;
  await failing(
    (why) => `Could not remove '${place}': ${why}`,
    () => rm(place, { recursive: true }),
  );
  return true;
};

interface Emptied {
  readonly deleted: string[];
  readonly errors: [string, string][];
  readonly result: boolean;
}
/** Removes empty directories from the deepest up; those changed within `days` days stay. */
const removeEmpty = async (place: string, recurse: boolean, days: number): Promise<Emptied> => {
  const deleted: string[] = [];
  const errors: [string, string][] = [];
  const isOld = async (folder: string): Promise<boolean> => days === 0 || (await stat(folder)).mtimeMs < Date.now() - days * 86_400_000;
  const drop = async (folder: string): Promise<void> => {
    if (!(await isOld(folder))) return;
    await rmdir(folder).then(
      () => deleted.push(folder),
      (failure: unknown) => errors.push([folder, systemText(failure)]),
    );
  };
  const below = async (folder: string): Promise<void> => {
    const folders: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!(await isDirectory(path))) continue;
      folders.push(path);
      if (entry.isDirectory()) await below(path);
    }
    for (const path of folders) await drop(path);
  };
  if (recurse) await below(place);
  await drop(place);
  return { deleted, errors, result: errors.length === 0 && (recurse || deleted.length > 0) };
};

const copyPath = async (given: string, to: string, recurse: boolean, removeExisting: boolean): Promise<true> => {
  const source = await absolute(given);
  const target = await expandUser(to);
  if (!(await exists(source))) throw new CommandFailed(`No such file or directory '${source}'`);
  if (((await isDirectory(target)) || (await isDirectory(source))) && !recurse) {
    throw new CallRefused('Cannot copy overwriting a directory without recurse flag set to true!');
  }
  await failing(
    () => `Could not copy '${source}' to '${target}'`,
    async () => {
      if (removeExisting && (await isDirectory(target))) await rm(target, { recursive: true });
      // Links below a directory are copied as what they point to, as Salt does.
      await cp(source, target, { recursive: true, force: true, dereference: true });
      const { uid, gid, mode } = await stat(source);
      if (process.getuid?.() === 0) await chown(target, uid, gid);
      await chmod(target, mode & 0o7777);
    },
  );
  return true;
};

/** As `mv`: into a directory that is there, and by a copy between file systems. */
const movePath = async (source: string, to: string): Promise<void> => {
  const target = (await isDirectory(to)) ? join(to, basename(source)) : to;
  try {
    await rename(source, target);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'EXDEV') throw failure;
    await cp(source, target, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    await rm(source, { recursive: true });
  }
};

/** Directories made, and paths copied, moved and removed. */
export const tree = {
  mkdir: call({
    doc: 'Make a directory and those above it.',
    examples: ["tsalt '*' file.mkdir /opt/jetty/context"],
    args: { dir_path: path, ...OWNED, mode: { type: 'any', doc: 'the mode of what is made' } },
    changes: true,
    async run(ctx, { dir_path, ...how }) {
      await makeFolders(ctx, normalize(await expandUser(dir_path)).replace(/(.)\/$/, '$1'), how);
      return true;
    },
  }),
  makedirs: call({
    doc: 'Make the directories above a path; returns what keeps it from doing so.',
    examples: ["tsalt '*' file.makedirs /opt/code/"],
    args: { path, ...OWNED, mode: { type: 'any', doc: 'the mode of what is made' } },
    changes: true,
    run: (ctx, { path: given, ...how }) => makeAbove(ctx, given, how),
  }),
  makedirs_perms: call({
    doc: 'Make a directory and those above it, all with one owner and mode.',
    examples: ["tsalt '*' file.makedirs_perms /opt/code"],
    args: { name: path, ...OWNED, mode: { type: 'any', default: '0755', doc: 'the mode of what is made' } },
    changes: true,
    async run(ctx, { name, ...how }) {
      const place = normalize(await expandUser(name)).replace(/(.)\/$/, '$1');
      if (await exists(place)) throw new CommandFailed(`Unable to make directory '${place}': it exists already`);
      await makeFolders(ctx, place, how);
      return null;
    },
  }),
  remove: call({
    doc: 'Remove a file, a link or a whole directory. False if it is not there.',
    examples: ["tsalt '*' file.remove /tmp/foo"],
    args: { path },
    extra: 'not used',
    changes: true,
    run: (_ctx, args) => removePath(args.path),
  }),
  rmdir: call({
    doc: 'Remove an empty directory, or with `recurse` all the empty ones below it; False if something is left.',
    examples: ["tsalt '*' file.rmdir /tmp/foo", "tsalt '*' file.rmdir /tmp/foo recurse=True older_than=1"],
    args: {
      path,
      recurse: { type: 'boolean', default: false, doc: 'also the empty directories below it' },
      verbose: { type: 'boolean', default: false, doc: 'tell what was removed and what not' },
      older_than: { type: 'any', doc: 'only those last changed more days ago' },
    },
    changes: true,
    async run(ctx, args) {
      const place = await absolute(args.path);
      if (!(await isDirectory(place))) throw new CallRefused(`A valid directory was not specified: ${place}`);
      const { deleted, errors, result } = await removeEmpty(place, args.recurse, Number(args.older_than ?? 0) || 0);
      for (const [, why] of errors) ctx.log.error(`Could not remove: ${why}`);
      return args.verbose ? { deleted, errors, result } : result;
    },
  }),
  rename: call({
    doc: 'Give a path another name.',
    examples: ["tsalt '*' file.rename /path/to/src /path/to/dst"],
    args: { src, dst },
    changes: true,
    async run(_ctx, args) {
      const [from, to] = [await absolute(args.src), await expandUser(args.dst)];
      await failing(
        () => `Could not rename '${from}' to '${to}'`,
        () => rename(from, to),
      );
      return true;
    },
  }),
  move: call({
    doc: 'Move a path, also to another file system.',
    examples: ["tsalt '*' file.move /path/to/src /path/to/dst"],
    args: { src, dst, disallow_copy_and_unlink: { type: 'boolean', default: false, doc: 'fail rather than copy between file systems' } },
    changes: true,
    async run(_ctx, args): Promise<Returnable> {
      const from = await absolute(args.src, 'Source path must be absolute.');
      const to = await absolute(args.dst, 'Destination path must be absolute.');
      if (args.disallow_copy_and_unlink) {
        await failing(
          () => `Could not rename '${from}' to '${to}'`,
          () => rename(from, to),
        );
        return true;
      }
      await failing(
        (why) => `Unable to move '${from}' to '${to}': ${why.replace(/ -> '.*'$/s, '')}`,
        () => movePath(from, to),
      );
      return { result: true, comment: `'${from}' moved to '${to}'` };
    },
  }),
  copy: call({
    doc: 'Copy a file, or with `recurse` a directory.',
    examples: ["tsalt '*' file.copy /path/to/src /path/to/dst recurse=True"],
    args: {
      src,
      dst,
      recurse: { type: 'boolean', default: false, doc: 'copy directories' },
      remove_existing: { type: 'boolean', default: false, doc: 'remove what the target directory held' },
    },
    changes: true,
    run: (_ctx, args) => copyPath(args.src, args.dst, args.recurse, args.remove_existing),
  }),
};
