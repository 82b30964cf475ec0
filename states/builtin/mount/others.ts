import { basename } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { plan, undecided } from '../machine/words.ts';
import { listed } from './args.ts';

type Table = Readonly<Record<string, Readonly<Record<string, Returnable>>>>;
const fstabOf = async (ctx: StateCtx, config: string): Promise<Table> => (await ctx.call('mount.fstab', [config])) as unknown as Table;

export interface UnmountedArgs {
  readonly name: string;
  readonly device: string | undefined;
  readonly config: string;
  readonly persist: boolean;
  readonly user: string | undefined;
}

/** The verdict on a file system that is not to be mounted. */
export async function unmounted(ctx: StateCtx, args: UnmountedArgs): Promise<Verdict> {
  const { name } = args;
  if (name === '') return failed('Must provide name to mount.unmounted');
  if (listed(name) in ((await ctx.call('mount.active', [], { extended: true })) as unknown as Table))
    return plan(`Mount point ${name} is mounted but should not be`, async () => await forget(ctx, args, await unmount(ctx, args)));
  const already = inOrder('Target was already unmounted');
  return ctx.testing ? await forget(ctx, args, already) : plan('', () => forget(ctx, args, already));
}

async function unmount(ctx: StateCtx, { name, device, user }: UnmountedArgs): Promise<Outcome> {
  const came = await ctx.call('mount.umount', device ? [name, device] : [name], { user: user ?? null });
  await ctx.call('mount.delete_mount_cache', [name]);
  if (typeof came === 'string') return failed(came);
  return came === true
    ? inOrder('Target was successfully unmounted', { umount: true })
    : inOrder('Execute set to False, Target was not unmounted');
}

/** Takes the mount from fstab, if it is to stay unmounted. */
async function forget(ctx: StateCtx, { name, device, config, persist }: UnmountedArgs, so: Outcome): Promise<Outcome> {
  if (!persist) return so;
  const line = (await fstabOf(ctx, config))[name];
  if (line === undefined) return { ...so, comment: `${so.comment}. fstab entry not found` };
  if (device && line['device'] !== device) return { ...so, comment: `${so.comment}. fstab entry for device ${device} not found` };
  if (ctx.testing) return undecided(`Mount point ${name} is unmounted but needs to be purged from ${config} to be made persistent`);
  if ((await ctx.call('mount.rm_fstab', [name, device ?? null, config])) !== true)
    return { ...so, result: false, comment: `${so.comment}. Failed to persist purge` };
  return { ...so, comment: `${so.comment}. Removed target from fstab`, changes: { ...so.changes, persist: 'purged' } };
}

/** The verdict on a swap that is to be active. */
export async function swap(ctx: StateCtx, name: string, persist: boolean, config: string): Promise<Verdict> {
  const device = await swapDevice(ctx, name);
  const before = (await ctx.call('mount.swaps')) as unknown as Table;
  const already = device in before ? inOrder(`Swap ${name} already active`) : undefined;
  if (ctx.testing) {
    const so = already ?? undecided(`Swap ${name} is set to be activated`);
    if (!persist) return so;
    const lines = await fstabOf(ctx, config);
    if (name in lines || Object.values(lines).some((line) => line['device'] === name)) return so;
    return undecided(name in before ? `Swap ${name} is set to be added to the fstab and to be activated` : so.comment);
  }
  return plan('', async () => {
    const so = already ?? (await activate(ctx, name, device));
    return persist ? await keep(ctx, name, config, so) : so;
  });
}

async function swapDevice(ctx: StateCtx, name: string): Promise<string> {
  if (!(await ctx.call('file.is_link', [name]))) return name;
  const target = String(await ctx.call('file.readlink', [name]));
  return target.startsWith('/') ? target : `/dev/${basename(target)}`;
}

async function activate(ctx: StateCtx, name: string, device: string): Promise<Outcome> {
  await ctx.call('mount.swapon', [device]);
  const now = ((await ctx.call('mount.swaps')) as unknown as Table)[device];
  return now === undefined ? failed(`Swap ${name} failed to activate`) : inOrder(`Swap ${name} activated`, now);
}

async function keep(ctx: StateCtx, name: string, config: string, so: Outcome): Promise<Outcome> {
  const none = (await fstabOf(ctx, config))['none'];
  if (none !== undefined && none['device'] === name && none['fstype'] !== 'swap') return so;
  const came = await ctx.call('mount.set_fstab', ['none', name, 'swap', ['defaults'], 0, 0, config]);
  if (came === 'present') return so;
  const [word, told] = came === 'new' ? ['new', 'Added new entry to the fstab'] : ['update', 'Updated the entry in the fstab'];
  return { ...so, comment: `${so.comment}. ${told}.`, changes: { ...so.changes, persist: word } };
}
