import { type Ctx, call, type Returnable } from '../../define.ts';
import { byName } from './databases.ts';
import { does, LOGIN, query, RUNAS, type Server } from './psql.ts';
import { literal, named } from './quote.ts';

const name = { type: 'string', required: true, doc: 'the tablespace' } as const;

const tablespaces = async (ctx: Ctx, server: Server): Promise<Record<string, Record<string, string>>> =>
  byName(
    await query(
      ctx,
      server,
      'SELECT spcname AS "Name", rolname AS "Owner", spcacl AS "ACL", spcoptions AS "Opts",' +
        ' pg_tablespace_location(pg_tablespace.oid) AS "Location" FROM pg_tablespace JOIN pg_roles ON pg_roles.oid = spcowner',
    ),
  );

const optionsText = (options: Readonly<Record<string, Returnable>>): string =>
  Object.entries(options)
    .map(([key, value]) => `${key} = ${value}`)
    .join(', ');

export const tablespaceCalls = {
  tablespace_list: call({
    doc: 'All tablespaces with what is known of them.',
    examples: ["tsalt '*' postgres.tablespace_list"],
    args: { ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => tablespaces(ctx, args),
  }),
  tablespace_exists: call({
    doc: 'Whether there is such a tablespace.',
    examples: ["tsalt '*' postgres.tablespace_exists 'dbname'"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: false,
    run: async (ctx, args) => Object.hasOwn(await tablespaces(ctx, args), args.name),
  }),
  tablespace_create: call({
    doc: 'Create a tablespace in an empty directory that PostgreSQL may write to.',
    examples: ["tsalt '*' postgres.tablespace_create tablespacename '/path/datadir'"],
    args: {
      name,
      location: { type: 'string', required: true, doc: 'the directory' },
      options: { type: 'map', doc: 'options such as seq_page_cost' },
      owner: { type: 'string', doc: 'the role that owns it' },
      ...LOGIN,
      ...RUNAS,
    },
    changes: true,
    run(ctx, args) {
      const owner = args.owner ? ` OWNER ${named(args.owner)}` : '';
      const options = args.options && Object.keys(args.options).length > 0 ? ` WITH (${optionsText(args.options)})` : '';
      return does(ctx, args, `CREATE TABLESPACE ${named(args.name)}${owner} LOCATION ${literal(args.location)}${options}`);
    },
  }),
  tablespace_alter: call({
    doc: 'Change the name, the owner or an option of a tablespace.',
    examples: [
      "tsalt '*' postgres.tablespace_alter tsname new_owner=otheruser",
      "tsalt '*' postgres.tablespace_alter index_space new_name=fast_raid",
    ],
    args: {
      name,
      ...LOGIN,
      new_name: { type: 'string', doc: 'its new name' },
      new_owner: { type: 'string', doc: 'the role that shall own it' },
      set_option: { type: 'map', doc: 'options to set' },
      reset_option: { type: 'string', doc: 'an option to take back' },
      ...RUNAS,
    },
    changes: true,
    async run(ctx, args) {
      // Renamed last: the other statements know it by its old name.
      const changes = [
        ...(args.new_owner ? [`OWNER TO ${named(args.new_owner)}`] : []),
        ...(args.set_option && Object.keys(args.set_option).length > 0 ? [`SET (${optionsText(args.set_option)})`] : []),
        ...(args.reset_option ? [`RESET (${args.reset_option})`] : []),
        ...(args.new_name ? [`RENAME TO ${named(args.new_name)}`] : []),
      ];
      for (const change of changes) if (!(await does(ctx, args, `ALTER TABLESPACE ${named(args.name)} ${change}`))) return false;
      return true;
    },
  }),
  tablespace_remove: call({
    doc: 'Remove an empty tablespace.',
    examples: ["tsalt '*' postgres.tablespace_remove tsname"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: true,
    run: (ctx, args) => does(ctx, args, `DROP TABLESPACE ${named(args.name)}`),
  }),
};
