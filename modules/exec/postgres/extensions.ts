import { type Ctx, call } from '../../define.ts';
import { isOlder } from './loose.ts';
import { does, LOGIN, query, type Row, RUNAS, type Server } from './psql.ts';
import { literal, named } from './quote.ts';

const NOT_INSTALLED = 'EXTENSION NOT INSTALLED';
const INSTALLED = 'EXTENSION INSTALLED';
const TO_UPGRADE = 'EXTENSION TO UPGRADE';
const TO_MOVE = 'EXTENSION TO MOVE';

const name = { type: 'string', required: true, doc: 'the extension' } as const;
const schema = { type: 'string', doc: 'the schema it shall be in' } as const;
const ext_version = { type: 'string', doc: 'the version it shall have' } as const;

type Extensions = Readonly<Record<string, Row>>;
const by = (key: string, rows: readonly Row[]): Extensions => Object.fromEntries(rows.map((row) => [row[key] ?? '', row]));
const pick = (all: Extensions, wanted: string): Row | undefined => (Object.hasOwn(all, wanted) ? all[wanted] : undefined);

const available = async (ctx: Ctx, server: Server): Promise<Extensions> =>
  by('name', await query(ctx, server, 'SELECT * FROM pg_available_extensions()'));

const installed = async (ctx: Ctx, server: Server): Promise<Extensions> =>
  by(
    'extname',
    await query(ctx, server, 'SELECT e.*, n.nspname AS schema_name FROM pg_extension e JOIN pg_namespace n ON e.extnamespace = n.oid'),
  );

const isInstalled = async (ctx: Ctx, server: Server, wanted: string): Promise<boolean> =>
  pick(await installed(ctx, server), wanted) !== undefined;

async function isAvailable(ctx: Ctx, server: Server, wanted: string): Promise<boolean> {
  return Object.keys(await available(ctx, server)).some((known) => known.toLowerCase() === wanted.toLowerCase());
}

interface Wanted {
  readonly name: string;
  readonly schema?: string | undefined;
  readonly ext_version?: string | undefined;
}

/** How far an extension is from what it shall be, in Salt's words. */
async function standing(ctx: Ctx, server: Server, wanted: Wanted): Promise<string[]> {
  const found = pick(await installed(ctx, server), wanted.name);
  if (found === undefined) return [NOT_INSTALLED];
  const old = wanted.ext_version !== undefined && isOlder(found['extversion'] ?? '', bare(wanted.ext_version));
  const elsewhere = wanted.schema !== undefined && found['extrelocatable'] === 't' && found['schema_name'] !== wanted.schema;
  return [INSTALLED, ...(old ? [TO_UPGRADE] : []), ...(elsewhere ? [TO_MOVE] : [])];
}

