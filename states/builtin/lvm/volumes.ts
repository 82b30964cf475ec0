import { realpath } from 'node:fs/promises';
import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { plan } from '../machine/words.ts';

type Shown = Readonly<Record<string, Readonly<Record<string, string>>>>;

const show = async (ctx: StateCtx, fun: string, name: string, quiet = true): Promise<Shown> =>
  (await ctx.call(`lvm.${fun}`, [name], quiet ? { quiet } : {})) as unknown as Shown;
export const isShown = async (ctx: StateCtx, fun: string, name: string, quiet = true): Promise<boolean> =>
  Object.keys(await show(ctx, fun, name, quiet)).length > 0;

export async function pvPresent(ctx: StateCtx, name: string): Promise<Verdict> {
  if (await isShown(ctx, 'pvdisplay', name)) return inOrder(`Physical Volume ${name} already present`);
  return plan(`Physical Volume ${name} is set to be created`, async () => {
    const created = await ctx.call('lvm.pvcreate', [name], ctx.extra);
    const isMade = await isShown(ctx, 'pvdisplay', name, false);
    return isMade ? inOrder(`Created Physical Volume ${name}`, { created }) : failed(`Failed to create Physical Volume ${name}`);
  });
}

/** What is to be removed: how it is shown and removed, and what it is called. */
interface Gone {
  readonly title: string;
  readonly missing: string;
  readonly isThere: () => Promise<boolean>;
  readonly remove: () => Promise<Returnable>;
}

async function absent({ title, missing, isThere, remove }: Gone): Promise<Verdict> {
  if (!(await isThere())) return inOrder(`${title} ${missing}`);
  return plan(`${title} is set to be removed`, async () => {
    const removed = await remove();
    return (await isThere()) ? failed(`Failed to remove ${title}`) : inOrder(`Removed ${title}`, { removed });
  });
}

export const pvAbsent = (ctx: StateCtx, name: string): Promise<Verdict> =>
  absent({
    title: `Physical Volume ${name}`,
    missing: 'does not exist',
    isThere: () => isShown(ctx, 'pvdisplay', name),
    remove: () => ctx.call('lvm.pvremove', [name]),
  });

export const vgAbsent = (ctx: StateCtx, name: string): Promise<Verdict> =>
  absent({
    title: `Volume Group ${name}`,
    missing: 'already absent',
    isThere: () => isShown(ctx, 'vgdisplay', name),
    remove: () => ctx.call('lvm.vgremove', [name]),
  });

export const lvAbsent = (ctx: StateCtx, name: string, vgname: Returnable): Promise<Verdict> =>
  absent({
    title: `Logical Volume ${name}`,
    missing: 'already absent',
    isThere: () => isShown(ctx, 'lvdisplay', `/dev/${vgname === null ? 'None' : String(vgname)}/${name}`),
    remove: () => ctx.call('lvm.lvremove', [name, vgname]),
  });

export async function vgPresent(ctx: StateCtx, name: string, given: Returnable): Promise<Verdict> {
  const devices = typeof given === 'string' ? given.split(',') : given;
  if (await isShown(ctx, 'vgdisplay', name)) {
    if (!Array.isArray(devices)) throw new Error('lvm.vg_present needs devices: a list, or names with commas between');
    return ctx.testing ? await extend(ctx, name, devices as string[]) : plan('', () => extend(ctx, name, devices as string[]));
  }
  return plan(`Volume Group ${name} is set to be created`, async () => {
    const created = await ctx.call('lvm.vgcreate', [name, devices], ctx.extra);
    const isMade = await isShown(ctx, 'vgdisplay', name, false);
    return isMade ? inOrder(`Created Volume Group ${name}`, { created }) : failed(`Failed to create Volume Group ${name}`);
  });
}

/** Adds devices to a group that lacks them. Under test nothing is added, and what would be is told. */
async function extend(ctx: StateCtx, name: string, devices: readonly string[]): Promise<Outcome> {
  const comments = [`Volume Group ${name} already present`];
  const changes: Record<string, Returnable> = {};
  let result = true;
  for (const device of devices) {
    const real = await realpath(device).catch(() => device);
    const groupOf = async (): Promise<string | undefined> =>
      ((await ctx.call('lvm.pvdisplay', [real], { real: true })) as unknown as Shown)[real]?.['Volume Group Name'];
    const group = await groupOf();
    if (group === name) comments.push(`${device} is part of Volume Group`);
    else if (group === '' || group === '#orphans_lvm2') {
      if (!ctx.testing) await ctx.call('lvm.vgextend', [name, device]);
      if (ctx.testing || (await groupOf()) === name) changes[device] = `added to ${name}`;
      else {
        comments.push(`${device} could not be added`);
        result = false;
      }
    } else {
      comments.push(group === undefined ? `pv ${device} is not present` : `${device} is part of ${group}`);
      result = false;
    }
  }
  const foretold = ctx.testing && result && Object.keys(changes).length > 0;
  return { result: foretold ? null : result, comment: comments.join('\n'), changes };
}
