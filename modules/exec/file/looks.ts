import { constants } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { CallRefused, call, type Returnable } from '../../define.ts';
import { absolute, expandUser, failing, globPaths, isDirectory, isFile, isLink, may, walk } from './paths.ts';
import { textOf } from './words.ts';

const path = { type: 'string', required: true, doc: 'the path' } as const;

const sizeOf = async (place: string): Promise<number> => {
  if (await isFile(place)) return (await stat(place)).size;
  const seen = new Set<number>();
  let total = 0;
  for await (const { path: below, entry } of walk(place)) {
    if (entry.isDirectory()) continue;
    const status = await stat(below).catch(() => undefined);
    if (status === undefined || status.isDirectory() || seen.has(status.ino)) continue;
    seen.add(status.ino);
    total += status.size;
  }
  return total;
};

const MODES: Readonly<Record<string, number>> = { f: constants.F_OK, r: constants.R_OK, w: constants.W_OK, x: constants.X_OK };
const asks = (name: string, doc: string, answer: (place: string) => Promise<boolean>, argument = 'path') =>
  call({
    doc,
    examples: [`tsalt '*' file.${name} /path/to/it`],
    args: { [argument]: path },
    changes: false,
    run: async (_ctx, args) => answer(await expandUser(args[argument] ?? '')),
  });

/** What is there, and of what kind. */
export const looks = {
  file_exists: asks('file_exists', 'Whether there is a file of that path.', isFile),
  directory_exists: asks('directory_exists', 'Whether there is a directory of that path.', isDirectory),
  path_exists_glob: asks('path_exists_glob', 'Whether a glob names anything.', async (glob) => (await globPaths(glob)).length > 0),
  is_link: call({
    doc: 'Whether the path is a symbolic link.',
    examples: ["tsalt '*' file.is_link /path/to/link"],
    args: { path, nostat: { type: 'boolean', default: false, doc: 'accepted for compatibility' } },
    changes: false,
    run: async (_ctx, args) => isLink(await expandUser(args.path)),
  }),
  is_hardlink: call({
    doc: 'Whether the file has more than one name; an empty map if it is not there.',
    examples: ["tsalt '*' file.is_hardlink /path/to/it"],
    args: { path },
    changes: false,
    async run(_ctx, args): Promise<Returnable> {
      const status = await lstat(await expandUser(args.path)).catch(() => undefined);
      return status === undefined ? {} : status.nlink > 1;
    },
  }),
  is_chrdev: asks(
    'is_chrdev',
    'Whether the path is a character device.',
    async (place) => (await stat(place).catch(() => undefined))?.isCharacterDevice() ?? false,
    'name',
  ),
  is_blkdev: asks(
    'is_blkdev',
    'Whether the path is a block device.',
    async (place) => (await stat(place).catch(() => undefined))?.isBlockDevice() ?? false,
    'name',
  ),
  is_fifo: asks(
    'is_fifo',
    'Whether the path is a named pipe.',
    async (place) => (await stat(place).catch(() => undefined))?.isFIFO() ?? false,
    'name',
  ),
  access: call({
    doc: 'Whether the minion may use a path in a way.',
    examples: ["tsalt '*' file.access /path/to/file r"],
    args: { path, mode: { type: 'any', required: true, doc: 'f: it is there, r, w, x' } },
    changes: false,
    async run(_ctx, args) {
      const place = await absolute(args.path, 'Path to link must be absolute.');
      const mode = typeof args.mode === 'number' && Object.values(MODES).includes(args.mode) ? args.mode : MODES[textOf(args.mode)];
      if (mode === undefined) throw new CallRefused('Invalid mode specified.');
      return may(place, mode);
    },
  }),
  readdir: call({
    doc: 'The names in a directory, `.` and `..` included.',
    examples: ["tsalt '*' file.readdir /path/to/dir/"],
    args: { path },
    changes: false,
    async run(_ctx, args) {
      const place = await absolute(args.path, 'Dir path must be absolute.');
      if (!(await isDirectory(place))) throw new CallRefused(`A valid directory was not specified: ${place}`);
      return failing(
        (why) => why,
        async () => ['.', '..', ...(await readdir(place))],
      );
    },
  }),
  diskusage: call({
    doc: 'Bytes in a file, or in all files below a directory.',
    examples: ["tsalt '*' file.diskusage /path/to/check"],
    args: { path },
    changes: false,
    run: (_ctx, args) => sizeOf(args.path),
  }),
};
