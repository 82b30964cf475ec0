import type { Returnable } from '../../modules/define.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';
import type { Status } from './verdict.ts';

/** What a plugin said of a minion, once. */
export interface PluginResult {
  readonly plugin: string;
  readonly minion: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly jid: string;
  readonly status: Status;
  readonly message: string;
  readonly data: Returnable;
  readonly metrics: Readonly<Record<string, number>>;
}

interface Row {
  readonly plugin: string;
  readonly minion: string;
  readonly at: number;
  readonly jid: string;
  readonly status: Status;
  readonly message: string;
  readonly details: Uint8Array;
}

const SHAPE = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `CREATE TABLE IF NOT EXISTS results (
      plugin TEXT NOT NULL, minion TEXT NOT NULL, at INTEGER NOT NULL, jid TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL,
      details BLOB NOT NULL, PRIMARY KEY (plugin, minion, at)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS of_minion ON results (minion, plugin, at);
    CREATE INDEX IF NOT EXISTS of_job ON results (jid, minion);`,
} as const;

/** Data beyond this many bytes is not kept. */
const MOST_DATA = 256 * 1024;

/** Results of plugins, so many of each plugin for each minion. */
export class PluginStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#sql = statements(this.#db);
  }

  /** Adds a result, and forgets the oldest beyond `keep`. @throws TsaltError `store-full`, `store-failed` */
  add({ plugin, minion, at, jid, status, message, data, metrics }: PluginResult, keep: number): void {
    const whole = encode({ data, metrics });
    const details = whole.length > MOST_DATA ? encode({ data: `(${whole.length} bytes, too large to be kept)`, metrics }) : whole;
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.add.run(plugin, minion, at, jid, status, message, details);
        this.#sql.prune.run(plugin, minion, plugin, minion, keep - 1);
      })(),
    );
  }

  /** The last result of each plugin for each minion; without their data, which may be large. */
  latest(): Omit<PluginResult, 'data' | 'metrics'>[] {
    return this.#try(() => this.#sql.latest.all());
  }

  /** The last result of each plugin for a minion. */
  ofMinion(minion: string): PluginResult[] {
    return this.#try(() => this.#sql.ofMinion.all(minion)).map(resultOf);
  }

  /** Newest first. */
  history(plugin: string, minion: string, limit: number): PluginResult[] {
    return this.#try(() => this.#sql.history.all(plugin, minion, limit)).map(resultOf);
  }

  ofJob(jid: string, minion: string): PluginResult | undefined {
    const row = this.#try(() => this.#sql.ofJob.get(jid, minion));
    return row === undefined ? undefined : resultOf(row);
  }

  forget(minion: string): void {
    this.#try(() => this.#sql.forget.run(minion));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

const resultOf = ({ details, ...row }: Row): PluginResult => ({
  ...row,
  ...(decode(details) as Pick<PluginResult, 'data' | 'metrics'>),
});

function statements(db: SqliteFile) {
  const columns = 'plugin, minion, at, jid, status, message';
  return {
    add: db.prepare(`INSERT OR REPLACE INTO results (${columns}, details) VALUES (?,?,?,?,?,?,?)`),
    prune: db.prepare(
      `DELETE FROM results WHERE plugin = ? AND minion = ? AND at <
       (SELECT at FROM results WHERE plugin = ? AND minion = ? ORDER BY at DESC LIMIT 1 OFFSET ?)`,
    ),
    // SQLite takes the other columns from the row that has the greatest time.
    latest: db.prepare<[], Omit<PluginResult, 'data' | 'metrics'>>(
      'SELECT plugin, minion, max(at) AS at, jid, status, message FROM results GROUP BY plugin, minion',
    ),
    ofMinion: db.prepare<[string], Row>(
      'SELECT plugin, minion, max(at) AS at, jid, status, message, details FROM results WHERE minion = ? GROUP BY plugin',
    ),
    history: db.prepare<[string, string, number], Row>(
      `SELECT ${columns}, details FROM results WHERE plugin = ? AND minion = ? ORDER BY at DESC LIMIT ?`,
    ),
    ofJob: db.prepare<[string, string], Row>(`SELECT ${columns}, details FROM results WHERE jid = ? AND minion = ?`),
    forget: db.prepare('DELETE FROM results WHERE minion = ?'),
  };
}
