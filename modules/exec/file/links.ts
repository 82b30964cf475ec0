import { randomBytes } from 'node:crypto';
import { link, readlink, realpath, rename, symlink, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { CallRefused, CommandFailed, call } from '../../define.ts';
import { absolute, exists, expandUser, failing, isLink, lexists } from './paths.ts';

const path = { type: 'string', required: true, doc: 'the path' } as const;
const src = { type: 'string', required: true, doc: 'what' } as const;

/** Makes a link under another name first and then puts it in place, so that the path is never missing. */
const linkAtomically = async (target: string, place: string): Promise<void> => {
  const temporary = join(dirname(place), `.${randomBytes(6).toString('hex')}`);
  await symlink(target, temporary);
  await rename(temporary, place).catch(async (failure: unknown) => {
    await unlink(temporary);
    throw failure;
  });
};

const makeLink = async (
  target: string,
  place: string,
  { force, atomic, follow }: { force: boolean; atomic: boolean; follow: boolean },
): Promise<true> => {
  const link = await isLink(place);
  if (link && normalize(await readlink(place)) === normalize(target)) return true;
  if (!force && !atomic) {
    if (link) throw new CommandFailed(`Found existing symlink: ${place}`);
    if (await (follow ? exists(place) : lexists(place))) throw new CommandFailed(`Existing path is not a symlink: ${place}`);
  }
  await failing(
    () => `Could not create '${place}'`,
    async () => {
      if (atomic) return linkAtomically(target, place);
      if (await lexists(place)) await unlink(place);
      await symlink(target, place);
    },
  );
  return true;
};

/** Symbolic links and second names. */
export const links = {
  symlink: call({
    doc: 'Make a symbolic link.',
    examples: ["tsalt '*' file.symlink /path/to/file /path/to/link"],
    args: {
      src,
      path,
      force: { type: 'boolean', default: false, doc: 'replace what is there' },
      atomic: { type: 'boolean', default: false, doc: 'replace what is there in one step' },
      follow_symlinks: { type: 'boolean', default: true, doc: 'a link that points nowhere does not count as there' },
    },
    changes: true,
    async run(_ctx, args) {
      const place = await expandUser(args.path);
      if (!isAbsolute(place)) throw new CallRefused(`Link path must be absolute: ${place}`);
      return makeLink(args.src, place, { force: args.force, atomic: args.atomic, follow: args.follow_symlinks });
    },
  }),
  link: call({
    doc: 'Give a file a second name.',
    examples: ["tsalt '*' file.link /path/to/file /path/to/link"],
    args: { src, path },
    changes: true,
    async run(_ctx, args) {
      const from = await absolute(args.src);
      await failing(
        (why) => `Could not create '${args.path}': ${why}`,
        () => link(from, args.path),
      );
      return true;
    },
  }),
  readlink: call({
    doc: 'Where a symbolic link points.',
    examples: ["tsalt '*' file.readlink /path/to/link"],
    args: { path, canonicalize: { type: 'boolean', default: false, doc: 'follow all links, to an absolute path' } },
    changes: false,
    async run(_ctx, args) {
      const place = await expandUser(args.path);
      if (!isAbsolute(place)) throw new CallRefused(`Path to link must be absolute: ${place}`);
      if (!(await isLink(place))) throw new CallRefused(`A valid link was not specified: ${place}`);
      return failing(
        (why) => why,
        () => (args.canonicalize ? realpath(place) : readlink(place)),
      );
    },
  }),
};
