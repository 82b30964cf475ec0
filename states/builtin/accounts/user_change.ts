import { isDeepStrictEqual } from 'node:util';
import type { Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx } from '../../define.ts';
import { SHADOW_FIELDS, type UserArgs } from './user_args.ts';
import { changesOf, type Info, isDirectory, type UserChanges } from './user_changes.ts';
import { onlyLocal, REDACTED, shown } from './words.ts';

/** Makes the changes to a user that is there, and looks what became of it. */
export async function changeUser(ctx: StateCtx, args: UserArgs, changes: UserChanges): Promise<Outcome> {
  const { name } = args;
  const look = async (): Promise<Info> => (await ctx.call('user.info', [name], onlyLocal(args.local))) as Info;
  const shadow = async (): Promise<Info> => (await ctx.call('shadow.info', [name])) as Info;
  const [before, shadowBefore] = [await look(), await shadow()];
  await changeShadow(ctx, args, changes);
  await changeHome(ctx, args, changes, before);
  for (const key of ['uid', 'gid', 'shell', 'fullname', 'roomnumber', 'workphone', 'homephone', 'other'])
    if (key in changes) await ctx.call(`user.ch${key}`, [name, changes[key] ?? null]);
  // The groups come last: a change of the primary group may touch them.
  if ('groups' in changes) await ctx.call('user.chgroups', [name, changes['groups'] ?? [], !args.remove_groups]);
  const after = await look();
  const made: Record<string, Returnable> = {};
  for (const [key, value] of Object.entries(after)) if (!isDeepStrictEqual(value, before[key])) made[key] = value;
  // An unchanged password means that nobody looks at the other fields, in Salt as here.
  const shadowAfter = shadowBefore['passwd'] === (args.password ?? null) ? {} : await shadow();
  for (const [key, value] of Object.entries(shadowAfter))
    if (!isDeepStrictEqual(value, shadowBefore[key])) made[key] = key === 'passwd' ? REDACTED : value;
  const left = (await changesOf(ctx, { ...args, allow_uid_change: true, allow_gid_change: true })) ?? {};
  if (Object.keys(left).length > 0)
    return { result: false, comment: `These values could not be changed: ${shown(withoutHash(left))}`, changes: made };
  return {
    result: true,
    comment: Object.keys(made).length > 0 ? `Updated user ${name}` : `User ${name} is present and up to date`,
    changes: made,
  };
}

/** Salt shows the hash here; nobody needs it. */
const withoutHash = (changes: UserChanges): UserChanges => ('passwd' in changes ? { ...changes, passwd: REDACTED } : changes);

async function changeShadow(ctx: StateCtx, args: UserArgs, changes: UserChanges): Promise<void> {
  const { name } = args;
  if ('passwd' in changes && !args.empty_password) await ctx.call('shadow.set_password', [name, args.password ?? null]);
  if ('empty_password' in changes) await ctx.call('shadow.del_password', [name]);
  if ('password_lock' in changes) await ctx.call(args.password_lock === true ? 'shadow.lock_password' : 'shadow.unlock_password', [name]);
  for (const { arg } of SHADOW_FIELDS) if (arg in changes) await ctx.call(`shadow.set_${arg}`, [name, changes[arg] ?? null]);
}

async function changeHome(ctx: StateCtx, args: UserArgs, changes: UserChanges, before: Info): Promise<void> {
  const home = changes['homeDoesNotExist'] ?? changes['home'];
  if (typeof home !== 'string') return;
  await ctx.call('user.chhome', [args.name, home], { persist: args.persist_home });
  if ('homeDoesNotExist' in changes && !isDirectory(home))
    await ctx.call('file.mkdir', [home, before['uid'] ?? null, before['gid'] ?? null, '0755']);
}
