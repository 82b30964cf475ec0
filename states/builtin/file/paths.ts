import { mkdir, readlink } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { failed, inOrder, state } from '../../define.ts';
import { applyOwnership, lstatOf, modeText, OWNERSHIP_ARGS, ownershipChanges, statOf } from './ownership.ts';

const NAME = { type: 'string', required: true, doc: 'the path' } as const;
const MAKEDIRS = { type: 'boolean', default: false, doc: 'make the directories above it' } as const;

export const absent = state({
  doc: 'Nothing is at that path.',
  args: { name: NAME },
  extra: 'anything',
  check: async (ctx, { name }) => {
    if (name === '') return failed('Must provide name to file.absent');
    if (!isAbsolute(name)) return failed(`Specified file ${name} is not an absolute path`);
    if (name === '/') return failed('Refusing to make "/" absent');
    const found = await lstatOf(name);
    if (found === undefined) return inOrder(`File ${name} is not present`);
    const what = found.isDirectory() ? 'directory' : 'file';
    const removed = found.isDirectory() ? 'Removed directory' : 'Removed file';
    return {
      predicted: { comment: `${what === 'file' ? 'File' : 'Directory'} ${name} is set for removal`, changes: { removed: name } },
      apply: async () => {
        await ctx.call('file.remove', [name]);
        return inOrder(`${removed} ${name}`, { removed: name });
      },
    };
  },
});

export const directory = state({
  doc: 'A directory, with its owner and mode.',
  args: { name: NAME, ...OWNERSHIP_ARGS, dir_mode: { type: 'any', doc: 'the mode of the directory' }, makedirs: MAKEDIRS },
  extra: 'anything',
  check: async (ctx, args) => {
    const { name } = args;
    if (!isAbsolute(name)) return failed(`Specified file ${name} is not an absolute path`);
    const found = await statOf(name);
    if (found !== undefined && !found.isDirectory()) return failed(`Specified location ${name} exists and is a file`);
    const wanted = { user: args.user, group: args.group, mode: modeText(args.dir_mode ?? args.mode) };
    const owned = await ownershipChanges(ctx, name, wanted);
    if (found !== undefined && Object.keys(owned).length === 0) return inOrder(`The directory ${name} is in the correct state`);
    const made = found === undefined ? { [name]: { directory: 'new' } } : { [name]: owned };
    return {
      predicted: {
        comment: `The following files will be changed:\n${name}: ${
          found === undefined
            ? 'directory - new'
            : Object.entries(owned)
                .map((one) => one.join(' - '))
                .join('\n')
        }\n`,
        changes: made,
      },
      apply: async () => {
        if (found !== undefined) {
          await applyOwnership(ctx, name, owned);
          return inOrder(`Directory ${name} updated`, owned);
        }
        if ((await statOf(dirname(name))) === undefined && !args.makedirs) return failed(`No directory to create ${name} in`, made);
        await mkdir(name, { recursive: true });
        await applyOwnership(ctx, name, await ownershipChanges(ctx, name, wanted));
        return inOrder('', made);
      },
    };
  },
});

export const symlink = state({
  doc: 'A symbolic link to a target.',
  args: {
    name: NAME,
    target: { type: 'string', required: true, doc: 'where it leads' },
    force: { type: 'boolean', default: false, doc: 'replace what is there' },
    makedirs: MAKEDIRS,
  },
  extra: 'anything',
  check: async (ctx, { name, target, force, makedirs }) => {
    if (!isAbsolute(name)) return failed(`Specified file ${name} is not an absolute path`);
    const found = await lstatOf(name);
    if (found?.isSymbolicLink() === true && (await readlink(name)) === target)
      return inOrder(ctx.testing ? `The symlink ${name} is present` : `Symlink ${name} is present and owned by root:root`);
    if (found !== undefined && !found.isSymbolicLink() && !force) return failed(`File exists where the symlink ${name} should be`);
    return {
      predicted: { comment: `Symlink ${name} to ${target} is set for creation`, changes: { new: name } },
      apply: async () => {
        if (makedirs) await mkdir(dirname(name), { recursive: true });
        if (found !== undefined) await ctx.call('file.remove', [name]);
        await ctx.call('file.symlink', [target, name]);
        return inOrder(`Created new symlink ${name} -> ${target}`, { new: name });
      },
    };
  },
});

export const touch = state({
  doc: 'A file that is there, with its times set to now.',
  args: {
    name: NAME,
    atime: { type: 'number', doc: 'epoch seconds' },
    mtime: { type: 'number', doc: 'epoch seconds' },
    makedirs: MAKEDIRS,
  },
  check: async (ctx, { name, atime, mtime, makedirs }) => {
    if (!isAbsolute(name)) return failed(`Specified file ${name} is not an absolute path`);
    const there = (await statOf(name)) !== undefined;
    if (there && ctx.testing && atime === undefined && mtime === undefined)
      return inOrder(`File ${name} exists and has the correct times`, { new: name });
    return {
      predicted: {
        comment: there ? `File ${name} exists and has its times set to be updated` : `File ${name} is set to be created`,
        changes: there ? { touched: name } : { new: name },
      },
      apply: async () => {
        if (makedirs) await mkdir(dirname(name), { recursive: true });
        await ctx.call('file.touch', [name, atime ?? null, mtime ?? null]);
        return inOrder(there ? `Updated times on file ${name}` : `Created empty file ${name}`, there ? { touched: name } : { new: name });
      },
    };
  },
});
