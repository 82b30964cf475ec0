import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { type ArgsOf, ReturnerAway } from '../define.ts';
import { messageOf, orAway } from './failure.ts';
import type { connectionOptions } from './postgres_options.ts';

type ConnectionOptions = ArgsOf<typeof connectionOptions>;
export type Row = Readonly<Record<string, unknown>>;

/** A server that starts, stops, or has no room for one more connection (SQLSTATE). */
const PASSING = /^(08|57P0[1-3]$|53300$)/;

/** One connection to the server, made when needed and again when it broke. */
export class Database {
  readonly #options: ConnectionOptions;
  #client: Promise<pg.Client> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** All of them or none. @throws ReturnerAway, DatabaseError */
  async insert(sql: string, rows: readonly (readonly unknown[])[]): Promise<void> {
    await this.#with(async (client) => {
      await client.query('BEGIN');
      try {
        for (const row of rows) await client.query({ name: sql.slice(0, 40), text: sql, values: [...row] });
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined); // the first error is the one to tell
        throw error;
      }
    });
  }

  async rows(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return await this.#with(async (client) => (await client.query<Row>(sql, [...values])).rows);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await (await client?.catch(() => undefined))?.end();
  }

  async #with<T>(act: (client: pg.Client) => Promise<T>): Promise<T> {
    const { host, port } = this.#options;
    this.#client ??= this.#connect();
    try {
      return await act(await this.#client);
    } catch (error) {
      if (error instanceof pg.DatabaseError && !PASSING.test(error.code ?? '')) throw error;
      this.#forget();
      if (error instanceof pg.DatabaseError || /terminated|timeout expired|not queryable/.test(messageOf(error)))
        throw new ReturnerAway(`${host}:${port}: ${messageOf(error)}`);
      throw orAway(error, `${host}:${port}`);
    }
  }

  #forget(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.then((found) => found.end()).catch(() => undefined); // it is broken already
  }

  async #connect(): Promise<pg.Client> {
    const { host, port, db, user, passwd, pass, connect_timeout } = this.#options;
    const client = new pg.Client({
      host,
      port,
      database: db,
      user,
      password: passwd ?? pass ?? 'salt',
      connectionTimeoutMillis: connect_timeout * 1000,
      application_name: 'tsalt',
      ssl: await this.#tls(),
    });
    client.on('error', () => this.#forget());
    await client.connect();
    return client;
  }

  async #tls(): Promise<pg.ClientConfig['ssl']> {
    const { sslmode, sslrootcert, sslcert, sslkey } = this.#options;
    if (sslmode === undefined || !/^(require|verify-ca|verify-full)$/.test(sslmode)) return false;
    const [ca, cert, key] = await Promise.all([sslrootcert, sslcert, sslkey].map(async (path) => path && (await readFile(path, 'utf8'))));
    return {
      rejectUnauthorized: sslmode !== 'require',
      ...(sslmode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
    };
  }
}
