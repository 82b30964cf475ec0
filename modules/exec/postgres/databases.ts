import { type Ctx, call, type Returnable } from '../../define.ts';
import { ownerTo } from './owner.ts';
import { does, LOGIN, query, RUNAS, type Server, told, versionOf } from './psql.ts';
import { fenced, literal, named, word } from './quote.ts';

const name = { type: 'string', required: true, doc: 'the database' } as const;

/** Rows by their column `Name`, without it. */
export const byName = (rows: readonly Readonly<Record<string, string>>[]): Record<string, Record<string, string>> =>
  Object.fromEntries(rows.map(({ Name = '', ...row }) => [Name, row]));

const databases = async (ctx: Ctx, server: Server): Promise<Record<string, Record<string, string>>> =>
  byName(
    await query(
      ctx,
      server,
      'SELECT datname AS "Name", rolname AS "Owner", pg_encoding_to_char(encoding) AS "Encoding", datcollate AS "Collate",' +
        ' datctype AS "Ctype", datacl AS "Access privileges", spcname AS "Tablespace" FROM pg_database' +
        ' JOIN pg_roles ON pg_roles.oid = datdba JOIN pg_tablespace ON pg_tablespace.oid = dattablespace',
    ),
  );

export const databaseCalls = {
  version: call({
    doc: 'The version of the server; None if it does not answer.',
    examples: ["tsalt '*' postgres.version"],
    args: { ...LOGIN, ...RUNAS },
    changes: false,
    run: async (ctx, args) => (await versionOf(ctx, args)) ?? null,
  }),
  psql_query: call({
    doc: 'The rows of a query, each a map of texts; none if it fails.',
    examples: [`tsalt '*' postgres.psql_query 'select * from pg_stat_activity'`],
    args: {
      query: { type: 'string', required: true, doc: 'one statement that returns rows' },
      ...LOGIN,
      ...RUNAS,
      write: { type: 'boolean', default: false, doc: 'in a transaction that may write: `INSERT ... RETURNING`' },
    },
    changes: true,
    run: (ctx, args) => query(ctx, args, args.query, args.write),
  }),
  db_list: call({
    doc: 'All databases with what is known of them.',
    examples: ["tsalt '*' postgres.db_list"],
    args: { ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => databases(ctx, args),
  }),
  db_exists: call({
    doc: 'Whether there is such a database.',
    examples: ["tsalt '*' postgres.db_exists 'dbname'"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: false,
    run: async (ctx, args) => Object.hasOwn(await databases(ctx, args), args.name),
  }),
  db_create: call({
    doc: 'Create a database.',
    examples: ["tsalt '*' postgres.db_create 'dbname'", "tsalt '*' postgres.db_create 'dbname' template=template_postgis"],
    args: {
      name,
      ...LOGIN,
      tablespace: { type: 'string', doc: 'where it lies' },
      encoding: { type: 'string', doc: 'its encoding, such as UTF8' },
      lc_collate: { type: 'string', doc: 'the locale that texts are sorted by' },
      lc_ctype: { type: 'string', doc: 'the locale that letters are told by' },
      owner: { type: 'string', doc: 'the role that owns it' },
      template: { type: 'string', doc: 'the database it is copied from' },
      ...RUNAS,
    },
    changes: true,
    run(ctx, args) {
      const options = Object.entries({
        TABLESPACE: args.tablespace === undefined ? undefined : fenced(args.tablespace, '"'),
        OWNER: args.owner === undefined ? undefined : fenced(args.owner, '"'),
        TEMPLATE: args.template === undefined ? undefined : word(args.template),
        ENCODING: args.encoding === undefined ? undefined : fenced(args.encoding, "'"),
        LC_COLLATE: args.lc_collate === undefined ? undefined : fenced(args.lc_collate, "'"),
        LC_CTYPE: args.lc_ctype === undefined ? undefined : fenced(args.lc_ctype, "'"),
      }).filter(([, value]) => value !== undefined);
      const clause = options.length === 0 ? '' : ` WITH ${options.map(([key, value]) => `${key} = ${value}`).join(' ')}`;
      return does(ctx, args, `CREATE DATABASE ${named(args.name)}${clause}`);
    },
  }),
  db_alter: call({
    doc: 'Change the owner of a database, or where it lies.',
    examples: ["tsalt '*' postgres.db_alter dbname owner=otheruser"],
    args: {
      name,
      ...LOGIN,
      tablespace: { type: 'string', doc: 'where it shall lie' },
      owner: { type: 'string', doc: 'the role that shall own it' },
      owner_recurse: { type: 'boolean', default: false, doc: 'the role shall own all that is in it, too' },
      ...RUNAS,
    },
    changes: true,
    async run(ctx, args) {
      if (args.owner && args.owner_recurse) return (await ownerTo(ctx, args, args.name, args.owner)).retcode === 0;
      const statements = [
        ...(args.owner ? [`ALTER DATABASE ${named(args.name)} OWNER TO ${named(args.owner)}`] : []),
        ...(args.tablespace ? [`ALTER DATABASE ${named(args.name)} SET TABLESPACE ${named(args.tablespace)}`] : []),
      ];
      for (const statement of statements) if (!(await does(ctx, args, statement))) return false;
      return true;
    },
  }),
  db_remove: call({
    doc: 'Remove a database, ending the sessions in it.',
    examples: ["tsalt '*' postgres.db_remove 'dbname'"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: true,
    async run(ctx, args) {
      const statements = [
        `REVOKE CONNECT ON DATABASE ${named(args.name)} FROM public;`,
        `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(args.name)} AND pid <> pg_backend_pid();`,
        `DROP DATABASE ${named(args.name)};`,
      ];
      for (const statement of statements) {
        const { retcode, stderr } = await told(ctx, args, statement);
        // Salt raises a plain Exception here, which its callers may tell from a refusal.
        if (retcode !== 0) throw new Error(`Failed: the database ${args.name} was not removed: ${stderr}`);
      }
      return true;
    },
  }),
  owner_to: call({
    doc: 'Make a role the owner of a database and of all schemas, tables, functions, aggregates and sequences in it.',
    examples: ["tsalt '*' postgres.owner_to 'dbname' 'username'"],
    args: {
      dbname: name,
      ownername: { type: 'string', required: true, doc: 'the role that shall own all' },
      user: LOGIN.user,
      host: LOGIN.host,
      port: LOGIN.port,
      password: LOGIN.password,
      ...RUNAS,
    },
    changes: true,
    run: (ctx, args): Promise<Returnable> => ownerTo(ctx, args, args.dbname, args.ownername),
  }),
};
