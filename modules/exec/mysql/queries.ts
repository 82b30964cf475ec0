import { readFile } from 'node:fs/promises';
import { type Ctx, call, float, type Returnable } from '../../define.ts';
import { CONNECTION, type Login, type Session, talk } from './session.ts';
import { splitStatements } from './statements.ts';

const database = { type: 'string', required: true, doc: 'the database it is for' } as const;

interface Answer {
  readonly seconds: number;
  readonly affected: number;
  readonly columns?: readonly string[];
  readonly results?: readonly Returnable[];
}

/** Runs statements one after the other in one session; false if one fails, undefined if the server lets nobody in. */
async function ask(ctx: Ctx, login: Login, statements: readonly string[]): Promise<Answer[] | false | undefined> {
  let reached = false;
  const answers = await talk<Answer[] | undefined>(ctx, { failed: undefined, login }, async (session) => {
    reached = true;
    const found: Answer[] = [];
    for (const sql of statements) found.push(await answerOf(session, sql));
    return found;
  });
  return answers ?? (reached ? false : undefined);
}

async function answerOf(session: Session, sql: string): Promise<Answer> {
  const start = performance.now();
  const { columns, rows, affected } = await session.table(sql);
  const answer = { seconds: (performance.now() - start) / 1000, affected };
  return /^\s*(select|show|desc)/i.test(sql) ? { ...answer, columns: columns ?? [], results: rows } : answer;
}

const human = (seconds: number): string => (seconds < 0.2 ? `${fixed(seconds * 1000, 1)}ms` : `${fixed(seconds, 2)}s`);

/** A number rounded, as Python writes a float: `39.0`. */
const fixed = (value: number, digits: number): string => {
  const text = String(Number(value.toFixed(digits)));
  return text.includes('.') ? text : `${text}.0`;
};

const worded = ({ seconds, affected, columns, results }: Answer): Record<string, Returnable> => ({
  'query time': { human: human(seconds), raw: fixed(seconds, 5) },
  ...(columns === undefined ? { 'rows affected': affected } : { 'rows returned': affected, columns, results: results ?? [] }),
});

const SCHEMES = /^(salt|https?|swift|s3):\/\//;

async function textOf(ctx: Ctx, name: string): Promise<string | undefined> {
  const path = SCHEMES.test(name) ? await ctx.call('cp.cache_file', [name]) : name;
  try {
    return await readFile(String(path || name), 'utf8');
  } catch (error) {
    ctx.log.error(`File "${name}" does not exist: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** What is found of nothing is left out, as Salt does. */
function together(answers: readonly Answer[]): Record<string, Returnable> {
  const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);
  const seconds = sum(answers.map((answer) => answer.seconds));
  const tables = answers.filter((answer) => answer.columns !== undefined);
  const parts: [string, Returnable, boolean][] = [
    ['rows returned', sum(tables.map((answer) => answer.affected)), tables.some((answer) => answer.affected > 0)],
    ['columns', tables.map((answer) => answer.columns ?? []), tables.length > 0],
    ['results', tables.map((answer) => answer.results ?? []), tables.length > 0],
    ['rows affected', sum(answers.filter((one) => one.columns === undefined).map((one) => one.affected)), true],
  ];
  const found = parts.filter(([, value, there]) => there && value !== 0).map(([key, value]) => [key, value]);
  return {
    ...Object.fromEntries(found),
    'query time': { human: `${fixed(seconds, 2)}s`, raw: float(Number(seconds.toFixed(5))) },
  };
}

export const queryCalls = {
  query: call({
    doc: 'Run a statement. Of SELECT, SHOW and DESC the columns and rows are returned, values as texts; of others how many rows they changed.',
    examples: [
      `tsalt '*' mysql.query mydb "UPDATE mytable set myfield=1 limit 1"`,
      `tsalt '*' mysql.query mydb "SELECT id,name from mytable"`,
    ],
    args: { database, query: { type: 'string', required: true, doc: 'the statement' } },
    extra: CONNECTION,
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const answers = await ask(ctx, { ...ctx.extra, connection_db: args.database }, [args.query]);
      const [answer] = answers || [];
      return answer === undefined ? (answers === false ? false : {}) : worded(answer);
    },
  }),
  file_query: call({
    doc: 'Run the statements of a file, and return what they came to together. False if one fails.',
    examples: [
      "tsalt '*' mysql.file_query mydb file_name=/tmp/sqlfile.sql",
      "tsalt '*' mysql.file_query mydb file_name=salt://sqlfile.sql",
    ],
    args: { database, file_name: { type: 'string', required: true, doc: 'the path, or a url of the master' } },
    extra: CONNECTION,
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const text = await textOf(ctx, args.file_name);
      if (text === undefined) return false;
      const answers = await ask(ctx, { ...ctx.extra, connection_db: args.database }, splitStatements(text));
      return answers ? together(answers) : false;
    },
  }),
};
