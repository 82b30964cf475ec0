import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';
import type { Standing, Threshold } from './thresholds.ts';

const SHAPE: FileShape = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS thresholds (name TEXT PRIMARY KEY, definition BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS standings (minion TEXT NOT NULL, threshold TEXT NOT NULL, metric TEXT NOT NULL, level TEXT NOT NULL,
      since INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (minion, threshold, metric)) WITHOUT ROWID;`,
};

/** Thresholds, and what stands beyond them, so that a restart tells nothing twice. */
export class ThresholdStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#sql = statements(this.#db);
  }

  thresholds(): unknown[] {
    return this.#try(() => this.#sql.all.all()).map(({ definition }) => decode(definition));
  }

  save(threshold: Threshold): void {
    this.#try(() => this.#sql.save.run(threshold.name, encode(threshold)));
  }

  delete(name: string): void {
    this.#try(() => this.#sql.drop.run(name));
  }

  standings(): Standing[] {
    return this.#try(() => this.#sql.standings.all());
  }

  stand({ minion, threshold, metric, level, since, value }: Standing): void {
    this.#try(() => {
      if (level === 'ok') this.#sql.over.run(minion, threshold, metric);
      else this.#sql.stand.run(minion, threshold, metric, level, since, value);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

const statements = (db: SqliteFile) => ({
  all: db.prepare<[], { definition: Uint8Array }>('SELECT definition FROM thresholds ORDER BY name'),
  save: db.prepare('INSERT OR REPLACE INTO thresholds VALUES (?, ?)'),
  drop: db.prepare('DELETE FROM thresholds WHERE name = ?'),
  standings: db.prepare<[], Standing>('SELECT * FROM standings'),
  stand: db.prepare('INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?, ?)'),
  over: db.prepare('DELETE FROM standings WHERE minion = ? AND threshold = ? AND metric = ?'),
});
