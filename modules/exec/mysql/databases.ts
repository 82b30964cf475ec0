import { type Ctx, call, type Returnable } from '../../define.ts';
import { identifier } from './names.ts';
import { CONNECTION, type Session, talk } from './session.ts';

const name = { type: 'string', required: true, doc: 'the database' } as const;
const character_set = { type: 'string', doc: 'the character set of its texts' } as const;
const collate = { type: 'string', doc: 'the order of its texts' } as const;
const table = { type: 'string', doc: 'one table; all by default' } as const;

const exists = async (session: Session, wanted: string): Promise<boolean> =>
  (await session.rows('SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = ?', [wanted])).length === 1;

async function settings(session: Session, wanted: string): Promise<Record<string, Returnable>> {
  const [row] = await session.rows(
    'SELECT DEFAULT_CHARACTER_SET_NAME AS c, DEFAULT_COLLATION_NAME AS o FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = ?',
    [wanted],
  );
  return row === undefined ? {} : { character_set: row['c'] ?? null, collate: row['o'] ?? null };
}

const tables = async (session: Session, database: string): Promise<string[]> =>
  (await session.rows(`SHOW TABLES IN ${identifier(database)}`)).map((row) => String(Object.values(row)[0]));

const maintenance = (verb: 'CHECK' | 'REPAIR' | 'OPTIMIZE', doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' mysql.db_${verb.toLowerCase()} dbname`, `tsalt '*' mysql.db_${verb.toLowerCase()} dbname dbtable`],
    args: { name, table },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: args.table === undefined ? [] : {}, login: ctx.extra }, async (session) => {
        const each = (one: string): Promise<Returnable> => session.rows(`${verb} TABLE ${identifier(args.name)}.${identifier(one)}`);
        if (args.table !== undefined) return await each(args.table);
        const found: Returnable[] = [];
        for (const one of (await exists(session, args.name)) ? await tables(session, args.name) : []) found.push(await each(one));
        return found;
      }),
  });

const options = (args: { readonly character_set?: string | undefined; readonly collate?: string | undefined }) => ({
  sql: `${args.character_set ? ' CHARACTER SET ?' : ''}${args.collate ? ' COLLATE ?' : ''}`,
  values: [args.character_set, args.collate].filter(Boolean),
});

/** Those without which there is no server. */
const NEVER_REMOVED = ['mysql', 'information_schema'];

async function remove(ctx: Ctx, session: Session, database: string): Promise<boolean> {
  if (!(await exists(session, database))) {
    ctx.log.info(`DB '${database}' does not exist`);
    return false;
  }
  if (NEVER_REMOVED.includes(database)) {
    ctx.log.info(`DB '${database}' may not be removed`);
    return false;
  }
  await session.run(`DROP DATABASE ${identifier(database)}`);
  return !(await exists(session, database));
}

export const databaseCalls = {
  db_list: call({
    doc: 'The names of all databases.',
    examples: ["tsalt '*' mysql.db_list"],
    args: {},
    extra: CONNECTION,
    changes: false,
    run: (ctx): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: [], login: ctx.extra }, async (session) =>
        (await session.rows('SHOW DATABASES')).map((row) => Object.values(row)[0] ?? null),
      ),
  }),
  db_exists: call({
    doc: 'Whether there is such a database.',
    examples: ["tsalt '*' mysql.db_exists 'dbname'"],
    args: { name },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args) => talk<boolean>(ctx, { failed: false, login: ctx.extra }, (session) => exists(session, args.name)),
  }),
  db_get: call({
    doc: 'The character set of a database and the order of its texts; empty if there is no such database.',
    examples: ["tsalt '*' mysql.db_get test"],
    args: { name },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: [], login: ctx.extra }, (session) => settings(session, args.name)),
  }),
  db_tables: call({
    doc: 'The names of the tables of a database; False if there is no such database.',
    examples: ["tsalt '*' mysql.db_tables 'database'"],
    args: { name },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: false, login: ctx.extra }, async (session) => {
        if (await exists(session, args.name)) return await tables(session, args.name);
        ctx.log.info(`Database '${args.name}' does not exist`);
        return false;
      }),
  }),
  db_create: call({
    doc: 'Create a database. False if there is one of that name.',
    examples: ["tsalt '*' mysql.db_create 'dbname'", "tsalt '*' mysql.db_create 'dbname' 'utf8' 'utf8_general_ci'"],
    args: { name, character_set, collate },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, async (session) => {
        if (await exists(session, args.name)) {
          ctx.log.info(`DB '${args.name}' already exists`);
          return false;
        }
        const { sql, values } = options(args);
        return (await session.run(`CREATE DATABASE IF NOT EXISTS ${identifier(args.name)}${sql}`, values)) > 0;
      }),
  }),
  alter_db: call({
    doc: 'Change the character set of a database, or the order of its texts.',
    examples: ["tsalt '*' mysql.alter_db testdb charset='latin1'"],
    args: { name, character_set, collate },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: false, login: ctx.extra }, async (session) => {
        const { sql, values } = options(args);
        return sql !== '' && (await session.run(`ALTER DATABASE ${identifier(args.name)}${sql}`, values)) > 0;
      }),
  }),
  db_remove: call({
    doc: 'Remove a database. False if there is none, or if the server could not do without it.',
    examples: ["tsalt '*' mysql.db_remove 'dbname'"],
    args: { name },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) => talk<boolean>(ctx, { failed: false, login: ctx.extra }, (session) => remove(ctx, session, args.name)),
  }),
  db_check: maintenance('CHECK', 'Look for faults in one table of a database, or in all.'),
  db_repair: maintenance('REPAIR', 'Repair one table of a database, or all.'),
  db_optimize: maintenance('OPTIMIZE', 'Give back the unused space of one table of a database, or of all.'),
};
