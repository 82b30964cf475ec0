import { existsSync } from 'node:fs';
import { regexMatcher } from '../../../kernel/targeting/regex.ts';
import type { Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { type Active, bare, listed, type MountedArgs, type Mounts, realPath, wordsOf } from './args.ts';
import { type Device, deviceOf } from './device.ts';
import { differences } from './options.ts';

/** A mount that is wanted, with all that is known of it. */
interface Wanted {
  readonly args: MountedArgs;
  readonly name: string;
  /** The mount point without links, and as the kernel lists it. */
  readonly real: string;
  readonly point: string;
  readonly device: Device;
  readonly opts: readonly string[];
}

/** What is told of a mount while it is brought about. */
class Report {
  result: boolean | null = true;
  comment = '';
  readonly changes: Record<string, Returnable> = {};
  /** How it is mounted is to be remembered. */
  remember = false;

  get outcome(): Outcome {
    return { result: this.result, comment: this.comment, changes: this.changes };
  }

  /** Nothing more is to be done: how it ends. */
  end(result: boolean | null, comment: string): false {
    this.result = result;
    this.comment = comment;
    return false;
  }
}

const activeOf = async (ctx: StateCtx): Promise<Mounts> => (await ctx.call('mount.active', [], { extended: true })) as unknown as Mounts;

/** The verdict on a file system that is to be mounted. */
export async function mounted(ctx: StateCtx, args: MountedArgs): Promise<Verdict> {
  const missing = (['name', 'device', 'fstype'] as const).find((key) => args[key] === '');
  if (missing !== undefined) return failed(`Must provide ${missing} to mount.mounted`);
  return ctx.testing ? await settle(ctx, args) : plan('', () => settle(ctx, args));
}

async function settle(ctx: StateCtx, args: MountedArgs): Promise<Outcome> {
  const name = bare(args.name);
  const real = await realPath(name);
  const point = listed(real);
  const active = await activeOf(ctx);
  const written = wordsOf(args.opts);
  const device = await deviceOf(ctx, { device: args.device, opts: written, point, active });
  if (typeof device === 'string') return failed(device);
  const copies = args.bind_mount_copy_active_opts && device.opts.length > 0;
  const opts = copies ? [...new Set([...written, ...device.opts])].sort() : written;
  const report = new Report();
  const goesOn = await bring(ctx, { args, name, real, point, device, opts }, active, report);
  if (goesOn && args.persist)
    await persist(ctx, { args, name, real, point, device, opts: opts.filter((opt) => opt !== 'remount') }, report);
  return report.outcome;
}

/** Mounts what is not mounted, and anew what is mounted otherwise. False when the state ends with that. */
async function bring(ctx: StateCtx, wanted: Wanted, active: Mounts, report: Report): Promise<boolean> {
  const here = active[wanted.point];
  if (here === undefined) return wanted.args.mount ? await mount(ctx, wanted, report) : await leave(ctx, wanted, report);
  if (!wanted.args.mount) return true;
  const isBind = wanted.device.isBind;
  const known = isBind ? { ...here, opts: [...here.opts, 'bind'] } : here;
  if (wanted.opts.length > 0 && !(await matchOptions(ctx, wanted, known, report))) return false;
  const names = [here.device, await realPath(here.device), here.alt_device, here.device_uuid, here.device_label];
  const devices = [...new Set(names.filter((name) => name !== null && name !== ''))] as string[];
  if (wanted.device.any || devices.includes(wanted.device.real)) {
    report.comment = 'Target was already mounted';
    return true;
  }
  return await changeDevice(ctx, wanted, devices, report);
}

const isApart = (fstype: string): boolean => fstype === 'nfs' || fstype === 'cvfs' || fstype.startsWith('fuse');

/** Mounts anew where options are not as wanted, or were other ones when it was mounted. */
async function matchOptions(ctx: StateCtx, wanted: Wanted, here: Active, report: Report): Promise<boolean> {
  const { missing, last } = await differences(ctx, wanted.args, wanted.opts, here);
  const names = [...missing].sort().join(',');
  if (missing.length > 0) {
    if (ctx.testing) return report.end(null, `Remount would be forced because options (${names}) changed`);
    if (!(await remount(ctx, wanted, names, report))) return false;
    report.remember = true;
  }
  const cached = ((await ctx.call('mount.read_mount_cache', [wanted.real])) as { readonly opts?: Returnable }).opts;
  const gone = wordsOf(cached).filter((opt) => !wanted.opts.includes(opt));
  if (gone.length > 0) {
    if (ctx.testing) return report.end(null, `Remount would be forced because options (${gone.join(',')})changed`);
    if (!(await remount(ctx, wanted, last, report))) return false;
  }
  if (cached === undefined || gone.length > 0) report.remember = true;
  return true;
}

/** File systems that cannot be told other options while they are mounted are unmounted first. */
async function remount(ctx: StateCtx, wanted: Wanted, options: string, report: Report): Promise<boolean> {
  const { args, real, opts } = wanted;
  const given = { mkmnt: args.mkmnt, fstype: args.fstype, opts };
  if (!isApart(args.fstype)) {
    report.changes['umount'] = `Forced remount because options (${options}) changed`;
    report.result = (await ctx.call('mount.remount', [real, args.device], given)) === true;
    return true;
  }
  report.changes['umount'] = `Forced unmount and mount because options (${options}) changed`;
  if ((await ctx.call('mount.umount', [real])) !== true) {
    report.changes['umount'] =
      `Forced a lazy unmount and mount because the previous unmount failed and because the options (${options}) changed`;
    const came = await ctx.call('mount.umount', [real], { lazy: true });
    if (came !== true) return report.end(false, `Unable to unmount ${real}: ${shown(came)}.`);
  }
  report.result = (await ctx.call('mount.mount', [real, args.device], given)) === true;
  return true;
}

/** Unmounts another device than the one wanted, unless that may be there, and mounts the wanted one. */
async function changeDevice(ctx: StateCtx, wanted: Wanted, devices: readonly string[], report: Report): Promise<boolean> {
  const { args, device, real, point } = wanted;
  const patterns = wordsOf(args.device_name_regex).map(regexMatcher);
  const allowed = patterns.flatMap((matches) => devices.find(matches) ?? []).at(-1);
  if (allowed !== undefined) {
    report.comment = `An umount will not be forced because device matched device_name_regex: ${allowed}`;
    report.result = true;
    return true;
  }
  if (ctx.testing) {
    report.comment = `An umount would have been forced because devices do not match.  Watched: ${args.device}`;
    report.result = null;
    return true;
  }
  const which = device.real === args.device ? '' : ` (${device.real})`;
  report.changes['umount'] = `Forced unmount because devices don't match. Wanted: ${args.device}${which}, current: ${devices.join(', ')}`;
  await ctx.call('mount.umount', [real], { user: args.user ?? null });
  if (point in (await activeOf(ctx))) return report.end(false, 'Unable to unmount');
  report.remember = true;
  return await mount(ctx, wanted, report);
}

async function mount(ctx: StateCtx, { args, name, point, opts }: Wanted, report: Report): Promise<boolean> {
  const isThere = existsSync(name);
  if (ctx.testing) {
    if (isThere) return report.end(null, `${name} would be mounted`);
    return report.end(null, args.mkmnt ? `${name} would be created and mounted` : `${name} does not exist and would not be created`);
  }
  if (!isThere && !args.mkmnt) return report.end(false, 'Mount directory is not present');
  const came = await ctx.call('mount.mount', [name, args.device, args.mkmnt, args.fstype, opts], { user: args.user ?? null });
  report.remember = true;
  if (typeof came === 'string') return report.end(false, came);
  if (point in (await activeOf(ctx))) {
    report.comment = 'Target was successfully mounted';
    report.changes['mount'] = true;
  }
  return true;
}

/** What is not to be mounted may still be in fstab. */
async function leave(ctx: StateCtx, { args, name }: Wanted, report: Report): Promise<boolean> {
  const { testing } = ctx;
  if (existsSync(name)) report.comment = testing ? `${name} would not be mounted` : `${name} not mounted`;
  else if (testing) {
    report.comment = args.mkmnt
      ? `${name} would be created, but not mounted`
      : `${name} does not exist and would neither be created nor mounted`;
    report.result = null;
  } else if (args.mkmnt) {
    await ctx.call('file.mkdir', [name], { user: args.user ?? null });
    report.comment = `${name} was created, not mounted`;
  } else report.comment = `${name} not present and not mounted`;
  return true;
}

/** Sees to it that fstab has the mount. */
async function persist(ctx: StateCtx, { args, name, real, opts }: Wanted, report: Report): Promise<void> {
  const { device, fstype, mkmnt, dump, pass_num, config, match_on } = args;
  const came = await ctx.call('mount.set_fstab', [name, device, fstype, opts, dump, pass_num, config], { test: ctx.testing, match_on });
  if (ctx.testing && came !== 'present') {
    report.result = null;
    report.comment = `${report.comment}. ${foretold(name, came === 'new', args.mount)}`;
    return;
  }
  if (report.remember && !ctx.testing) await ctx.call('mount.write_mount_cache', [real, device], { mkmnt, fstype, mount_opts: opts });
  if (came === 'present') report.comment += '. Entry already exists in the fstab.';
  else {
    report.changes['persist'] = came === 'new' ? 'new' : 'update';
    report.comment += came === 'new' ? '. Added new entry to the fstab.' : '. Updated the entry in the fstab.';
  }
}

function foretold(name: string, isNew: boolean, isMounted: boolean): string {
  if (isNew) return `${name} ${isMounted ? 'is mounted, but needs' : 'needs'} to be written to the fstab in order to be made persistent.`;
  return isMounted ? `${name} is mounted, but its fstab entry must be updated.` : `The ${name} fstab entry must be updated.`;
}
