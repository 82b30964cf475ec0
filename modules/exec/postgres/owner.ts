import type { Ctx } from '../../define.ts';
import { type Ended, query, type Server, script } from './psql.ts';
import { named } from './quote.ts';

const OURS = "nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\\_t%'";
const routines = (kind: string, condition: string): [string, string] => [
  kind,
  `SELECT p.oid::regprocedure::text AS n FROM pg_proc p JOIN pg_namespace ON pronamespace = pg_namespace.oid WHERE ${OURS} AND ${condition}`,
];

/** What a database holds, by the word of ALTER, with the query that names each in quotes where needed. */
const HELD: readonly (readonly [string, string])[] = [
  ['SCHEMA', `SELECT quote_ident(nspname) AS n FROM pg_namespace WHERE ${OURS}`],
  [
    'TABLE',
    `SELECT quote_ident(nspname) || '.' || quote_ident(relname) AS n FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid WHERE ${OURS} AND relkind IN ('r', 'p', 'v', 'm', 'f')`,
  ],
  routines('FUNCTION', "prokind IN ('f', 'w')"),
  routines('PROCEDURE', "prokind = 'p'"),
  routines('AGGREGATE', "prokind = 'a'"),
  // The sequence of a serial column goes with its table, and would refuse.
  [
    'SEQUENCE',
    `SELECT quote_ident(nspname) || '.' || quote_ident(relname) AS n FROM pg_class c JOIN pg_namespace ON relnamespace = pg_namespace.oid WHERE ${OURS} AND relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))`,
  ],
];

/** Gives a database and what is in it to a role, in one transaction. PostgreSQL 11 and later. */
export async function ownerTo(ctx: Ctx, server: Server, database: string, owner: string): Promise<Ended> {
  const inside: Server = { ...server, maintenance_db: database };
  const statements = [`ALTER DATABASE ${named(database)} OWNER TO ${named(owner)};`];
  for (const [kind, listed] of HELD) {
    for (const { n = '' } of await query(ctx, inside, listed)) statements.push(`ALTER ${kind} ${n} OWNER TO ${named(owner)};`);
  }
  return await script(ctx, inside, `${statements.join('\n')}\n`);
}
