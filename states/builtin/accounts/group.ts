import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { attributes, namesOf, onlyLocal } from './words.ts';

const NAME = { type: 'string', required: true, doc: 'the group' } as const;
const LOCAL = { type: 'boolean', default: false, doc: 'look at and change the local files alone' } as const;
const ARGS = {
  name: NAME,
  gid: { type: 'any', doc: 'its number' },
  system: { type: 'boolean', default: false, doc: 'made with a number of the system range' },
  addusers: { type: 'any', doc: 'users that are members, whoever else is' },
  delusers: { type: 'any', doc: 'users that are not members' },
  members: { type: 'any', doc: 'the users that are members, and no other' },
  non_unique: { type: 'boolean', default: false, doc: 'another group may have the number' },
  local: LOCAL,
} as const;
type Args = ArgsOf<typeof ARGS>;
type Changes = Readonly<Record<string, Returnable>>;
interface Info {
  readonly gid: number;
  readonly members: readonly string[];
}

/** What there is to change of a group; undefined when there is no such group. */
async function changesOf(ctx: StateCtx, args: Args): Promise<Changes | undefined> {
  const info = (await ctx.call('group.info', [args.name], onlyLocal(args.local))) as unknown as Partial<Info>;
  if (info.members === undefined) return undefined;
  const has = new Set(info.members);
  const changes: Record<string, Returnable> = {};
  if (args.gid) {
    const gid = Number(args.gid);
    if (!Number.isInteger(gid)) return { result: false, comment: 'Invalid gid' };
    if (gid !== info.gid) changes['gid'] = gid;
  }
  const members = namesOf(args.members);
  const others = members !== undefined && (members.some((user) => !has.has(user)) || new Set(members).size !== has.size);
  if (others) changes[members.length === 0 ? 'delusers' : 'members'] = members.length === 0 ? [...has] : members;
  const added = namesOf(args.addusers)?.filter((user) => !has.has(user)) ?? [];
  if (added.length > 0) changes['addusers'] = added;
  const removed = namesOf(args.delusers)?.filter((user) => has.has(user)) ?? [];
  if (removed.length > 0) changes['delusers'] = removed;
  return changes;
}

function conflict({ members, addusers, delusers }: Args): string | undefined {
  if (members !== undefined && (addusers !== undefined || delusers !== undefined))
    return 'Error: Conflicting options "members" with "addusers" and/or "delusers" can not be used together. ';
  const removed = new Set(namesOf(delusers));
  return namesOf(addusers)?.some((user) => removed.has(user)) === true
    ? 'Error. Same user(s) can not be added and deleted simultaneously'
    : undefined;
}

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const refused = conflict(args);
  if (refused !== undefined) return { result: null, comment: refused, changes: {} };
  const changes = await changesOf(ctx, args);
  if (changes === undefined)
    return { predicted: { comment: `Group ${args.name} set to be added`, changes: {} }, apply: () => create(ctx, args) };
  if (Object.keys(changes).length === 0) return inOrder(`Group ${args.name} is present and up to date`);
  const comment = attributes('group', changes);
  return { predicted: { comment, changes: {} }, apply: () => change(ctx, args, changes, comment) };
}

async function change(ctx: StateCtx, args: Args, changes: Changes, comment: string): Promise<Outcome> {
  const { name } = args;
  if ('gid' in changes) await ctx.call('group.chgid', [name, args.gid ?? null], { non_unique: args.non_unique });
  if ('members' in changes) await ctx.call('group.members', [name, (namesOf(args.members) ?? []).join(',')]);
  for (const user of namesOf(changes['addusers']) ?? []) await ctx.call('group.adduser', [name, user]);
  for (const user of namesOf(changes['delusers']) ?? []) await ctx.call('group.deluser', [name, user]);
  const left = await changesOf(ctx, args);
  return left === undefined || Object.keys(left).length > 0
    ? failed(`${comment}Some changes could not be applied`, { Failed: left ?? false })
    : inOrder(comment, { Final: 'All changes applied successfully' });
}

async function create(ctx: StateCtx, args: Args): Promise<Outcome> {
  const { name, gid = null, system, non_unique, local } = args;
  const taken = gid === null || non_unique ? undefined : await ownerOf(ctx, gid);
  if (taken !== undefined) return failed(`Group ${name} is not present but gid ${String(gid)} is already taken by group ${taken}`);
  if ((await ctx.call('group.add', [name], { gid, system, non_unique, local })) !== true)
    return failed(`Failed to create new group ${name}`);
  const users = namesOf(args.addusers) ?? namesOf(args.members) ?? [];
  if (users.length > 0) await ctx.call('group.members', [name, users.join(',')]);
  const info = (await ctx.call('group.info', [name], onlyLocal(local))) as Changes;
  const left = await changesOf(ctx, args);
  return left === undefined || Object.keys(left).length > 0
    ? failed(`Group ${name} has been created but, some changes could not be applied`, { Failed: left ?? false })
    : inOrder(`New group ${name} created`, info);
}

async function ownerOf(ctx: StateCtx, gid: Returnable): Promise<string | undefined> {
  const groups = (await ctx.call('group.getent')) as readonly { readonly gid: number; readonly name: string }[];
  return groups.find((group) => group.gid === gid)?.name;
}

async function absent(ctx: StateCtx, name: string, local: boolean): Promise<Verdict> {
  const info = (await ctx.call('group.info', [name], onlyLocal(local))) as Changes;
  if (Object.keys(info).length === 0) return inOrder('Group not present');
  return {
    predicted: { comment: `Group ${name} is set for removal`, changes: {} },
    apply: async () => {
      const done = (await ctx.call('group.delete', [name], { local })) === true;
      return done ? inOrder(`Removed group ${name}`, { [name]: '' }) : failed(`Failed to remove group ${name}`);
    },
  };
}

/** Groups of the system. */
export default stateModule({
  name: 'group',
  doc: 'Groups of the system.',
  states: {
    present: state({ doc: 'A group that is there, with these properties.', args: ARGS, check: present }),
    absent: state({
      doc: 'A group that is not there.',
      args: { name: NAME, local: LOCAL },
      check: (ctx, { name, local }) => absent(ctx, name, local),
    }),
  },
});
