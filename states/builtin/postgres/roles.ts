import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { type Encryption, isStoredAs, storedPassword } from '../../../modules/exec/postgres/passwords.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { namesOf, shown } from '../accounts/words.ts';
import { defined } from '../defined.ts';
import { gone, loginOf, MAINTENANCE, WHERE } from './server.ts';

const flag = (doc: string) => ({ type: 'boolean', doc }) as const;

/** What users and groups have in common: to PostgreSQL both are roles. */
export const ROLE = {
  createdb: flag('may it create databases'),
  createroles: flag('may it create roles'),
  encrypted: { type: 'any', doc: '`md5` or `scram-sha-256`, as which the password is kept; none or True: md5' },
  superuser: flag('may it everything'),
  replication: flag('may it replicate'),
  inherit: flag('may it all that the groups it is in may'),
  login: flag('may it log in'),
  password: { type: 'string', doc: 'its password, or what the server keeps of one' },
  refresh_password: flag('the password is set each time: who is no superuser cannot compare it'),
  groups: { type: 'any', doc: 'roles it is a member of: names with commas between, or a list' },
  ...WHERE,
  ...MAINTENANCE,
} as const;
const WANTED = {
  ...ROLE,
  name: { type: 'string', required: true, doc: 'the role' },
  default_password: { type: 'string', doc: 'its password when it is created' },
  valid_until: { type: 'string', doc: 'the time until which its password is good' },
} as const;
/** What a role shall be; a group has no password of its own for the beginning and none that ends. */
type Wanted = ArgsOf<typeof WANTED>;
type Role = Readonly<Record<string, Returnable>>;

/** A kind of role, by the word that the functions of `postgres` begin with. */
export type Kind = 'user' | 'group';
const TITLE = { user: 'User', group: 'Group' } as const;

/** Flags by the names that `postgres.role_get` has for them, in the order of Salt's changes. */
const FLAGS = {
  createdb: 'can create databases',
  inherit: 'inherits privileges',
  login: 'can login',
  createroles: 'can create roles',
  replication: 'replication',
  superuser: 'superuser',
} as const;

export async function rolePresent(ctx: StateCtx, kind: Kind, wanted: Wanted): Promise<Verdict> {
  const login = loginOf(wanted);
  const role = (await ctx.call('postgres.role_get', [wanted.name], {
    return_password: wanted.refresh_password !== true,
    ...login,
  })) as Role | null;
  const password = passwordOf(wanted, role);
  const changes = role === null ? {} : await changesOf(ctx, wanted, role, password !== undefined);
  if (role !== null && Object.keys(changes).length === 0) return inOrder(`${TITLE[kind]} ${wanted.name} is already present`);
  const verb = role === null ? 'create' : 'update';
  return {
    predicted: {
      comment: `${TITLE[kind]} ${wanted.name} is set to be ${verb}d`,
      changes: role === null ? {} : { [wanted.name]: changes },
    },
    apply: () => make(ctx, kind, verb, { wanted, password, changes: role === null ? 'Present' : changes }),
  };
}

/** The password to set, as the server keeps it; undefined if it has it, or if none is wanted. */
function passwordOf(wanted: Wanted, role: Role | null): string | undefined {
  const encrypted = (wanted.encrypted ?? 'md5') as Encryption;
  const password = wanted.password ?? (role === null ? wanted.default_password : undefined);
  if (password === undefined) return undefined;
  const known = role !== null && wanted.refresh_password !== true;
  if (known && isStoredAs(wanted.name, password, String(role['password']), encrypted)) return undefined;
  return storedPassword(wanted.name, password, encrypted);
}

async function changesOf(ctx: StateCtx, wanted: Wanted, role: Role, newPassword: boolean): Promise<Record<string, Returnable>> {
  const changes: Record<string, Returnable> = {};
  for (const [key, told] of Object.entries(FLAGS) as [keyof typeof FLAGS, string][]) {
    const value = wanted[key];
    if (value !== undefined && value !== role[told]) changes[key] = value;
  }
  if (newPassword) changes['password'] = true;
  if (wanted.valid_until !== undefined && (await moment(ctx, wanted, wanted.valid_until)) !== role['expiry time'])
    changes['valid_until'] = wanted.valid_until;
  const missing = groupsOf(wanted.groups).filter((group) => !(namesOf(role['groups']) ?? []).includes(group));
  if (missing.length > 0) changes['groups'] = missing;
  return changes;
}

const groupsOf = (groups: Returnable | undefined): string[] =>
  typeof groups === 'string' ? groups.split(',').map((group) => group.trim()) : (namesOf(groups) ?? []);

/** A time as the server reads it; null if it has no end. Throws where it is none. */
async function moment(ctx: StateCtx, wanted: Wanted, text: string): Promise<string | null> {
  const query = `SELECT '${text.replaceAll("'", "''")}'::timestamp(0) as dt;`;
  const [row] = (await ctx.call('postgres.psql_query', [query], loginOf(wanted))) as readonly Readonly<Record<string, string>>[];
  if (row === undefined) throw new Error(`valid_until of the role ${wanted.name} is no time that the server knows: ${shown(text)}`);
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.exec(row['dt'] ?? '')?.[0] ?? null;
}

interface Making {
  readonly wanted: Wanted;
  readonly password: string | undefined;
  readonly changes: Returnable;
}

async function make(ctx: StateCtx, kind: Kind, verb: 'create' | 'update', { wanted, password, changes }: Making): Promise<Outcome> {
  const { name, createdb, createroles, superuser, login, inherit, replication, groups, valid_until } = wanted;
  const done = await ctx.call(`postgres.${kind}_${verb}`, [name], {
    encrypted: wanted.encrypted ?? 'md5',
    ...defined({ createdb, createroles, superuser, login, inherit, replication, groups, valid_until, rolepassword: password }),
    ...loginOf(wanted),
  });
  return done ? inOrder(`The ${kind} ${name} has been ${verb}d`, { [name]: changes }) : failed(`Failed to ${verb} ${kind} ${name}`);
}

const ABSENT = { name: WANTED.name, ...WHERE, ...MAINTENANCE } as const;

export async function roleAbsent(ctx: StateCtx, kind: Kind, args: ArgsOf<typeof ABSENT>): Promise<Verdict> {
  const login = loginOf(args);
  return gone({
    subject: `${TITLE[kind]} ${args.name}`,
    name: args.name,
    exists: (await ctx.call('postgres.user_exists', [args.name], login)) === true,
    remove: () => ctx.call(`postgres.${kind}_remove`, [args.name], login),
  });
}
