import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { parseCsv } from './csv.ts';

/** Where the server is and who asks. What is not given comes from `postgres.*` of the configuration. */
export interface Server {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: Returnable | undefined;
  readonly maintenance_db?: string | undefined;
  readonly password?: string | undefined;
  readonly runas?: string | undefined;
}
export type Row = Readonly<Record<string, string>>;
/** What `cmd.run_all` tells of psql. */
export interface Ended extends Readonly<Record<string, Returnable>> {
  readonly pid: number;
  readonly retcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The arguments by which every call finds its server, in Salt's order; `runas` follows a call's own. */
export const LOGIN = {
  user: { type: 'string', doc: 'the role to log in as' },
  host: { type: 'string', doc: 'the host, or the directory of the socket' },
  port: { type: 'any', doc: 'the port' },
  maintenance_db: { type: 'string', doc: 'the database to connect to' },
  password: { type: 'string', doc: 'the password of the role to log in as' },
} as const;
export const RUNAS = { runas: { type: 'string', doc: 'the system user to run psql as; `postgres` for a server on this machine' } } as const;

const setting = async (ctx: Ctx, name: string): Promise<string | undefined> => {
  const value = await ctx.call('config.option', [`postgres.${name}`]);
  return value === '' || value === null ? undefined : String(value);
};

/** A program of PostgreSQL, looked for in `postgres.bins_dir` first. */
export const programOf = async (ctx: Ctx, name: string): Promise<string | undefined> => {
  const folder = await setting(ctx, 'bins_dir');
  return (folder === undefined ? undefined : ctx.host.which(join(folder, name))) ?? ctx.host.which(name);
};

/** The account PostgreSQL runs under, as the system has it. */
export const serverAccount = (ctx: Ctx): string => (ctx.host.osFamily === 'OpenBSD' ? '_postgresql' : 'postgres');

interface Login {
  readonly user: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly database: string;
  readonly password: string | undefined;
  readonly runas: string | undefined;
}

async function loginOf(ctx: Ctx, server: Server): Promise<Login> {
  const host = server.host || (await setting(ctx, 'host'));
  const port = server.port ? String(server.port) : await setting(ctx, 'port');
  return {
    host,
    port,
    user: server.user || (await setting(ctx, 'user')),
    database: server.maintenance_db || (await setting(ctx, 'maintenance_db')) || 'postgres',
    password: server.password ?? (await setting(ctx, 'pass')),
    runas: server.runas ?? (isLocal(host) ? serverAccount(ctx) : undefined),
  };
}

const isLocal = (host: string | undefined): boolean => host === undefined || host.startsWith('/');

/** Runs psql with these further words, and with `script` as its input. The login's password goes by a file of its own. */
async function psql(ctx: Ctx, server: Server, words: readonly string[], script?: string): Promise<Ended> {
  const login = await loginOf(ctx, server);
  const program = await programOf(ctx, 'psql');
  if (program === undefined) throw new CommandFailed('psql executable not found.');
  const option = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);
  const argv = [
    ...[program, '--no-align', '--no-readline', '--no-psqlrc', '--no-password'],
    ...option('--username', login.user),
    ...option('--host', login.host),
    ...option('--port', login.port),
    ...['--dbname', login.database],
    ...words,
  ];
  const ended = await withSecret(ctx, login.password && passLine(login, login.password), login.runas, (file) =>
    run(ctx, argv, login.runas, { ...(file && { env: { PGPASSFILE: file } }), ...(script !== undefined && { stdin: script }) }),
  );
  if (ended.retcode !== 0) ctx.log.error(`PostgreSQL did not do what was asked of it: ${ended.stderr}`);
  return ended;
}

/** A line of a password file; a socket's host is called localhost there. */
function passLine(login: Login, password: string): string {
  const plain = (text: string | undefined): string => (text === undefined ? '*' : text.replace(/[\\:]/g, '\\$&'));
  return [isLocal(login.host) ? 'localhost' : login.host, login.port, undefined, login.user ?? login.runas, password].map(plain).join(':');
}

/** Runs a program of PostgreSQL with nothing of the minion's environment. */
export async function run(
  ctx: Ctx,
  argv: readonly string[],
  runas: string | undefined,
  options: Readonly<Record<string, Returnable>> = {},
): Promise<Ended> {
  const timeout = Number((await setting(ctx, 'timeout')) ?? 0);
  return (await ctx.call('cmd.run_all', [argv], {
    python_shell: false,
    reset_system_locale: false,
    clean_env: true,
    timeout,
    // `\n` within a statement is the statement's own.
    stdin_raw_newlines: true,
    ...(runas === undefined ? {} : { runas }),
    ...options,
  })) as Ended;
}

/** Lends a file that only `owner` may read and that holds the secret, for as long as `use` takes; none for no secret. */
export async function withSecret<T>(
  ctx: Ctx,
  secret: string | undefined,
  owner: string | undefined,
  use: (file: string | undefined) => Promise<T>,
): Promise<T> {
  if (!secret) return await use(undefined);
  const file = join(tmpdir(), `pgpass-${randomUUID()}`);
  await writeFile(file, secret, { mode: 0o600, flag: 'wx' });
  try {
    if (owner !== undefined) await ctx.call('file.chown', [file, owner, '']);
    return await use(file);
  } finally {
    await rm(file, { force: true });
  }
}

/** Runs a statement; returns whether it went well. */
export const does = async (ctx: Ctx, server: Server, statement: string): Promise<boolean> =>
  (await psql(ctx, server, ['-c', statement])).retcode === 0;

/** Runs a statement and returns what psql came to. */
export const told = (ctx: Ctx, server: Server, statement: string, ...words: string[]): Promise<Ended> =>
  psql(ctx, server, [...words, '-c', statement]);

/** Runs statements in one transaction, unseen in the list of processes: they may hold passwords. */
export async function script(ctx: Ctx, server: Server, statements: string): Promise<Ended> {
  const ended = await psql(ctx, server, ['-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', '-'], statements);
  if (ended.retcode !== STOPPED) return ended;
  // A statement alone fails with 1, which is what users of Salt know.
  ctx.retcode(1);
  return { ...ended, retcode: 1 };
}

/** How psql ends when a statement of a script fails. */
const STOPPED = 3;

/** The rows of a query, all values as text; none if it fails. */
export async function query(ctx: Ctx, server: Server, select: string, write = false): Promise<Row[]> {
  const copy = `COPY (${select.trim().replace(/;+$/, '')}) TO STDOUT WITH CSV HEADER`;
  const statement = write ? `START TRANSACTION READ WRITE; ${copy}; COMMIT TRANSACTION;` : copy;
  // Quiet, or the rows would stand between the words START TRANSACTION and COMMIT.
  const { retcode, stdout } = await told(ctx, server, statement, ...(write ? ['--quiet'] : []), '-v', 'datestyle=ISO,MDY');
  if (retcode !== 0) return [];
  const [header = [], ...rows] = parseCsv(stdout);
  return rows.map((row) => Object.fromEntries(header.slice(0, row.length).map((name, index) => [name, row[index] ?? ''])));
}

/** The version the server says it has, such as `15.4 (Debian 15.4-1)`; undefined if it does not answer. */
export async function versionOf(ctx: Ctx, server: Server): Promise<string | undefined> {
  const { stdout } = await told(ctx, server, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'server_version'", '-t');
  return stdout.split('\n')[0] || undefined;
}
