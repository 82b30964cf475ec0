import type { Kind } from './acl.ts';
import { literal, named, word } from './quote.ts';

/** An object that privileges are given on; `schema` counts for tables, sequences and functions. */
export interface Target {
  readonly kind: Kind;
  readonly name: string;
  readonly schema: string;
}

interface Source {
  readonly from: string;
  /** The columns with the access control list and with the owner's oid. */
  readonly acl: string;
  readonly owner: string;
  readonly where: (name: string, schema: string) => string;
}

const relation = (kinds: string): Source => ({
  from: 'pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid',
  acl: 'relacl',
  owner: 'relowner',
  where: (name, schema) => `nspname = ${literal(schema)} AND relname = ${literal(name)} AND relkind IN (${kinds})`,
});
const plain = (from: string, acl: string, owner: string, column: string): Source => ({
  from,
  acl,
  owner,
  where: (name) => `${column} = ${literal(name)}`,
});

const SOURCES: Readonly<Record<Kind, Source>> = {
  table: relation("'r', 'v', 'p', 'm', 'f'"),
  sequence: relation("'S'"),
  schema: plain('pg_namespace', 'nspacl', 'nspowner', 'nspname'),
  tablespace: plain('pg_tablespace', 'spcacl', 'spcowner', 'spcname'),
  language: plain('pg_language', 'lanacl', 'lanowner', 'lanname'),
  database: plain('pg_database', 'datacl', 'datdba', 'datname'),
  function: {
    from: 'pg_proc p JOIN pg_namespace ON pronamespace = pg_namespace.oid',
    acl: 'proacl',
    owner: 'proowner',
    where: (name, schema) => `nspname = ${literal(schema)} AND p.oid::regprocedure::text = ${literal(name)}`,
  },
};

export const aclQuery = ({ kind, name, schema }: Target): string =>
  `SELECT ${SOURCES[kind].acl} AS name FROM ${SOURCES[kind].from} WHERE ${SOURCES[kind].where(name, schema)}`;

export const ownerQuery = ({ kind, name, schema }: Target): string =>
  `SELECT rolname AS name FROM ${SOURCES[kind].from} JOIN pg_roles r ON r.oid = ${SOURCES[kind].owner} WHERE ${SOURCES[kind].where(name, schema)}`;

/** The roles that are in a group, and whether they may take others in. */
export const membersQuery = (group: string): string =>
  `SELECT r.rolname, m.admin_option FROM pg_auth_members m JOIN pg_roles r ON m.member = r.oid
   WHERE m.roleid IN (SELECT oid FROM pg_roles WHERE rolname = ${literal(group)}) ORDER BY r.rolname`;

/** `TABLE public."users"`, `ALL TABLES IN SCHEMA public`: what stands after ON. */
export function objectClause({ kind, name, schema }: Target): string {
  if (!['table', 'sequence', 'function'].includes(kind)) return `${kind.toUpperCase()} ${named(name)}`;
  if (name.toUpperCase() === 'ALL') return `ALL ${kind.toUpperCase()}S IN SCHEMA ${word(schema)}`;
  // The types of a function's arguments are no part of its name.
  const [, head = name, types = ''] = (kind === 'function' && /^(.*?)(\(.*\))$/.exec(name)) || [];
  return `${kind.toUpperCase()} ${word(schema)}.${named(head)}${types}`;
}
