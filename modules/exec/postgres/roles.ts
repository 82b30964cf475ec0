import type { Ctx, Returnable } from '../../define.ts';
import { isOlder } from './loose.ts';
import { type Encryption, storedPassword } from './passwords.ts';
import { query, type Row, type Server, script, versionOf } from './psql.ts';
import { arrayOf, literal, named } from './quote.ts';

/** What is known of a role, by the names Salt has for it. */
export type Role = Readonly<Record<string, Returnable>>;

/** What a role shall be; what is undefined stays, or becomes PostgreSQL's default. */
export interface Wanted {
  readonly createdb?: boolean | undefined;
  readonly createroles?: boolean | undefined;
  readonly inherit?: boolean | undefined;
  readonly login?: boolean | undefined;
  readonly connlimit?: number | undefined;
  readonly encrypted?: Returnable | undefined;
  readonly superuser?: boolean | undefined;
  readonly replication?: boolean | undefined;
  readonly rolepassword?: Returnable | undefined;
  readonly valid_until?: string | undefined;
  readonly groups?: Returnable | undefined;
}

/** All roles by name; undefined if the server does not answer. */
export async function roles(ctx: Ctx, server: Server, withPassword: boolean): Promise<Record<string, Role> | undefined> {
  const version = await versionOf(ctx, server);
  if (version === undefined) {
    ctx.log.error('Could not retrieve Postgres version. Is Postgresql server running?');
    return undefined;
  }
  const found = await query(ctx, server, rolesQuery(version, withPassword));
  return Object.fromEntries(found.map((row) => [row['name'] ?? '', roleOf(row, withPassword)]));
}

/** Only what a superuser may read has the password, so it is asked for only when wanted. */
const rolesQuery = (version: string, withPassword: boolean): string =>
  `SELECT rolname AS "name", rolsuper AS "superuser", rolinherit AS "inherits privileges", rolcreaterole AS "can create roles",
   rolcreatedb AS "can create databases", ${isOlder(version, '9.5') ? 'rolcatupdate' : 'NULL'} AS "can update system catalogs",
   rolcanlogin AS "can login", rolreplication AS "replication", rolvaliduntil::timestamp(0) AS "expiry time",
   rolconfig AS "defaults variables",
   (SELECT array_agg(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON m.roleid = g.oid WHERE m.member = pg_roles.oid) AS "groups"
   ${withPassword ? ', (SELECT a.rolpassword FROM pg_authid a WHERE a.oid = pg_roles.oid) AS "password"' : ''} FROM pg_roles`;

const FLAGS = [
  'superuser',
  'inherits privileges',
  'can create roles',
  'can create databases',
  'can update system catalogs',
  'can login',
  'replication',
];

const roleOf = (row: Row, withPassword: boolean): Role => ({
  ...Object.fromEntries(FLAGS.map((flag) => [flag, row[flag] === 't' ? true : row[flag] === 'f' ? false : null])),
  // Salt reads the number as a flag, so that it never tells it.
  connections: null,
  'expiry time': /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.exec(row['expiry time'] ?? '')?.[0] ?? null,
  'defaults variables': row['defaults variables'] ?? '',
  ...(withPassword ? { password: row['password'] ?? '' } : {}),
  groups: arrayOf(row['groups'] ?? ''),
});

export async function roleNamed(ctx: Ctx, server: Server, name: string, withPassword = false): Promise<Role | undefined> {
  const all = await roles(ctx, server, withPassword);
  if (all === undefined) ctx.log.error('Could not retrieve Postgres role. Is Postgres running?');
  return all !== undefined && Object.hasOwn(all, name) ? all[name] : undefined;
}

/** What a role is of itself: users log in, groups do not, and both have what the groups they are in may do. */
export type Kind = 'user' | 'group';

export async function createRole(ctx: Ctx, server: Server, kind: Kind, name: string, wanted: Wanted): Promise<boolean> {
  if ((await roleNamed(ctx, server, name)) !== undefined) {
    ctx.log.info(`${kind === 'user' ? 'User' : 'Group'} '${name}' already exists`);
    return false;
  }
  const clauses = clausesOf(name, { ...wanted, inherit: wanted.inherit ?? true, login: wanted.login ?? kind === 'user' });
  return await roleStatement(ctx, server, 'CREATE', name, clauses, wanted);
}

export async function updateRole(ctx: Ctx, server: Server, kind: Kind, name: string, wanted: Wanted): Promise<boolean> {
  const role = await roleNamed(ctx, server, name);
  if (role === undefined) {
    ctx.log.info(`${kind === 'user' ? 'User' : 'Group'} '${name}' could not be found`);
    return false;
  }
  // Who is no superuser may not say that the role shall be what it is.
  const same = Boolean(wanted.superuser) === Boolean(role['superuser']);
  return await roleStatement(ctx, server, 'ALTER', name, clausesOf(name, same ? { ...wanted, superuser: undefined } : wanted), wanted);
}

export async function removeRole(ctx: Ctx, server: Server, name: string): Promise<boolean> {
  if ((await roleNamed(ctx, server, name)) === undefined) {
    ctx.log.info(`User '${name}' does not exist`);
    return false;
  }
  await script(ctx, server, `DROP ROLE ${named(name)};\n`);
  if ((await roleNamed(ctx, server, name)) === undefined) return true;
  ctx.log.info(`Failed to delete user '${name}'.`);
  return false;
}

async function roleStatement(ctx: Ctx, server: Server, verb: string, name: string, clauses: string[], wanted: Wanted): Promise<boolean> {
  const given = clauses.length === 0 ? '' : ` WITH ${clauses.join(' ')}`;
  const grants = groupsOf(wanted.groups).map((group) => `GRANT ${named(group)} TO ${named(name)};`);
  return (await script(ctx, server, [`${verb} ROLE ${named(name)}${given};`, ...grants, ''].join('\n'))).retcode === 0;
}

const groupsOf = (groups: Returnable | undefined): string[] =>
  (Array.isArray(groups) ? groups.map(String) : String(groups ?? '').split(','))
    .map((group) => group.trim())
    .filter((group) => group !== '');

function clausesOf(name: string, wanted: Wanted): string[] {
  const flag = (value: boolean | undefined, word: string): string[] => (value === undefined ? [] : [value ? word : `NO${word}`]);
  return [
    ...flag(wanted.inherit, 'INHERIT'),
    ...flag(wanted.createdb, 'CREATEDB'),
    ...flag(wanted.createroles, 'CREATEROLE'),
    ...flag(wanted.superuser, 'SUPERUSER'),
    ...flag(wanted.replication, 'REPLICATION'),
    ...flag(wanted.login, 'LOGIN'),
    ...(wanted.connlimit === undefined ? [] : [`CONNECTION LIMIT ${Math.trunc(wanted.connlimit)}`]),
    ...passwordClause(name, wanted),
    ...(wanted.valid_until ? [`VALID UNTIL ${literal(wanted.valid_until)}`] : []),
  ];
}

function passwordClause(name: string, { rolepassword, encrypted }: Wanted): string[] {
  if (rolepassword === undefined || rolepassword === null || rolepassword === '') return [];
  // Numbers are no passwords for Salt, and a flag is a mistake that the server shall tell.
  if (typeof rolepassword === 'boolean') return [rolepassword ? 'PASSWORD' : 'NOPASSWORD'];
  if (typeof rolepassword !== 'string') return [];
  const stored = storedPassword(name, rolepassword, (encrypted ?? undefined) as Encryption);
  return [`${encrypted === false ? 'UNENCRYPTED' : 'ENCRYPTED'} PASSWORD ${literal(stored)}`];
}
