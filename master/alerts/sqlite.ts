import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';
import type { AlertKind, Channel } from './channel.ts';

const SHAPE: FileShape = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS channels (name TEXT PRIMARY KEY, definition BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS problems (key TEXT PRIMARY KEY, kind TEXT NOT NULL, since INTEGER NOT NULL, subject TEXT NOT NULL,
      message TEXT NOT NULL, over INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS told (channel TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, open INTEGER NOT NULL,
      PRIMARY KEY (channel, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS alerts (n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
      subject TEXT NOT NULL, message TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS deliveries (alert INTEGER NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
      due INTEGER NOT NULL, problem TEXT, PRIMARY KEY (alert, channel)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (channel, alert) WHERE state = 'waiting';`,
};

/** Something that is wrong, under a key of its own; `over`: it is not any more, and that is to be told. */
export interface Problem {
  readonly key: string;
  readonly kind: AlertKind;
  /** Epoch milliseconds, as all times here. */
  readonly since: number;
  readonly subject: string;
  readonly message: string;
  readonly over: boolean;
}

export interface Alert {
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly state: 'problem' | 'recovered' | 'test';
  readonly subject: string;
  readonly message: string;
}

/** `dropped`: too many waited. `failed`: tried for a day in vain. */
export type DeliveryState = 'waiting' | 'sent' | 'failed' | 'dropped';

export interface Delivery {
  readonly channel: string;
  readonly state: DeliveryState;
  readonly tries: number;
  readonly due: number;
  readonly problem: string | null;
}

export interface Told {
  readonly channel: string;
  readonly key: string;
  readonly at: number;
  readonly open: boolean;
}

/** Channels, what is wrong, what was told of it, and what is still on its way: a restart loses none of it. */
export class AlertStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#sql = statements(this.#db);
  }

  channels(): unknown[] {
    return this.#try(() => this.#sql.channels.all()).map(({ definition }) => decode(definition));
  }

  saveChannel(channel: Channel): void {
    this.#try(() => this.#sql.saveChannel.run(channel.name, encode(channel)));
  }

  /** With all that waits for it. Says whether there was one. */
  deleteChannel(name: string): boolean {
    return this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.dropDeliveries.run(name);
        this.#sql.dropTold.run(name);
        return this.#sql.dropChannel.run(name).changes === 1;
      })(),
    );
  }

  problems(): Problem[] {
    return this.#try(() => this.#sql.problems.all()).map((row) => ({ ...row, over: row.over === 1 }));
  }

  setProblem({ key, kind, since, subject, message, over }: Problem): void {
    this.#try(() => this.#sql.setProblem.run(key, kind, since, subject, message, over ? 1 : 0));
  }

  dropProblem(key: string): void {
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.dropProblem.run(key);
        this.#sql.closeTold.run(key);
      })(),
    );
  }

  told(): Told[] {
    return this.#try(() => this.#sql.told.all()).map((row) => ({ ...row, open: row.open === 1 }));
  }

  /** An alert, on its way to these channels, and what is remembered of it, all or nothing. */
  add(alert: Omit<Alert, 'n'>, channels: readonly string[], told: readonly Told[], keep: number): void {
    const { at, kind, state, subject, message } = alert;
    this.#try(() =>
      this.#db.transaction(() => {
        const n = Number(this.#sql.add.run(at, kind, state, subject, message).lastInsertRowid);
        for (const channel of channels) this.#sql.addDelivery.run(n, channel, at);
        for (const one of told) this.#sql.setTold.run(one.channel, one.key, one.at, one.open ? 1 : 0);
        this.#sql.prune.run(n - keep);
        this.#sql.pruneDeliveries.run(n - keep);
      })(),
    );
  }

  forgetTold(before: number): void {
    this.#try(() => this.#sql.forgetTold.run(before));
  }

  /** The oldest that waits for this channel. */
  next(channel: string): { readonly alert: Alert; readonly delivery: Delivery } | undefined {
    const row = this.#try(() => this.#sql.next.get(channel));
    if (row === undefined) return undefined;
    const { tries, due, problem, ...alert } = row;
    return { alert, delivery: { channel, state: 'waiting', tries, due, problem } };
  }

  /** Keeps the newest `most` of those that wait for a channel. Answers how many were dropped. */
  bound(channel: string, most: number): number {
    return this.#try(() => this.#sql.bound.run(channel, channel, most).changes);
  }

  settle(alert: number, { channel, state, tries, due, problem }: Delivery): void {
    this.#try(() => this.#sql.settle.run(state, tries, due, problem, alert, channel));
  }

  /** Newest first. */
  alerts(limit: number): (Alert & { readonly deliveries: readonly Delivery[] })[] {
    return this.#try(() => this.#sql.alerts.all(limit)).map((alert) => ({ ...alert, deliveries: this.#sql.deliveries.all(alert.n) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

const statements = (db: SqliteFile) => ({
  channels: db.prepare<[], { definition: Uint8Array }>('SELECT definition FROM channels ORDER BY name'),
  saveChannel: db.prepare('INSERT INTO channels VALUES (?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition'),
  dropChannel: db.prepare('DELETE FROM channels WHERE name = ?'),
  dropDeliveries: db.prepare("DELETE FROM deliveries WHERE channel = ? AND state = 'waiting'"),
  dropTold: db.prepare('DELETE FROM told WHERE channel = ?'),
  problems: db.prepare<[], Omit<Problem, 'over'> & { over: number }>('SELECT * FROM problems ORDER BY since, key'),
  setProblem: db.prepare('INSERT OR REPLACE INTO problems (key, kind, since, subject, message, over) VALUES (?, ?, ?, ?, ?, ?)'),
  dropProblem: db.prepare('DELETE FROM problems WHERE key = ?'),
  told: db.prepare<[], Omit<Told, 'open'> & { open: number }>('SELECT * FROM told'),
  setTold: db.prepare('INSERT OR REPLACE INTO told (channel, key, at, open) VALUES (?, ?, ?, ?)'),
  closeTold: db.prepare('UPDATE told SET open = 0 WHERE key = ?'),
  forgetTold: db.prepare('DELETE FROM told WHERE open = 0 AND at < ?'),
  add: db.prepare('INSERT INTO alerts (at, kind, state, subject, message) VALUES (?, ?, ?, ?, ?)'),
  addDelivery: db.prepare("INSERT INTO deliveries (alert, channel, state, due) VALUES (?, ?, 'waiting', ?)"),
  prune: db.prepare("DELETE FROM alerts WHERE n <= ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE alert = n AND state = 'waiting')"),
  pruneDeliveries: db.prepare("DELETE FROM deliveries WHERE alert <= ? AND state <> 'waiting'"),
  next: db.prepare<[string], Alert & Pick<Delivery, 'tries' | 'due' | 'problem'>>(
    `SELECT n, at, kind, alerts.state, subject, message, tries, due, problem FROM deliveries JOIN alerts ON n = alert
      WHERE channel = ? AND deliveries.state = 'waiting' ORDER BY alert LIMIT 1`,
  ),
  bound: db.prepare(
    `UPDATE deliveries SET state = 'dropped' WHERE channel = ? AND state = 'waiting' AND alert <
      (SELECT min(alert) FROM (SELECT alert FROM deliveries WHERE channel = ? AND state = 'waiting' ORDER BY alert DESC LIMIT ?))`,
  ),
  settle: db.prepare('UPDATE deliveries SET state = ?, tries = ?, due = ?, problem = ? WHERE alert = ? AND channel = ?'),
  alerts: db.prepare<[number], Alert>('SELECT * FROM alerts ORDER BY n DESC LIMIT ?'),
  deliveries: db.prepare<[number], Delivery>('SELECT channel, state, tries, due, problem FROM deliveries WHERE alert = ? ORDER BY channel'),
});
