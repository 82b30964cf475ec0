import { stat } from 'node:fs/promises';
import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { expandUser, lexists } from './paths.ts';
import { settle } from './permissions.ts';
import { makeAbove } from './tree.ts';
import { modeBits, textOf } from './words.ts';

const name = { type: 'string', required: true, doc: 'the path' } as const;
const NUMBERS = {
  major: { type: 'number', required: true, doc: 'the number of the driver' },
  minor: { type: 'number', required: true, doc: 'the number of the device' },
} as const;
const OWNED = { user: { type: 'any', doc: 'the owner' }, group: { type: 'any', doc: 'the group' } } as const;
const mode = { type: 'any', default: '0660', doc: 'the mode, in octal' } as const;

interface Node {
  readonly type: 'c' | 'b' | 'p';
  readonly numbers: readonly number[];
  readonly user?: Returnable | undefined;
  readonly group?: Returnable | undefined;
  readonly mode: Returnable;
}
const WORDS = { c: 'Character device', b: 'Block device', p: 'Fifo pipe' } as const;

/** Makes a node of the file system by the program mknod, which Node has no call for. */
const makeNode = async (ctx: Ctx, given: string, node: Node): Promise<Returnable> => {
  const place = await expandUser(given);
  const changes = { new: `${WORDS[node.type]} ${place} created.` };
  if (ctx.testing) return { name: place, changes, comment: '', result: null };
  const before = await lexists(place);
  if (!before) {
    const octal = modeBits(node.mode).toString(8);
    const { code, stderr } = await ctx.spawn(['mknod', '-m', octal, place, node.type, ...node.numbers.map(String)]);
    if (code !== 0) throw new Error(stderr.toString('utf8').trim());
  }
  await settle(ctx, place, node);
  if (before) return { name: place, changes: {}, comment: `File ${place} exists and cannot be overwritten`, result: false };
  return { name: place, changes, comment: '', result: true };
};

const numbersOf = async (given: string): Promise<readonly [number, number]> => {
  const status = await stat(await expandUser(given)).catch(() => undefined);
  if (status === undefined || !(status.isCharacterDevice() || status.isBlockDevice())) return [0, 0];
  const device = BigInt(status.rdev);
  // As glibc packs them: twelve bits of the major number stand between two parts of the minor one.
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return [Number(major), Number(minor)];
};

export const devices = {
  get_devmm: call({
    doc: 'The major and the minor number of a device; zeros for what is none.',
    examples: ["tsalt '*' file.get_devmm /dev/chr"],
    args: { name },
    changes: false,
    run: (_ctx, args) => numbersOf(args.name),
  }),
  mknod_chrdev: call({
    doc: 'Make a character device.',
    examples: ["tsalt '*' file.mknod_chrdev /dev/chr 180 31"],
    args: { name, ...NUMBERS, ...OWNED, mode },
    changes: true,
    run: (ctx, { name: place, major, minor, ...owned }) => makeNode(ctx, place, { type: 'c', numbers: [major, minor], ...owned }),
  }),
  mknod_blkdev: call({
    doc: 'Make a block device.',
    examples: ["tsalt '*' file.mknod_blkdev /dev/blk 8 999"],
    args: { name, ...NUMBERS, ...OWNED, mode },
    changes: true,
    run: (ctx, { name: place, major, minor, ...owned }) => makeNode(ctx, place, { type: 'b', numbers: [major, minor], ...owned }),
  }),
  mknod_fifo: call({
    doc: 'Make a named pipe.',
    examples: ["tsalt '*' file.mknod_fifo /dev/fifo"],
    args: { name, ...OWNED, mode },
    changes: true,
    run: (ctx, { name: place, ...owned }) => makeNode(ctx, place, { type: 'p', numbers: [], ...owned }),
  }),
  mknod: call({
    doc: 'Make a device or a named pipe, and the directories above it.',
    examples: ["tsalt '*' file.mknod /dev/chr c 180 31", "tsalt '*' file.mknod /dev/fifo p"],
    args: {
      name,
      ntype: { type: 'any', required: true, doc: 'c, b or p' },
      major: { type: 'number', default: 0, doc: 'the number of the driver' },
      minor: { type: 'number', default: 0, doc: 'the number of the device' },
      ...OWNED,
      mode: { type: 'any', default: '0600', doc: 'the mode, in octal' },
    },
    changes: true,
    async run(ctx, { name: place, ntype, major, minor, ...owned }) {
      await makeAbove(ctx, place, { user: owned.user, group: owned.group });
      const type = textOf(ntype);
      if (type === 'p') return makeNode(ctx, place, { type, numbers: [], ...owned });
      if (type === 'c' || type === 'b') return makeNode(ctx, place, { type, numbers: [major, minor], ...owned });
      throw new CallRefused(`Node type unavailable: '${type}'. Available node types are character ('c'), block ('b'), and pipe ('p').`);
    },
  }),
};
