import { type ArgTable, CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';

const DEVICE = { type: 'string', required: true, doc: 'the device' } as const;

/** What `blockdev` tells of a device, in the order in which it is asked. */
const ATTRIBUTES = ['ro', 'sz', 'ss', 'pbsz', 'iomin', 'ioopt', 'alignoff', 'maxsect', 'size', 'size64', 'ra', 'fra'].map(
  (name) => `get${name}`,
);
/** Attributes that can be set, with the switch of `blockdev`. */
const SWITCHES: Readonly<Record<string, string>> = {
  'read-ahead': 'ra',
  'filesystem-read-ahead': 'fra',
  'read-only': 'ro',
  'read-write': 'rw',
};

/** A device is no option of the program it is handed to. */
function checked(device: string, fun: string): string {
  if (device === '' || device.startsWith('-')) throw new CommandFailed(`disk.${fun}: '${device}' is not a device`);
  return device;
}

async function dump(ctx: Ctx, device: string, wanted: readonly Returnable[] | undefined): Promise<Returnable> {
  const { code, stdout } = await ctx.spawn(['blockdev', ...ATTRIBUTES.map((name) => `--${name}`), checked(device, 'dump')]);
  if (code !== 0) {
    ctx.retcode(code);
    return false;
  }
  const lines = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const all = Object.fromEntries(lines.map((line, index) => [ATTRIBUTES[index] ?? '', line]));
  if (wanted === undefined || wanted.length === 0) return all;
  return Object.fromEntries(wanted.map((name) => [String(name), all[String(name)] ?? null]));
}

const isTrue = (value: Returnable): boolean => value === true || value === 'True';

async function tune(ctx: Ctx, device: string): Promise<Returnable> {
  const given = Object.entries(ctx.extra).filter(([key]) => !key.startsWith('__'));
  const odd = given.filter(
    ([key, value]) => SWITCHES[key] === undefined || (key.startsWith('read-') && key !== 'read-ahead' && !isTrue(value)),
  );
  if (odd.length > 0) {
    const shown = odd.map(([key, value]) => `${key}=${value === true ? 'True' : value === false ? 'False' : String(value)}`);
    throw new CallRefused(`Invalid keyword arguments: ${shown.join(', ')}`);
  }
  const options = given.flatMap(([key, value]) =>
    key === 'read-only' || key === 'read-write' ? [`--set${SWITCHES[key]}`] : [`--set${SWITCHES[key]}`, String(value)],
  );
  const { code, stderr } = await ctx.spawn(['blockdev', ...options, checked(device, 'tune')]);
  if (code !== 0) throw new CommandFailed(stderr.toString('utf8').trimEnd());
  return await dump(
    ctx,
    device,
    given.map(([key]) => (key === 'read-write' ? 'getro' : `get${SWITCHES[key]}`)),
  );
}

const FORMAT = {
  device: DEVICE,
  fs_type: { type: 'string', default: 'ext4', doc: 'the type of the file system' },
  inode_size: { type: 'any', doc: 'the size of inodes, for ext and xfs' },
  lazy_itable_init: { type: 'any', doc: 'whether tables of inodes are initialised later, for ext' },
  fat: { type: 'any', doc: 'size of the table for fat: 12, 16 or 32' },
  force: { type: 'boolean', default: false, doc: 'also if it is no partition, or holds a file system (ext, xfs)' },
} as const satisfies ArgTable;

/** The options of `mkfs`, of those the type of file system takes. */
function mkfsOptions({ fs_type, inode_size, lazy_itable_init, fat, force }: FormatArgs): string[] {
  const [ext, xfs] = [fs_type.startsWith('ext'), fs_type === 'xfs'];
  const given = (value: Returnable | undefined): boolean => value !== undefined && value !== null;
  return [
    ...(given(inode_size) && ext ? ['-i', String(inode_size)] : []),
    ...(given(inode_size) && xfs ? ['-i', `size=${String(inode_size)}`] : []),
    ...(given(lazy_itable_init) && ext ? ['-E', `lazy_itable_init=${String(lazy_itable_init)}`] : []),
    ...(fs_type.endsWith('fat') && [12, 16, 32].includes(Number(fat)) ? ['-F', String(fat)] : []),
    ...(force && ext ? ['-F'] : []),
    ...(force && xfs ? ['-f'] : []),
  ];
}
interface FormatArgs {
  readonly fs_type: string;
  readonly inode_size: Returnable | undefined;
  readonly lazy_itable_init: Returnable | undefined;
  readonly fat: Returnable | undefined;
  readonly force: boolean;
}

const succeeds = async (ctx: Ctx, argv: readonly string[]): Promise<boolean> => (await ctx.spawn(argv)).code === 0;

/** What is done to block devices. */
export const deviceCalls = {
  dump: call({
    doc: 'Attributes of a block device, by the names of the switches of blockdev(8); false when it is none.',
    examples: ["tsalt '*' disk.dump /dev/sda1"],
    args: { device: DEVICE, args: { type: 'list', doc: 'only these: `getro`, `getra`' } },
    changes: false,
    run: (ctx, { device, args }) => dump(ctx, device, args),
  }),
  tune: call({
    doc: 'Set attributes of a block device.',
    examples: ["tsalt '*' disk.tune /dev/sda1 read-ahead=1024 read-write=True"],
    args: { device: DEVICE },
    extra: 'read-ahead, filesystem-read-ahead; read-only or read-write, which may only be True',
    changes: true,
    run: (ctx, { device }) => tune(ctx, device),
  }),
  wipe: call({
    doc: 'Remove the signatures of file systems from a device.',
    examples: ["tsalt '*' disk.wipe /dev/sda1"],
    args: { device: DEVICE },
    changes: true,
    async run(ctx, { device }) {
      const { code, stderr } = await ctx.spawn(['wipefs', '-a', checked(device, 'wipe')]);
      if (code === 0) return true;
      ctx.retcode(code);
      ctx.log.error(`Error wiping device ${device}: ${stderr}`.trimEnd());
      return false;
    },
  }),
  resize2fs: call({
    doc: 'Let an ext file system fill its device.',
    examples: ["tsalt '*' disk.resize2fs /dev/sda1"],
    args: { device: DEVICE },
    changes: true,
    async run(ctx, { device }) {
      const { code } = await ctx.spawn(['resize2fs', checked(device, 'resize2fs')]);
      if (code === 0) return true;
      ctx.retcode(code);
      return null;
    },
  }),
  format: call({
    doc: 'Make a file system on a device.',
    examples: ["tsalt '*' disk.format /dev/sdX1", "tsalt '*' disk.format /dev/sdX1 fs_type=xfs force=True"],
    args: FORMAT,
    changes: true,
    async run(ctx, args) {
      const { device, fs_type } = args;
      const made = await succeeds(ctx, ['mkfs', '-t', fs_type, ...mkfsOptions(args), checked(device, 'format')]);
      return (await succeeds(ctx, ['sync'])) && made;
    },
  }),
};