/** Salt writes a version as it was given, so that some put it into quotes themselves. */
const bare = (version: string): string => version.replace(/^(['"])(.*)\1$/, '$2');

function creation(wanted: Wanted & { readonly from_version?: string | undefined }, ifNotExists: boolean): string {
  const options = [
    ...(wanted.schema ? [`SCHEMA ${named(wanted.schema)}`] : []),
    ...(wanted.ext_version ? [`VERSION ${literal(bare(wanted.ext_version))}`] : []),
    ...(wanted.from_version ? [`FROM ${literal(bare(wanted.from_version))}`] : []),
  ];
  const clause = options.length === 0 ? '' : ` WITH ${options.join(' ')}`;
  return `CREATE EXTENSION${ifNotExists ? ' IF NOT EXISTS' : ''} ${named(wanted.name)}${clause}`;
}

function alterations(wanted: Wanted, how: readonly string[]): string[] {
  const move = wanted.schema && how.includes(TO_MOVE) ? [`ALTER EXTENSION ${named(wanted.name)} SET SCHEMA ${named(wanted.schema)}`] : [];
  const version = wanted.ext_version;
  const raise = version && how.includes(TO_UPGRADE) ? [`ALTER EXTENSION ${named(wanted.name)} UPDATE TO ${literal(bare(version))}`] : [];
  return [...move, ...raise];
}

export const extensionCalls = {
  available_extensions: call({
    doc: 'The extensions that may be created, with what is known of them.',
    examples: ["tsalt '*' postgres.available_extensions"],
    args: { ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => available(ctx, args),
  }),
  installed_extensions: call({
    doc: 'The extensions that a database has, with what is known of them.',
    examples: ["tsalt '*' postgres.installed_extensions"],
    args: { ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => installed(ctx, args),
  }),
  get_available_extension: call({
    doc: 'What is known of an extension that may be created; None if it may not.',
    examples: ["tsalt '*' postgres.get_available_extension plpgsql"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: false,
    run: async (ctx, args) => pick(await available(ctx, args), args.name) ?? null,
  }),
  get_installed_extension: call({
    doc: 'What is known of an extension that a database has; None if it has not.',
    examples: ["tsalt '*' postgres.get_installed_extension plpgsql"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: false,
    run: async (ctx, args) => pick(await installed(ctx, args), args.name) ?? null,
  }),
  is_available_extension: call({
    doc: 'Whether an extension may be created; its letters may be large or small.',
    examples: ["tsalt '*' postgres.is_available_extension plpgsql"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => isAvailable(ctx, args, args.name),
  }),
  is_installed_extension: call({
    doc: 'Whether a database has an extension.',
    examples: ["tsalt '*' postgres.is_installed_extension plpgsql"],
    args: { name, ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => isInstalled(ctx, args, args.name),
  }),
  create_metadata: call({
    doc: 'How far an extension is from what it shall be: not installed, installed, to upgrade, to move.',
    examples: ["tsalt '*' postgres.create_metadata adminpack"],
    args: { name, ext_version, schema, ...LOGIN, ...RUNAS },
    changes: false,
    run: (ctx, args) => standing(ctx, args, args),
  }),
  drop_extension: call({
    doc: 'Take an extension out of a database. True if it has it no more.',
    examples: ["tsalt '*' postgres.drop_extension 'adminpack'"],
    args: {
      name,
      if_exists: { type: 'boolean', doc: 'no error if there is none; False by default' },
      restrict: { type: 'boolean', doc: 'not if something depends on it; False by default' },
      cascade: { type: 'boolean', doc: 'with what depends on it; True by default' },
      ...LOGIN,
      ...RUNAS,
    },
    changes: true,
    async run(ctx, args) {
      const how = [...((args.cascade ?? true) ? ['CASCADE'] : []), ...(args.restrict ? ['RESTRICT'] : [])];
      if (await isInstalled(ctx, args, args.name)) {
        await does(ctx, args, ['DROP EXTENSION', ...(args.if_exists ? ['IF EXISTS'] : []), named(args.name), ...how].join(' '));
      }
      const gone = !(await isInstalled(ctx, args, args.name));
      if (!gone) ctx.log.info(`Failed to drop ext: ${args.name}`);
      return gone;
    },
  }),
  create_extension: call({
    doc: 'Put an extension into a database, move it or raise its version. True if it is then as it shall be.',
    examples: ["tsalt '*' postgres.create_extension 'adminpack'"],
    args: {
      name,
      if_not_exists: { type: 'boolean', doc: 'no error if it is there; True by default' },
      schema,
      ext_version,
      from_version: { type: 'string', doc: 'the version of which the old kind of module is taken over' },
      ...LOGIN,
      ...RUNAS,
    },
    changes: true,
    async run(ctx, args) {
      const before = await standing(ctx, args, args);
      const absent = before.includes(NOT_INSTALLED);
      if (await isAvailable(ctx, args, args.name)) {
        const statements = absent ? [creation(args, args.if_not_exists ?? true)] : alterations(args, before);
        for (const statement of statements) await does(ctx, args, statement);
      }
      const right = (await standing(ctx, args, args)).every((flag) => flag === INSTALLED);
      if (!right) ctx.log.info(`Failed to create ext: ${args.name}`);
      return right;
    },
  }),
};
