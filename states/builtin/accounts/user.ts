import type { Returnable } from '../../../modules/define.ts';
import { CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { USER_ARGS, type UserArgs } from './user_args.ts';
import { changeUser } from './user_change.ts';
import { changesOf, type UserChanges } from './user_changes.ts';
import { createUser } from './user_create.ts';
import { attributes, namesOf, onlyLocal } from './words.ts';

async function present(ctx: StateCtx, given: UserArgs): Promise<Verdict> {
  const args = await withHash(ctx, textual(given));
  const comma = [args.fullname, args.roomnumber, args.workphone].find((field) => typeof field === 'string' && field.includes(','));
  if (comma !== undefined) return failed(`Unsupported char ',' in ${String(comma)}`);
  const missing = await missingGroups(ctx, args.groups);
  if (missing.length > 0 && !ctx.testing) return failed(`The following group(s) are not present: ${missing.join(',')}`);
  const wanted: UserArgs = {
    ...args,
    groups: namesOf(args.groups)?.filter((name) => !missing.includes(name)),
    optional_groups: await existing(ctx, args.optional_groups),
  };
  let changes: UserChanges | undefined;
  try {
    changes = await changesOf(ctx, { ...wanted, gid: await gidOf(ctx, args) });
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
  if (changes === undefined) {
    const pending = missing.length === 0 ? '' : ` (pending groups: ${missing.join(',')})`;
    return { predicted: { comment: `User ${args.name} set to be added${pending}`, changes: {} }, apply: () => createUser(ctx, wanted) };
  }
  if (Object.keys(changes).length === 0) return inOrder(`User ${args.name} is present and up to date`);
  const pending = missing.length === 0 ? '' : `groups (pending creation): ${missing.join(',')}\n`;
  const planned = changes;
  return {
    predicted: { comment: attributes('user', changes) + pending, changes: {} },
    apply: () => changeUser(ctx, wanted, planned),
  };
}

/** Numbers among the fields of GECOS are meant as text. */
function textual(args: UserArgs): UserArgs {
  const text = (value: Returnable | undefined): string | undefined => (value === undefined ? undefined : String(value));
  const { fullname, roomnumber, workphone, homephone, other } = args;
  return {
    ...args,
    fullname: text(fullname),
    roomnumber: text(roomnumber),
    workphone: text(workphone),
    homephone: text(homephone),
    other: text(other),
  };
}

const ALGORITHMS: Readonly<Record<string, string>> = { 1: 'md5', '2a': 'blowfish', 5: 'sha256', 6: 'sha512' };

/** With `hash_password` the password is hashed, with the salt of the hash that is there, so that it comes out the same. */
async function withHash(ctx: StateCtx, args: UserArgs): Promise<UserArgs> {
  if (!args.password || !args.hash_password) return args;
  const { passwd } = (await ctx.call('shadow.info', [args.name])) as { readonly passwd?: string };
  const parts = (passwd ?? '').split('$');
  const options =
    parts.length === 4 && parts[1] !== undefined && ALGORITHMS[parts[1]] !== undefined
      ? { crypt_salt: parts[2] ?? '', algorithm: ALGORITHMS[parts[1]] ?? null }
      : {};
  return { ...args, password: String(await ctx.call('shadow.gen_password', [args.password], options)) };
}

async function missingGroups(ctx: StateCtx, groups: Returnable | undefined): Promise<string[]> {
  const names = namesOf(groups) ?? [];
  const there = (await existing(ctx, names)) ?? [];
  return names.filter((name) => !there.includes(name));
}

async function existing(ctx: StateCtx, groups: Returnable | undefined): Promise<string[] | undefined> {
  const names = namesOf(groups);
  if (names === undefined || names.length === 0) return undefined;
  const infos = await Promise.all(names.map((name) => ctx.call('group.info', [name])));
  return names.filter((_, index) => Object.keys(Object(infos[index])).length > 0);
}

/** With `usergroup` the group of the user's name becomes the primary one, if it is there. */
async function gidOf(ctx: StateCtx, { name, usergroup, gid }: UserArgs): Promise<Returnable | undefined> {
  return usergroup === true && (await ctx.call('file.group_to_gid', [name])) !== '' ? name : gid;
}

async function absent(
  ctx: StateCtx,
  args: { readonly name: string; readonly purge: boolean; readonly force: boolean; readonly local: boolean },
): Promise<Verdict> {
  const { name, purge, force, local } = args;
  const info = (await ctx.call('user.info', [name], onlyLocal(local))) as { readonly groups?: readonly string[] };
  if (info.groups === undefined) return inOrder(`User ${name} is not present`);
  const before = info.groups;
  return {
    predicted: { comment: `User ${name} set for removal`, changes: {} },
    apply: async (): Promise<Outcome> => {
      if ((await ctx.call('user.delete', [name, purge, force], { local })) !== true) return failed(`Failed to remove user ${name}`);
      const left = (await existing(ctx, before)) ?? [];
      const gone = before.filter((group) => !left.includes(group)).map((group): [string, string] => [`${group} group`, 'removed']);
      return inOrder(`Removed user ${name}`, { ...Object.fromEntries(gone), [name]: 'removed' });
    },
  };
}

/** Users of the system. */
export default stateModule({
  name: 'user',
  doc: 'Users of the system.',
  states: {
    present: state({ doc: 'A user that is there, with these properties.', args: USER_ARGS, check: present }),
    absent: state({
      doc: 'A user that is not there.',
      args: {
        name: USER_ARGS.name,
        purge: { type: 'boolean', default: false, doc: 'the home directory and mail go, too' },
        force: { type: 'boolean', default: false, doc: 'also while logged in' },
        local: USER_ARGS.local,
      },
      check: absent,
    }),
  },
});
