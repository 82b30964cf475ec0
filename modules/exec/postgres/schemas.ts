import { type Ctx, call } from '../../define.ts';
import { does, query, type Server } from './psql.ts';
import { named } from './quote.ts';

const dbname = { type: 'string', required: true, doc: 'the database' } as const;
const name = { type: 'string', required: true, doc: 'the schema' } as const;
const user = { type: 'string', doc: 'the system user to run psql as' } as const;
const db_user = { type: 'string', doc: 'the role to log in as' } as const;
const db_password = { type: 'string', doc: 'the password of the role to log in as' } as const;
const db_host = { type: 'string', doc: 'the host, or the directory of the socket' } as const;
const db_port = { type: 'any', doc: 'the port' } as const;
/** In Salt's order. */
const LOGIN = { user, db_user, db_password, db_host, db_port } as const;

interface Asked {
  readonly dbname: string;
  readonly user: string | undefined;
  readonly db_user: string | undefined;
  readonly db_password: string | undefined;
  readonly db_host: string | undefined;
  readonly db_port: Server['port'];
}

const serverOf = (asked: Asked): Server => ({
  user: asked.db_user,
  host: asked.db_host,
  port: asked.db_port,
  password: asked.db_password,
  maintenance_db: asked.dbname,
  runas: asked.user,
});

type Schemas = Readonly<Record<string, { readonly owner: string; readonly acl: string }>>;

async function schemas(ctx: Ctx, server: Server): Promise<Schemas> {
  const rows = await query(
    ctx,
    server,
    'SELECT nspname AS "name", nspacl AS "acl", rolname AS "owner" FROM pg_namespace LEFT JOIN pg_roles ON pg_roles.oid = nspowner',
  );
  return Object.fromEntries(rows.map((row) => [row['name'] ?? '', { owner: row['owner'] ?? '', acl: row['acl'] ?? '' }]));
}

const schemaNamed = async (ctx: Ctx, server: Server, wanted: string) => {
  const all = await schemas(ctx, server);
  return Object.hasOwn(all, wanted) ? all[wanted] : undefined;
};

export const schemaCalls = {
  schema_list: call({
    doc: 'All schemas of a database with their owners and privileges.',
    examples: ["tsalt '*' postgres.schema_list dbname"],
    args: { dbname, ...LOGIN },
    changes: false,
    run: (ctx, args) => schemas(ctx, serverOf(args)),
  }),
  schema_get: call({
    doc: 'Owner and privileges of a schema; None if there is none.',
    examples: ["tsalt '*' postgres.schema_get dbname name"],
    args: { dbname, name, ...LOGIN },
    changes: false,
    run: async (ctx, args) => (await schemaNamed(ctx, serverOf(args), args.name)) ?? null,
  }),
  schema_exists: call({
    doc: 'Whether a database has such a schema.',
    examples: ["tsalt '*' postgres.schema_exists dbname schemaname"],
    args: { dbname, name, ...LOGIN },
    changes: false,
    run: async (ctx, args) => (await schemaNamed(ctx, serverOf(args), args.name)) !== undefined,
  }),
  schema_create: call({
    doc: 'Create a schema. False if the database has it.',
    examples: ["tsalt '*' postgres.schema_create dbname name owner='owner'"],
    args: { dbname, name, owner: { type: 'string', doc: 'the role that owns it' }, ...LOGIN },
    changes: true,
    async run(ctx, args) {
      const server = serverOf(args);
      if ((await schemaNamed(ctx, server, args.name)) !== undefined) {
        ctx.log.info(`'${args.name}' already exists in '${args.dbname}'`);
        return false;
      }
      const owner = args.owner === undefined ? '' : ` AUTHORIZATION ${named(args.owner)}`;
      return await does(ctx, server, `CREATE SCHEMA ${named(args.name)}${owner}`);
    },
  }),
  schema_remove: call({
    doc: 'Remove a schema. False if the database has none, or if something is in it.',
    examples: ["tsalt '*' postgres.schema_remove dbname schemaname"],
    args: { dbname, name, ...LOGIN },
    changes: true,
    async run(ctx, args) {
      const server = serverOf(args);
      if ((await schemaNamed(ctx, server, args.name)) === undefined) {
        ctx.log.info(`Schema '${args.name}' does not exist in '${args.dbname}'`);
        return false;
      }
      await does(ctx, server, `DROP SCHEMA ${named(args.name)}`);
      const gone = (await schemaNamed(ctx, server, args.name)) === undefined;
      if (!gone) ctx.log.info(`Failed to delete schema '${args.name}'.`);
      return gone;
    },
  }),
};
