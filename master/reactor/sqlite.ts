import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';

const SHAPE: FileShape = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL, data BLOB NOT NULL, planned INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS actions (event INTEGER NOT NULL, n INTEGER NOT NULL, jid TEXT NOT NULL, low BLOB NOT NULL,
      claimed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (event, n)) WITHOUT ROWID;`,
};

/** An event that some reactor is configured for. */
export interface RecordedEvent {
  readonly id: number;
  readonly tag: string;
  readonly data: Message;
  /** Its actions are written down: they are not made again from the files. */
  readonly planned: boolean;
}

/** One action of an event, as it was compiled. */
export interface PlannedAction {
  readonly n: number;
  /** Given before it runs, so that publishing it twice is one job. */
  readonly jid: string;
  readonly low: Message;
  /** A runner or wheel that was begun, by this master or by one that ended meanwhile. */
  readonly claimed: boolean;
}

/**
 * Events and their actions, written down before they are acted on and deleted when they are done. A commit is
 * safe from the end of the process; a power cut may take back the last ones.
 */
export class ReactorStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#sql = statements(this.#db);
  }

  /** @throws TsaltError `store-full`, `store-failed` */
  record(tag: string, data: Message): void {
    this.#try(() => this.#sql.record.run(tag, encode(data)));
  }

  /** The oldest event after `id`. */
  next(id: number): RecordedEvent | undefined {
    const row = this.#try(() => this.#sql.next.get(id));
    return row === undefined ? undefined : { id: row.id, tag: row.tag, data: messageIn(row.data), planned: row.planned === 1 };
  }

  /** Writes all actions of an event at once; none makes it done. */
  plan(id: number, actions: readonly { readonly jid: string; readonly low: Message }[]): void {
    this.#try(() =>
      this.#db.transaction(() => {
        actions.forEach(({ jid, low }, n) => {
          this.#sql.plan.run(id, n, jid, encode(low));
        });
        if (actions.length === 0) this.#sql.finish.run(id);
        else this.#sql.planned.run(id);
      })(),
    );
  }

  actions(id: number): PlannedAction[] {
    const rows = this.#try(() => this.#sql.actions.all(id));
    return rows.map(({ n, jid, low, claimed }) => ({ n, jid, low: messageIn(low), claimed: claimed === 1 }));
  }

  claim(id: number, n: number): void {
    this.#try(() => this.#sql.claim.run(id, n));
  }

  /** Forgets the action, and the event with its last one. */
  done(id: number, n: number): void {
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.done.run(id, n);
        this.#sql.finishIfDone.run(id, id);
      })(),
    );
  }

  /** The id of the newest event; 0 when there is none. */
  get newest(): number {
    return this.#try(() => this.#sql.newest.get())?.id ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

function messageIn(bytes: Uint8Array): Message {
  const value = decode(bytes, { floats: 'wrap' });
  return isMessage(value) ? value : { data: value };
}

interface EventRow {
  readonly id: number;
  readonly tag: string;
  readonly data: Uint8Array;
  readonly planned: number;
}
interface ActionRow {
  readonly n: number;
  readonly jid: string;
  readonly low: Uint8Array;
  readonly claimed: number;
}

const statements = (db: SqliteFile) => ({
  record: db.prepare('INSERT INTO events (tag, data) VALUES (?, ?)'),
  next: db.prepare<[number], EventRow>('SELECT * FROM events WHERE id > ? ORDER BY id LIMIT 1'),
  plan: db.prepare('INSERT INTO actions (event, n, jid, low) VALUES (?, ?, ?, ?)'),
  planned: db.prepare('UPDATE events SET planned = 1 WHERE id = ?'),
  actions: db.prepare<[number], ActionRow>('SELECT n, jid, low, claimed FROM actions WHERE event = ? ORDER BY n'),
  claim: db.prepare('UPDATE actions SET claimed = 1 WHERE event = ? AND n = ?'),
  done: db.prepare('DELETE FROM actions WHERE event = ? AND n = ?'),
  finish: db.prepare('DELETE FROM events WHERE id = ?'),
  finishIfDone: db.prepare('DELETE FROM events WHERE id = ? AND NOT EXISTS (SELECT 1 FROM actions WHERE event = ?)'),
  newest: db.prepare<[], { id: number | null }>('SELECT max(id) AS id FROM events'),
});
