import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { bare, CONFIG } from './args.ts';

const NAME = { type: 'string', required: true, doc: 'the device' } as const;
const PLACE = { type: 'string', required: true, doc: 'the mount point' } as const;
const MOUNT_BY = { type: 'string', doc: 'what the device is written as: `device`, `label`, `uuid`, `partlabel`, `partuuid`' } as const;
const ARGS = {
  name: NAME,
  fs_file: PLACE,
  fs_vfstype: { type: 'string', required: true, doc: 'the type of the file system' },
  fs_mntops: { type: 'any', default: 'defaults', doc: 'options: a list, or words with commas between' },
  fs_freq: { type: 'any', default: 0, doc: 'whether dump(8) takes it' },
  fs_passno: { type: 'any', default: 0, doc: 'when fsck(8) takes it' },
  mount_by: MOUNT_BY,
  config: CONFIG,
  mount: { type: 'boolean', default: true, doc: 'mount it when it is new' },
  match_on: { type: 'any', default: 'auto', doc: 'what tells lines apart: `device`, `name`, ... or a list' },
  not_change: { type: 'boolean', default: false, doc: 'leave a line that is there as it is' },
  fs_mount: { type: 'boolean', default: true, doc: 'not used on this system' },
} as const;
type Args = ArgsOf<typeof ARGS>;

/** A device as `mount_by` wants it written; undefined if it is not to be found, or not one. */
async function written(ctx: StateCtx, device: string, by: string | undefined): Promise<string | undefined> {
  const word = by?.toUpperCase() ?? '';
  if (!by || (by === 'device' && device.startsWith('/')) || device.startsWith(`${word}=`)) return device;
  const found = (await ctx.call('disk.blkid', [], device.startsWith('/') ? { device } : { token: device })) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  const [only, ...others] = Object.entries(found);
  if (only === undefined || others.length > 0) return undefined;
  if (by === 'device') return only[0];
  const value = only[1][word];
  if (value === undefined) throw new Error(`${device} has no ${word}`);
  return `${word}=${value}`;
}

const put = async (ctx: StateCtx, args: Args, place: string, device: string, test: boolean): Promise<string> =>
  shown(
    await ctx.call('mount.set_fstab', [], {
      name: place,
      device,
      fstype: args.fs_vfstype,
      opts: args.fs_mntops,
      dump: args.fs_freq,
      pass_num: args.fs_passno,
      config: args.config,
      match_on: args.match_on,
      not_change: args.not_change,
      ...(test ? { test } : {}),
    }),
  );

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const place = bare(args.fs_file);
  const device = await written(ctx, args.name, args.mount_by);
  if (!device) return failed(`Device ${args.name} cannot be converted to ${args.mount_by ?? 'None'}`);
  if (ctx.testing) return foretold(args, place, await put(ctx, args, place, device, true));
  return plan('', async () => await told(ctx, args, place, await put(ctx, args, place, device, false)));
}

function foretold({ name, config, mount }: Args, place: string, came: string): Outcome {
  if (came === 'present') return inOrder(`${place} entry is already in ${config}.`);
  const will = came === 'new' ? `${place} entry will be written in ${config}.` : `${place} entry will be updated in ${config}.`;
  return { result: null, comment: came === 'new' && mount ? `${will}\nWill mount ${name} on ${place}` : will, changes: {} };
}

async function told(ctx: StateCtx, { name, config, mount }: Args, place: string, came: string): Promise<Outcome> {
  if (came === 'present') return inOrder(`${place} entry was already in ${config}.`);
  const changes = { persist: came };
  if (came === 'change') return inOrder(`${place} entry updated in ${config}.`, changes);
  const added = `${place} entry added in ${config}.`;
  if (!mount) return inOrder(added, changes);
  const ended: Returnable = await ctx.call('mount.mount', [place]);
  if (typeof ended !== 'string') return inOrder(`${added}\nMounted ${name} on ${place}`, changes);
  return failed(`${added}\nError while mounting ${ended.slice(ended.indexOf(':') + 1)}`, changes);
}

export const fstab_present = state({
  doc: 'A line of fstab.',
  examples: ['/dev/sdb1:\n  mount.fstab_present:\n    - fs_file: /home\n    - fs_vfstype: ext4'],
  args: ARGS,
  check: present,
});

export const fstab_absent = state({
  doc: 'A line that is not in fstab.',
  args: { name: NAME, fs_file: PLACE, mount_by: MOUNT_BY, config: CONFIG },
  check: async (ctx, { name, fs_file, mount_by, config }) => {
    const place = bare(fs_file);
    const device = await written(ctx, name, mount_by);
    const isThere = place in ((await ctx.call('mount.fstab', [config])) as Readonly<Record<string, Returnable>>);
    const missing = `${place} entry is already missing in ${config}.`;
    if (!isThere) return { predicted: { comment: missing, changes: {} }, apply: async () => inOrder(missing) };
    return plan(`${place} entry will be removed from ${config}.`, async () => {
      const isGone = (await ctx.call('mount.rm_fstab', [], { name: place, device: device ?? null, config })) === true;
      return isGone
        ? inOrder(`${place} entry removed from ${config}.`, { persist: 'removed' })
        : failed(`${place} entry failed when removing from ${config}.`);
    });
  },
});
