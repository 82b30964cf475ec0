import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { readOptionFile } from './optionfile.ts';

export type Row = Readonly<Record<string, Returnable>>;
/** What the `connection_*` arguments of a call say; what they do not say comes from `mysql.*` of the configuration. */
export type Login = Readonly<Record<string, Returnable>>;

/** Further keyword arguments of nearly every call. */
export const CONNECTION =
  'connection_host, connection_port, connection_unix_socket, connection_user, connection_pass, connection_db, connection_charset,' +
  ' connection_default_file, connection_default_group, client_flags; else mysql.host and the like of the configuration';

/** A connection to a server. Statements take their values for each `?` apart. */
export class Session {
  readonly #connection: Connection;
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Rows by column name. */
  async rows(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const [rows] = await this.#connection.query({ sql, values: [...values] });
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]).map(plainRow) : [];
  }

  /** How many rows a statement changed or found. */
  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    const [result] = await this.#connection.query({ sql, values: [...values] });
    return Array.isArray(result) ? result.length : 'affectedRows' in result ? result.affectedRows : 0;
  }

  /** Columns and rows with all values as texts; no columns for a statement that has no result. */
  async table(sql: string): Promise<{ readonly columns?: string[]; readonly rows: Returnable[][]; readonly affected: number }> {
    const [result, fields] = await this.#connection.query({
      sql,
      rowsAsArray: true,
      typeCast: (field) => {
        const bytes = field.buffer();
        return bytes === null ? null : textOf(bytes);
      },
    });
    if (Array.isArray(result)) {
      const rows = result as unknown as Returnable[][];
      return { columns: (fields ?? []).map((field) => field.name), rows, affected: rows.length };
    }
    return { rows: [], affected: 'affectedRows' in result ? result.affectedRows : 0 };
  }

  async version(): Promise<string> {
    return String((await this.rows('SELECT VERSION() AS version'))[0]?.['version'] ?? '');
  }
}

/** Bytes that are no text stay bytes. */
const textOf = (bytes: Buffer): Returnable => {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes;
};
const plainRow = (row: Record<string, unknown>): Row =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, (Buffer.isBuffer(value) ? textOf(value) : (value ?? null)) as Returnable]),
  );

const listeners = new AsyncLocalStorage<{ error: string | undefined }>();

/** Tells the log, and who listens, why the server did not do what it was asked. */
export function complain(ctx: Ctx, error: string): void {
  ctx.log.error(error);
  const listener = listeners.getStore();
  if (listener !== undefined) listener.error = error;
}

/** What `use` came to, with the last complaint of the functions that it called: they return no more than False. */
export async function listening<T>(use: () => Promise<T>): Promise<{ readonly value: T; readonly error: string | undefined }> {
  const heard = { error: undefined as string | undefined };
  const value = await listeners.run(heard, use);
  return { value, error: heard.error };
}

interface Talk<T> {
  /** What the call returns when the server lets nobody in, or cannot do what it is asked; the reason is logged. */
  readonly failed: T;
  readonly login: Login;
}

/** Connects, uses the session and closes it. Statements that are wrong in themselves throw CommandFailed. */
export async function talk<T>(ctx: Ctx, { failed, login }: Talk<T>, use: (session: Session) => Promise<T>): Promise<T> {
  const connection = await connect(ctx, login);
  if (connection === undefined) return failed;
  try {
    return await use(new Session(connection));
  } catch (error) {
    const text = failureOf(error);
    if (!isOfTheServer(error)) throw text === undefined ? error : new CommandFailed(text);
    complain(ctx, text ?? String(error));
    return failed;
  } finally {
    // The answer is there already; a connection that breaks now loses nothing.
    await connection.end().catch((error: unknown) => ctx.log.debug(`mysql: the connection did not close: ${String(error)}`));
  }
}

