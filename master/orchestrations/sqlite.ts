import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';
import type { ChunkRow, Kept, RunRow, RunState, Secrets } from './record.ts';

const SHAPE: FileShape = {
  version: 1,
  synchronous: 'FULL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS runs (jid TEXT PRIMARY KEY, fun TEXT NOT NULL, user TEXT NOT NULL, started INTEGER NOT NULL,
      ended INTEGER, state TEXT NOT NULL, reason TEXT, asked BLOB NOT NULL, secrets BLOB, resumed BLOB, value BLOB) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS chunks (run TEXT NOT NULL, n INTEGER NOT NULL, tag TEXT NOT NULL, low BLOB NOT NULL,
      begun INTEGER, ended INTEGER, result BLOB, PRIMARY KEY (run, tag)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS notes (run TEXT NOT NULL, tag TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
      PRIMARY KEY (run, tag, key)) WITHOUT ROWID;`,
};

/**
 * Orchestrations with their chunks, each written down before it is acted on. A commit is on the disk: what was
 * published is known after a power cut, too. What is needed to go on and may be secret is wiped when a run ends.
 */
export class OrchestrationStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#db.pragma('secure_delete = ON');
    this.#sql = statements(this.#db);
  }

  /** @throws TsaltError `store-full`, `store-failed` */
  begin(run: Pick<Kept, 'jid' | 'fun' | 'user' | 'started' | 'asked'>, secrets: Secrets): void {
    this.#try(() => this.#sql.begin.run(run.jid, run.fun, run.user, run.started, encode(run.asked), encode(secrets)));
  }

  /** The state of a run that has not ended. `resumed`: when it was gone on with, all of the times. */
  stand(jid: string, state: RunState, resumed?: readonly number[]): void {
    this.#try(() => this.#sql.stand.run(state, resumed === undefined ? null : encode(resumed), jid));
  }

  secrets(jid: string, secrets: Secrets): void {
    this.#try(() => this.#sql.secrets.run(encode(secrets), jid));
  }

  /** The end of a run; what was kept to go on with it is overwritten. */
  end(jid: string, end: { readonly state: RunState; readonly at: number; readonly reason?: string; readonly value?: unknown }): void {
    const value = end.value === undefined ? null : encode(end.value);
    this.#try(() => {
      this.#sql.end.run(end.state, end.at, end.reason ?? null, value, jid);
      // Older pages are in the log until it is written back.
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    });
  }

  /** The chunks of a run, in their order, before any of them is begun. */
  compiled(jid: string, chunks: readonly { readonly tag: string; readonly low: unknown }[]): void {
    this.#try(() =>
      this.#db.transaction(() => {
        chunks.forEach(({ tag, low }, n) => {
          this.#sql.chunk.run(jid, n, tag, encode(low));
        });
      })(),
    );
  }

  begun(jid: string, tag: string, at: number): void {
    this.#try(() => this.#sql.begun.run(at, jid, tag));
  }

  ended(jid: string, tag: string, at: number, result: unknown): void {
    this.#try(() => this.#sql.ended.run(at, encode(result), jid, tag));
  }

  note(jid: string, tag: string, key: string, value: unknown): void {
    this.#try(() => this.#sql.note.run(jid, tag, key, encode(value)));
  }

  notes(jid: string): { readonly tag: string; readonly key: string; readonly value: unknown }[] {
    return this.#try(() => this.#sql.notes.all(jid)).map(({ value, ...rest }) => ({ ...rest, value: read(value) }));
  }

  run(jid: string): Kept | undefined {
    const row = this.#try(() => this.#sql.run.get(jid));
    return row === undefined ? undefined : keptOf(row);
  }

  /** Oldest first; `states`: only those in one of them. */
  runs(states?: readonly RunState[]): Kept[] {
    return this.#try(() => this.#sql.runs.all())
      .filter(({ state }) => states === undefined || states.includes(state))
      .map(keptOf);
  }

  chunks(jid: string): ChunkRow[] {
    return this.#try(() => this.#sql.chunks.all(jid)).map(({ low, result, ...row }) => ({
      ...row,
      low: read(low),
      result: result === null ? undefined : read(result),
    }));
  }

  /** How much there is of those that ended, oldest first. */
  sizes(): { readonly jid: string; readonly started: number; readonly rows: number; readonly bytes: number }[] {
    return this.#try(() => this.#sql.sizes.all());
  }

  forget(jid: string): void {
    this.#try(() =>
      this.#db.transaction(() => {
        for (const remove of this.#sql.forget) remove.run(jid);
      })(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

/** undefined for bytes that are not what was written. */
function read(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { floats: 'wrap' });
  } catch {
    return undefined; // whoever reads it checks what it is, and says so of the run
  }
}

const keptOf = ({ asked, secrets, resumed, value, ...row }: RunRow): Kept => ({
  ...row,
  asked: read(asked),
  secrets: secrets === null ? undefined : read(secrets),
  resumed: resumed === null ? [] : read(resumed),
  value: value === null ? undefined : read(value),
});

const statements = (db: SqliteFile) => ({
  begin: db.prepare(
    `INSERT INTO runs (jid, fun, user, started, state, asked, secrets) VALUES (?, ?, ?, ?, 'running', ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state`,
  ),
  stand: db.prepare('UPDATE runs SET state = ?, resumed = coalesce(?, resumed) WHERE jid = ? AND ended IS NULL'),
  secrets: db.prepare('UPDATE runs SET secrets = ? WHERE jid = ?'),
  end: db.prepare('UPDATE runs SET state = ?, ended = ?, reason = ?, value = ?, secrets = NULL WHERE jid = ?'),
  chunk: db.prepare('INSERT INTO chunks (run, n, tag, low) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'),
  begun: db.prepare('UPDATE chunks SET begun = ? WHERE run = ? AND tag = ?'),
  ended: db.prepare('UPDATE chunks SET ended = ?, result = ? WHERE run = ? AND tag = ?'),
  note: db.prepare('INSERT INTO notes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
  notes: db.prepare<[string], { tag: string; key: string; value: Uint8Array }>('SELECT tag, key, value FROM notes WHERE run = ?'),
  run: db.prepare<[string], RunRow>('SELECT * FROM runs WHERE jid = ?'),
  runs: db.prepare<[], RunRow>('SELECT * FROM runs ORDER BY jid'),
  chunks: db.prepare<[string], Omit<ChunkRow, 'low' | 'result'> & { low: Uint8Array; result: Uint8Array | null }>(
    'SELECT n, tag, low, begun, ended, result FROM chunks WHERE run = ? ORDER BY n',
  ),
  sizes: db.prepare<[], { jid: string; started: number; rows: number; bytes: number }>(
    `SELECT jid, started, (SELECT count(*) FROM chunks WHERE run = jid) AS rows,
       coalesce(length(value), 0) + (SELECT coalesce(sum(length(result)), 0) FROM chunks WHERE run = jid) AS bytes
     FROM runs WHERE ended IS NOT NULL ORDER BY jid`,
  ),
  forget: [
    db.prepare('DELETE FROM notes WHERE run = ?'),
    db.prepare('DELETE FROM chunks WHERE run = ?'),
    db.prepare('DELETE FROM runs WHERE jid = ?'),
  ],
});
