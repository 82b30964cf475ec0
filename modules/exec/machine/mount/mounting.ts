import { existsSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { execute, output, wordsOf } from '../commands.ts';
import { mounts } from './active.ts';

const name = { type: 'string', required: true, doc: 'the mount point' } as const;
const user = { type: 'string', doc: 'the user to do it as' } as const;
const how = {
  mkmnt: { type: 'boolean', default: false, doc: 'make the mount point' },
  fstype: { type: 'string', default: '', doc: 'the type of the file system' },
  opts: { type: 'any', default: 'defaults', doc: 'options: a list, or words with commas between' },
  user,
} as const;

interface Wanted {
  readonly name: string;
  readonly device: Returnable;
  readonly mkmnt: boolean;
  readonly fstype: string;
  readonly opts: Returnable;
  readonly user: string | undefined;
}

const asUser = (user: string | undefined): Record<string, Returnable> => (user === undefined ? {} : { runas: user });

/** True, or what mount(8) complained of. */
async function run(ctx: Ctx, argv: readonly string[], user: string | undefined): Promise<true | string> {
  const { retcode, stderr } = await execute(ctx, argv, asUser(user));
  return retcode === 0 || stderr;
}

async function mount(ctx: Ctx, wanted: Wanted): Promise<true | string> {
  if (wanted.mkmnt && !existsSync(wanted.name))
    await ctx.call('file.mkdir', [wanted.name], wanted.user === undefined ? {} : { user: wanted.user });
  return run(ctx, ['mount', ...(wanted.device ? [...optionsOf(wanted, []), String(wanted.device)] : []), wanted.name], wanted.user);
}

const optionsOf = ({ opts, fstype }: Wanted, more: readonly string[]): string[] => {
  const options = opts === null ? [] : [...wordsOf(opts), ...more];
  return [...(opts === null && more.length === 0 ? [] : ['-o', options.join(',')]), ...(fstype === '' ? [] : ['-t', fstype])];
};

/** Images of machines are mounted by modules of their own. */
const refuseUtil = (util: string): void => {
  if (util === 'guestfs' || util === 'qemu_nbd') throw new CommandFailed(`mount: util=${util} needs the module ${util}, which is not here`);
};
const util = { type: 'string', default: 'mount', doc: '`mount`; guestfs and qemu_nbd are not served' } as const;

async function mountOf(path: string): Promise<string> {
  let place = await realpath(path).catch(() => path);
  while (place !== '/' && !isMountPoint(place)) place = dirname(place);
  return place;
}

/** A directory on another device than its parent's. */
const isMountPoint = (path: string): boolean => {
  const [here, above] = [statSync(path, { throwIfNoEntry: false }), statSync(dirname(path), { throwIfNoEntry: false })];
  return here !== undefined && above !== undefined && (here.dev !== above.dev || here.ino === above.ino);
};

const path = { type: 'string', required: true, doc: 'the path' } as const;

export const mounting = {
  mount: call({
    doc: 'Mount a device: True, or what mount complained of.',
    examples: ["tsalt '*' mount.mount /mnt/foo /dev/sdz1 True"],
    args: { name, device: { type: 'any', default: false, doc: 'the device; without it, as fstab says' }, ...how, util },
    changes: true,
    run(ctx, args): Promise<true | string> | boolean {
      refuseUtil(args.util);
      return args.util === 'mount' && mount(ctx, args);
    },
  }),
  remount: call({
    doc: 'Mount again with other options, or mount if it is not mounted: True, or what mount complained of.',
    examples: ["tsalt '*' mount.remount /mnt/foo /dev/sdz1 True"],
    args: { name, device: { type: 'string', required: true, doc: 'the device' }, ...how },
    changes: true,
    async run(ctx, args) {
      if (!Object.hasOwn(await mounts(ctx), args.name)) return mount(ctx, args);
      const more = wordsOf(args.opts).includes('remount') ? [] : ['remount'];
      return run(ctx, ['mount', ...optionsOf(args, more), args.device, args.name], args.user);
    },
  }),
  umount: call({
    doc: 'Unmount: True, or what umount complained of.',
    examples: ["tsalt '*' mount.umount /mnt/foo", "tsalt '*' mount.umount /mnt/foo /dev/xvdc1"],
    args: {
      name,
      device: { type: 'string', doc: 'unmount by the device' },
      user,
      util,
      lazy: { type: 'boolean', default: false, doc: 'take it out of sight now, let go when nobody uses it' },
    },
    changes: true,
    async run(ctx, args) {
      refuseUtil(args.util);
      if (!Object.hasOwn(await mounts(ctx), args.name)) return `${args.name} does not have anything mounted`;
      return run(ctx, ['umount', ...(args.lazy ? ['-l'] : []), args.device || args.name], args.user);
    },
  }),
  is_fuse_exec: call({
    doc: 'Whether a program is made with the library of FUSE.',
    examples: ["tsalt '*' mount.is_fuse_exec sshfs"],
    args: { cmd: { type: 'string', required: true, doc: 'the program' } },
    changes: false,
    async run(ctx, args) {
      const path = ctx.host.which(args.cmd);
      return path !== undefined && (await output(ctx, ['ldd', path])).includes('libfuse');
    },
  }),
  get_mount_from_path: call({
    doc: 'The mount point that a path is below.',
    examples: ["tsalt '*' mount.get_mount_from_path /opt/some/nested/path"],
    args: { path },
    changes: false,
    run: (_ctx, args) => mountOf(args.path),
  }),
  get_device_from_path: call({
    doc: 'The device that a path is on.',
    examples: ["tsalt '*' mount.get_device_from_path /"],
    args: { path },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const place = await mountOf(args.path);
      return (await mounts(ctx))[place]?.['device'] ?? null;
    },
  }),
};
