import { statSync } from 'node:fs';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';
import { SHADOW_FIELDS, type UserArgs } from './user_args.ts';
import { namesOf, onlyLocal, shown } from './words.ts';

export type UserChanges = Readonly<Record<string, Returnable>>;
export type Info = Readonly<Record<string, Returnable>>;

const GECOS = ['fullname', 'roomnumber', 'workphone', 'homephone', 'other'] as const;

/**
 * What there is to change of a user, by property, in the order in which Salt tells it; undefined when there is no such
 * user. @throws CommandFailed for a change of uid or gid that is not allowed
 */
export async function changesOf(ctx: StateCtx, args: UserArgs): Promise<UserChanges | undefined> {
  const info = (await ctx.call('user.info', [args.name], onlyLocal(args.local))) as Info;
  if (Object.keys(info).length === 0) return undefined;
  const changes: Record<string, Returnable> = {};
  if (args.uid && info['uid'] !== args.uid) changes['uid'] = args.uid;
  if (args.gid !== undefined && info['gid'] !== args.gid && info['gid'] !== (await ctx.call('file.group_to_gid', [args.gid])))
    changes['gid'] = args.gid;
  const groups = await groupChange(ctx, args, info);
  if (groups !== undefined) changes['groups'] = groups;
  if (args.home && info['home'] !== args.home) changes['home'] = args.home;
  const home = args.home || info['home'];
  if (args.createhome && typeof home === 'string' && !isDirectory(home)) changes['homeDoesNotExist'] = home;
  if (args.shell && info['shell'] !== args.shell) changes['shell'] = args.shell;
  Object.assign(changes, shadowChanges(args, (await ctx.call('shadow.info', [args.name])) as Info));
  for (const key of GECOS) {
    const wanted = args[key];
    if (wanted !== undefined && info[key] !== wanted) changes[key] = wanted;
  }
  refuse(args, info, changes);
  return changes;
}

function shadowChanges(args: UserArgs, shadow: Info): Record<string, Returnable> {
  const changes: Record<string, Returnable> = {};
  const passwd = String(shadow['passwd'] ?? '');
  if (args.password && !args.empty_password && passwd !== args.password && (passwd === '!' || args.enforce_password))
    changes['passwd'] = args.password;
  if (args.empty_password && passwd !== '') changes['empty_password'] = true;
  for (const { arg, field } of SHADOW_FIELDS) {
    const wanted = args[arg];
    if (wanted === undefined || (arg === 'expire' && !wanted)) continue;
    if (shadow[field] !== wanted) changes[arg] = wanted;
  }
  if (args.password_lock !== undefined && args.password_lock !== passwd.startsWith('!')) changes['password_lock'] = args.password_lock;
  return changes;
}

function refuse(args: UserArgs, info: Info, changes: UserChanges): void {
  const errors = (['uid', 'gid'] as const)
    .filter((key) => key in changes && args[`allow_${key}_change`] !== true)
    .map(
      (key) =>
        `Changing ${key} (${shown(info[key] ?? null)} -> ${shown(args[key] ?? null)}) not permitted, set allow_${key}_change to ` +
        'True to force this change. Note that this will not change file ownership.',
    );
  if (errors.length === 0) return;
  const lines = errors.map((error) => `- ${error}`).join('\n');
  throw new CommandFailed(`Encountered error checking for needed changes. Additional info follows:\n\n${lines}`);
}

/** The further groups that the user should have, if they are others than now. The primary group is none of them. */
async function groupChange(ctx: StateCtx, args: UserArgs, info: Info): Promise<string[] | undefined> {
  const listed = namesOf(args.groups);
  const optional = namesOf(args.optional_groups) ?? [];
  const has = namesOf(info['groups']) ?? [];
  const keepsAll = !args.remove_groups || (listed === undefined && optional.length === 0);
  const asked = new Set([...(listed ?? []), ...optional, ...(keepsAll ? has : [])]);
  const gids = new Map<string, Returnable>();
  for (const name of new Set([...has, ...asked])) gids.set(name, await ctx.call('file.group_to_gid', [name]));
  const primary = String(await ctx.call('file.gid_to_group', [args.gid ?? info['gid'] ?? null]));
  const former = String(await ctx.call('file.gid_to_group', [info['gid'] ?? null]));
  // Groups that share the number of one that is left out are that one by another name.
  const aliases = (name: string): string[] => {
    const same = has.filter((other) => gids.get(other) === gids.get(name));
    return same.length > 1 && same.includes(name) ? same : [name];
  };
  const leftOut = new Set<string>();
  for (const name of aliases(primary)) {
    asked.delete(name);
    leftOut.add(name);
  }
  if (former !== primary) for (const name of aliases(former)) leftOut.add(name);
  if (!asked.has(args.name)) for (const name of aliases(args.name)) leftOut.add(name);
  const current = has.filter((name) => !leftOut.has(name));
  const wanted = [...asked].sort();
  return differ(current, wanted, args.remove_groups, gids) && (wanted.length > 0 || args.remove_groups) ? wanted : undefined;
}

function differ(current: readonly string[], wanted: readonly string[], remove: boolean, gids: ReadonlyMap<string, Returnable>): boolean {
  const added = wanted.filter((name) => !current.includes(name));
  const gone = remove ? current.filter((name) => !wanted.includes(name)) : [];
  const all = [...new Set([...current, ...wanted])];
  const isAlias = (name: string): boolean => all.some((other) => other !== name && gids.get(other) === gids.get(name));
  return [...added, ...gone].some((name) => !isAlias(name));
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
