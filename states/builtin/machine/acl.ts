import { existsSync, statSync } from 'node:fs';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from './words.ts';

const PLACE = {
  name: { type: 'string', required: true, doc: 'the file or directory' },
  acl_type: { type: 'string', required: true, doc: '`user`, `group`, `mask`, `default:user`, ...' },
} as const;
const RECURSE = { type: 'boolean', default: false, doc: 'what is below the directory, too' } as const;
const FORCE = { type: 'boolean', default: false, doc: 'all other lines are removed' } as const;
const PERMS = { type: 'string', default: '', doc: '`rwx`; X: only where someone may execute already' } as const;
const ONE = { ...PLACE, acl_name: { type: 'string', default: '', doc: 'the user or group' }, perms: PERMS, recurse: RECURSE } as const;
const MANY = { ...PLACE, acl_names: { type: 'list', default: [], doc: 'the users or groups' } } as const;
const PRESENT = { ...ONE, force: FORCE } as const;
const LIST_PRESENT = { ...MANY, perms: PERMS, recurse: RECURSE, force: FORCE } as const;
const LIST_ABSENT = { ...MANY, recurse: RECURSE } as const;

/** The lines of a file by their kind, and who owns it, as `acl.getfacl` has them. */
type Lines = Readonly<Record<string, readonly { readonly [name: string]: { readonly octal: number } }[]>>;
type Listing = Lines & { readonly comment?: Readonly<Record<string, string>>; readonly defaults?: Lines };

/** The lines of one kind. `isDefault`: those for what is made in a directory. */
interface Kind {
  readonly word: string;
  readonly isDefault: boolean;
}
const kindOf = (type: string): Kind => {
  const [, prefix, word = type] = /^(d:|default:)?(.*)$/.exec(type) ?? [];
  return { word, isDefault: prefix !== undefined };
};
const linesOf = (listing: Listing | undefined, { word, isDefault }: Kind) => (isDefault ? listing?.defaults : listing)?.[word] ?? [];
const octalOf = (listing: Listing | undefined, kind: Kind, who: string): number | undefined =>
  linesOf(listing, kind).findLast((line) => who in line)?.[who]?.octal;

const FIGURES: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1, X: 1, '-': 0 };
const sum = (perms: string): number => [...perms].reduce((total, letter) => total + (FIGURES[letter] ?? Number.NaN), 0);
const letters = (octal: number): string => `${octal & 4 ? 'r' : '-'}${octal & 2 ? 'w' : '-'}${octal & 1 ? 'x' : '-'}`;

const DESIRED = 'Permissions are in the desired state';
const NO_TYPE = failed('ACL Type does not exist');

async function listings(ctx: StateCtx, name: string, recursive: boolean): Promise<Readonly<Record<string, Listing>>> {
  return (await ctx.call('acl.getfacl', [name], { recursive })) as unknown as Readonly<Record<string, Listing>>;
}
/** A line of such a kind can be looked for: Salt wants one to be there, but of those for what is made in a directory. */
const isKnown = (listing: Listing | undefined, kind: Kind): boolean => kind.isDefault || linesOf(listing, kind).length > 0;
/** Who is meant without a name: the owner. */
const ownerOf = (listing: Listing | undefined, { word }: Kind): string => listing?.comment?.[word] ?? '';

/** Whether a right that is there is the one wanted. */
function isMet(octal: number | undefined, perms: string): boolean {
  const wanted = sum(perms);
  return octal === wanted || (perms.endsWith('X') && octal !== undefined && octal % 2 === 0 && octal === wanted - 1);
}

/** Gives rights to each, after removing all others when that is asked for. */
async function give(
  ctx: StateCtx,
  { name, acl_type, perms, recurse, force }: Omit<ArgsOf<typeof PRESENT>, 'acl_name'>,
  who: readonly string[],
): Promise<string | undefined> {
  const how = { recursive: recurse, raise_err: true };
  try {
    if (force) await ctx.call('acl.wipefacls', [name], how);
    for (const one of who) await ctx.call('acl.modfacl', [acl_type, one, perms, name], how);
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed) return error.message;
    throw error;
  }
}

async function present(ctx: StateCtx, args: ArgsOf<typeof PRESENT>): Promise<Verdict> {
  const { name, acl_type, acl_name, perms, recurse } = args;
  if (!existsSync(name)) return failed(`${name} does not exist`);
  const all = await listings(ctx, name, recurse);
  const kind = kindOf(acl_type);
  if (!isKnown(all[name], kind)) return NO_TYPE;
  const who = acl_name === '' ? ownerOf(all[name], kind) : acl_name;
  const octal = octalOf(all[name], kind, who);
  const paths = Object.keys(all).filter((path) => !kind.isDefault || statSync(path).isDirectory());
  const isRight = recurse ? paths.every((path) => isMet(octalOf(all[path], kind, who), perms)) : octal === sum(perms);
  if (octal !== undefined && isRight) return inOrder(DESIRED);
  const [wanted, before] = [perms, octal === undefined ? undefined : letters(octal)].map((one) => ({
    acl_name,
    acl_type,
    perms: one ?? '',
  }));
  const changes = { new: wanted ?? null, ...(octal === undefined ? {} : { old: before ?? null }) };
  const foretold =
    octal === undefined
      ? `New permissions will be applied for ${acl_name}: ${perms}`
      : `Updated permissions will be applied for ${acl_name}: ${letters(octal)} -> ${perms}`;
  return {
    predicted: { comment: foretold, changes },
    apply: async () => {
      const fault = await give(ctx, args, [acl_name]);
      if (fault !== undefined) return failed(`Error updating permissions for ${acl_name}: ${fault}`);
      return inOrder(`${octal === undefined ? 'Applied new' : 'Updated'} permissions for ${acl_name}`, changes);
    },
  };
}