/** As `talk`, also for who cannot log in yet: a server that is being set up may know the password the call is about. */
export async function talkWithEither<T>(
  ctx: Ctx,
  talking: Talk<T>,
  password: string | undefined,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const works = password ? await connect(ctx, talking.login) : undefined;
  const login = password && works === undefined ? { ...talking.login, connection_pass: password } : talking.login;
  await works?.end();
  return await talk(ctx, { ...talking, login }, use);
}

/** Undefined, with the reason in the log, when the server lets nobody in. */
export async function connect(ctx: Ctx, login: Login): Promise<Connection | undefined> {
  const options = await optionsOf(ctx, login);
  try {
    return await createConnection(options);
  } catch (error) {
    complain(ctx, failureOf(error) ?? `MySQL Error 2003: Can't connect to the server on ${whereOf(options)}: ${String(error)}`);
    return undefined;
  }
}

const whereOf = (options: ConnectionOptions): string => options.socketPath ?? `${options.host}:${options.port}`;

/** The sockets that distributions' servers and clients agree on. */
const SOCKETS = ['/run/mysqld/mysqld.sock', '/var/run/mysqld/mysqld.sock', '/var/lib/mysql/mysql.sock', '/tmp/mysql.sock'];

async function optionsOf(ctx: Ctx, login: Login): Promise<ConnectionOptions> {
  const configured = !('connection_default_file' in login);
  const given = async (name: string): Promise<string | undefined> => {
    const value =
      `connection_${name}` in login ? login[`connection_${name}`] : configured ? await ctx.call('config.option', [`mysql.${name}`]) : '';
    return value === null || value === '' || value === undefined ? undefined : String(value);
  };
  const path = await given('default_file');
  const file = path === undefined ? {} : await readOptionFile(path, (await given('default_group')) ?? 'client');
  const host = (await given('host')) ?? file['host'] ?? 'localhost';
  const socket = (await given('unix_socket')) ?? file['socket'];
  const password = (await given('pass')) ?? file['password'];
  const database = (await given('db')) ?? file['database'];
  const charset = (await given('charset')) ?? file['default-character-set'];
  return {
    // As with every client of MySQL, localhost is the socket.
    ...(host === 'localhost' || socket !== undefined
      ? { socketPath: socket ?? SOCKETS.find((one) => existsSync(one)) ?? '/run/mysqld/mysqld.sock' }
      : { host, port: Number((await given('port')) ?? file['port'] ?? 3306) }),
    user: (await given('user')) ?? file['user'] ?? userInfo().username,
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(charset === undefined ? {} : { charset }),
    // Rows that a statement changed are counted, not those it found.
    flags: ['-FOUND_ROWS', ...flagsOf(login)],
    ...(flagsOf(login).includes('MULTI_STATEMENTS') ? { multipleStatements: true } : {}),
    dateStrings: true,
    supportBigNumbers: true,
    connectTimeout: 10_000,
  };
}

const flagsOf = (login: Login): string[] => {
  const flags = login['client_flags'];
  return Array.isArray(flags) ? flags.map((flag) => String(flag).toUpperCase()) : [];
};

/** `MySQL Error 1045: Access denied ...`, or undefined for what is no error of the server. */
function failureOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  const text = 'sqlMessage' in error && typeof error.sqlMessage === 'string' ? error.sqlMessage : error.message;
  return Number(error.errno) > 0 ? `MySQL Error ${String(error.errno)}: ${text}` : undefined;
}

/** Errors of the statement itself; Python's database interface calls them programming, data, integrity and unsupported. */
const OF_THE_STATEMENT = new Set([
  ...[1007, 1048, 1062, 1064, 1102, 1103, 1110, 1111, 1112, 1113, 1146, 1171, 1179, 1196, 1215, 1216, 1217, 1230, 1235, 1263, 1264, 1265],
  ...[1286, 1406, 1441, 1451, 1452],
]);
const isOfTheServer = (error: unknown): boolean =>
  failureOf(error) !== undefined && !OF_THE_STATEMENT.has(Number((error as { errno: unknown }).errno));
