import type { Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';
import { defined } from '../defined.ts';
import { SHADOW_FIELDS, type UserArgs } from './user_args.ts';
import type { Info } from './user_changes.ts';
import { namesOf, onlyLocal, REDACTED, shown } from './words.ts';

/** Makes a user that is not there. */
export async function createUser(ctx: StateCtx, args: UserArgs): Promise<Outcome> {
  const { name } = args;
  const made = await ctx.call('user.add', [name], parameters(args));
  if (made !== true) return failed(typeof made === 'string' ? made : `Failed to create new user ${name}`);
  const changes: Record<string, Returnable> = { ...((await ctx.call('user.info', [name], onlyLocal(args.local))) as Info) };
  if (!args.createhome) changes['home'] = '';
  const failures = await setShadow(ctx, args, changes);
  return { result: failures.length === 0, comment: failures.at(-1) ?? `New user ${name} created`, changes };
}

function parameters(args: UserArgs): Record<string, Returnable> {
  const groups = [...(namesOf(args.groups) ?? []), ...(namesOf(args.optional_groups) ?? [])];
  const { uid, gid, home, shell, unique, system, createhome, nologinit, local, usergroup } = args;
  const { fullname, roomnumber, workphone, homephone, other } = args;
  const all = { uid, gid, home, shell, unique, system, fullname, roomnumber, workphone, homephone, other, createhome, nologinit };
  const told = { ...all, local, usergroup, ...(groups.length === 0 ? {} : { groups }) };
  return defined(told);
}

/** Sets password and ages of a new user, notes them in `changes`; tells what did not hold. */
async function setShadow(ctx: StateCtx, args: UserArgs, changes: Record<string, Returnable>): Promise<string[]> {
  const { name } = args;
  const failures: string[] = [];
  const now = async (field: string): Promise<Returnable> => ((await ctx.call('shadow.info', [name])) as Info)[field] ?? null;
  if (args.password && !args.empty_password) {
    await ctx.call('shadow.set_password', [name, args.password]);
    if ((await now('passwd')) !== args.password) failures.push(`User ${name} created but failed to set password to ${REDACTED}`);
    changes['password'] = REDACTED;
  }
  if (args.empty_password && !args.password) {
    await ctx.call('shadow.del_password', [name]);
    if ((await now('passwd')) !== '') failures.push(`User ${name} created but failed to empty password`);
    changes['password'] = '';
  }
  for (const { arg, field, words } of SHADOW_FIELDS) {
    const wanted = args[arg];
    if (wanted === undefined || (arg !== 'date' && !wanted)) continue;
    await ctx.call(`shadow.set_${arg}`, [name, wanted]);
    if ((await now(field)) !== wanted) failures.push(`User ${name} created but failed to set ${words} to ${shown(wanted)}`);
    changes[arg] = wanted;
  }
  return failures;
}