async function absent(ctx: StateCtx, { name, acl_type, acl_name, recurse }: ArgsOf<typeof ONE>): Promise<Verdict> {
  if (!existsSync(name)) return failed(`${name} does not exist`);
  const all = await listings(ctx, name, recurse);
  const kind = kindOf(acl_type);
  if (!isKnown(all[name], kind)) return NO_TYPE;
  const who = acl_name === '' ? ownerOf(all[name], kind) : acl_name;
  const below = Object.values(all).some((listing) => octalOf(listing, { ...kind, isDefault: false }, who) !== undefined);
  if (octalOf(all[name], kind, who) === undefined && !below) return inOrder(DESIRED);
  return plan('Removing permissions', async () => {
    await ctx.call('acl.delfacl', [acl_type, acl_name, name], { recursive: recurse });
    return inOrder('Removing permissions');
  });
}

async function listPresent(ctx: StateCtx, args: ArgsOf<typeof LIST_PRESENT>): Promise<Verdict> {
  const { name, acl_type, perms } = args;
  if (!existsSync(name)) return failed(`${name} does not exist`);
  const listing = (await listings(ctx, name, false))[name];
  const kind = kindOf(acl_type);
  if (!isKnown(listing, kind)) return NO_TYPE;
  const who = args.acl_names.map(shown);
  const has = who.map((one) => octalOf(listing, kind, one));
  const joined = who.join(', ');
  const first = has.findIndex((octal) => octal !== sum(perms));
  if (first < 0 && who.length > 0) return inOrder(DESIRED);
  const fresh = { new: { acl_name: joined, acl_type, perms } };
  const old = has[first];
  const updated = (octal: number) => ({
    new: { acl_name: joined, acl_type, perms: sum(perms) },
    old: { acl_name: joined, acl_type, perms: String(octal) },
  });
  const list = shown(who as Returnable);
  const predicted =
    old === undefined
      ? { comment: `New permissions will be applied for ${list}: ${perms}`, changes: fresh }
      : { comment: `Updated permissions will be applied for ${list}: ${old} -> ${perms}`, changes: updated(old) };
  return {
    predicted,
    apply: async (): Promise<Outcome> => {
      const fault = await give(ctx, args, who);
      if (fault !== undefined) return failed(`Error updating permissions for ${list}: ${fault}`);
      // As in Salt, a trial tells of the first whose rights differ, and what was done of the last.
      const last = has.findLast((octal) => octal !== sum(perms));
      return last === undefined
        ? inOrder(`Applied new permissions for ${joined}`, fresh)
        : inOrder(`Updated permissions for ${list}`, updated(last));
    },
  };
}

async function listAbsent(ctx: StateCtx, { name, acl_type, acl_names, recurse }: ArgsOf<typeof LIST_ABSENT>): Promise<Verdict> {
  if (!existsSync(name)) return failed(`${name} does not exist`);
  const listing = (await listings(ctx, name, false))[name];
  const kind = kindOf(acl_type);
  if (!isKnown(listing, kind)) return NO_TYPE;
  const who = acl_names.map(shown);
  if (!who.some((one) => octalOf(listing, kind, one) !== undefined)) return inOrder(DESIRED);
  return plan('Removing permissions', async () => {
    for (const one of who) await ctx.call('acl.delfacl', [acl_type, one, name], { recursive: recurse });
    return inOrder('Removing permissions');
  });
}

/** Access control lists of files. */
export default stateModule({
  name: 'acl',
  doc: 'Access control lists of files.',
  serves: (host) =>
    (host.which('getfacl') !== undefined && host.which('setfacl') !== undefined) ||
    'The linux_acl state cannot be loaded: the getfacl or setfacl binary is not in the path.',
  states: {
    present: state({
      doc: 'A user or group has these rights.',
      examples: ['/srv/www:\n  acl.present:\n    - acl_type: user\n    - acl_name: damian\n    - perms: rwx'],
      args: PRESENT,
      check: present,
    }),
    absent: state({ doc: 'A user or group has no rights of its own.', args: ONE, check: absent }),
    list_present: state({ doc: 'Several have these rights.', args: LIST_PRESENT, check: listPresent }),
    list_absent: state({ doc: 'Several have no rights of their own.', args: LIST_ABSENT, check: listAbsent }),
  },
});
