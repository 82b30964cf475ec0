import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { CONNECTION } from '../../../modules/exec/mysql/session.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan, undecided } from '../machine/words.ts';
import { ask, withReason } from './server.ts';

const NAME = { name: { type: 'string', required: true, doc: 'what the query is called here' } } as const;
const DATABASE = { database: { type: 'string', required: true, doc: 'the database it is for' } } as const;
const COMMON = {
  output: { type: 'string', doc: '`grain`, or the path of a file that its result is written to; none: the comment alone' },
  grain: { type: 'string', doc: 'the grain that keeps its result' },
  key: { type: 'string', doc: 'the key within that grain' },
  overwrite: { type: 'boolean', default: true, doc: 'also where there is such a file, grain or key' },
  check_db_exists: { type: 'boolean', default: true, doc: 'not where there is no such database' },
  client_flags: { type: 'any', doc: 'a list of flags of the connection, such as multi_statements' },
} as const;
const RUN = { ...NAME, ...DATABASE, query: { type: 'string', required: true, doc: 'the statement' }, ...COMMON } as const;
const RUN_FILE = {
  ...NAME,
  ...DATABASE,
  query_file: { type: 'string', required: true, doc: 'the file: a path or a url' },
  ...COMMON,
} as const;
type Common = ArgsOf<typeof DATABASE & typeof COMMON>;
type Result = Readonly<Record<string, Returnable>>;

interface Query {
  readonly fun: 'query' | 'file_query';
  readonly text: string;
  /** What the comment calls a database that is not there. */
  readonly missing: string;
}

async function settle(ctx: StateCtx, args: Common, query: Query): Promise<Verdict> {
  const flags = args.client_flags ?? [];
  if (!Array.isArray(flags)) return failed('Error: client_flags must be a list.');
  if (args.check_db_exists) {
    const { value, error } = await ask(ctx, 'db_exists', [args.database], { client_flags: flags });
    if (error !== undefined) return failed(error);
    if (value !== true) return undecided(`Database ${query.missing} is not present`);
  }
  const store = await storeOf(ctx, args);
  if ('comment' in store) return store;
  return plan(`Query would execute, ${store.foretold}`, async () => {
    const { value, error } = await ask(ctx, query.fun, [args.database, query.text], { client_flags: flags });
    const result = value as Result | false;
    if (result === false || Object.keys(result).length === 0) return failed(withReason('The query was not executed', error));
    const named = withNames(result);
    await store.keep(named);
    return inOrder(shown(named), { query: `Executed${store.told}` });
  });
}

/** Where a result goes. */
interface Store {
  readonly foretold: string;
  readonly told: string;
  keep(result: Result): Promise<void>;
}

/** Where the result goes, or why there is nothing to do. */
async function storeOf(ctx: StateCtx, { output, grain, key, overwrite }: Common): Promise<Store | Outcome> {
  if (output === undefined) return { foretold: 'not storing result', told: '', keep: async () => {} };
  if (output !== 'grain') {
    const there = existsSync(output) && statSync(output).isFile();
    if (!overwrite && there) return inOrder(`No execution needed. File ${output} already set`);
    const keep = (result: Result): Promise<void> => writeFile(output, linesOf(result));
    return { foretold: `storing result in file: ${output}`, told: `. Output into ${output}`, keep };
  }
  if (grain === undefined) return failed("Error: output type 'grain' needs the grain parameter\n");
  const grains = (await ctx.call('grains.items')) as Readonly<Record<string, Returnable>>;
  const known = Object.hasOwn(grains, grain) ? (grains[grain] ?? null) : undefined;
  const label = key === undefined ? grain : `${grain}:${key}`;
  const set = key === undefined ? known !== undefined : Object.hasOwn(Object(known), key);
  if (!overwrite && set) return inOrder(`No execution needed. Grain ${label} already set`);
  const keep = async (result: Result): Promise<void> => {
    await ctx.call('grains.setval', [grain, key === undefined ? result : { ...Object(known), [key]: result }]);
  };
  return { foretold: `storing result in grain: ${label}`, told: `. Output into grain: ${label}`, keep };
}

/** Rows by the names of their columns. Those of a file have the rows of each of its statements. */
function withNames(result: Result): Result {
  const { columns, results } = result as { columns?: readonly Returnable[]; results?: readonly (readonly Returnable[])[] };
  if (columns === undefined || results === undefined) return result;
  const rows = columns.every((one) => Array.isArray(one))
    ? (columns as readonly (readonly Returnable[])[]).flatMap((names, index) =>
        ((results[index] ?? []) as readonly (readonly Returnable[])[]).map((row) => byName(names, row)),
      )
    : results.map((row) => byName(columns, row));
  return { ...result, results: rows };
}
const byName = (names: readonly Returnable[], row: readonly Returnable[]): Record<string, Returnable> =>
  Object.fromEntries(names.map((name, index) => [String(name), row[index] ?? null]));

/** `column:value` in lines, or what is told of a statement that has no rows. */
function linesOf(result: Result): string {
  const maps = (result['results'] as readonly Result[] | undefined) ?? [result];
  return maps.flatMap((map) => Object.entries(map).map(([key, value]) => `${key}:${shown(value)}\n`)).join('');
}

/** Queries on a MySQL or MariaDB server. */
export default stateModule({
  name: 'mysql_query',
  doc: 'Queries on a MySQL or MariaDB server.',
  states: {
    run: state({
      doc: 'A statement that is run each time, or until its result is kept somewhere.',
      examples: ['prices:\n  mysql_query.run:\n    - database: shop\n    - query: SELECT * FROM prices\n    - output: /srv/prices.txt'],
      args: RUN,
      extra: CONNECTION,
      check: (ctx, args) => settle(ctx, args, { fun: 'query', text: args.query, missing: args.name }),
    }),
    run_file: state({
      doc: 'A file of statements that is run each time, or until its result is kept somewhere.',
      args: RUN_FILE,
      extra: CONNECTION,
      check: async (ctx, args) => {
        const remote = /^(https?|salt|s3|swift):\/\//.test(args.query_file);
        const cached = remote ? await ctx.call('cp.cache_file', [args.query_file], { saltenv: ctx.saltenv }) : '';
        const path = String(cached || args.query_file);
        if (!existsSync(path)) return failed(`File ${path} does not exist`);
        return await settle(ctx, args, { fun: 'file_query', text: path, missing: args.database });
      },
    }),
  },
});
