import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';
import type { Sample } from './values.ts';

const TIER = 'minion INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (minion, at)) WITHOUT ROWID';
const SHAPE: FileShape = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS minions (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, five INTEGER NOT NULL, hour INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS names (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS raw (${TIER};
    CREATE TABLE IF NOT EXISTS five (${TIER};
    CREATE TABLE IF NOT EXISTS hour (${TIER};`,
};

/** `raw`: as they came; else mean, least and most of five minutes, and of an hour. */
export type Tier = 'raw' | 'five' | 'hour';
export const TIERS: readonly Tier[] = ['raw', 'five', 'hour'];
/** Seconds that one row of a tier stands for. */
export const STEPS: Readonly<Record<Tier, number>> = { raw: 15, five: 300, hour: 3600 };
/** Seconds for which rows of a tier are kept. */
export type Keep = Readonly<Record<Tier, number>>;

/** A minion, and up to when its rows were made into rows of the coarser tiers, in seconds since 1970. */
export interface Known {
  readonly n: number;
  readonly id: string;
  five: number;
  hour: number;
}

/** The value of a name in a row: its mean, and beyond `raw` its least and most. */
export type Visit = (at: number, name: number, mean: number) => void;

/** Sources send at different times, some each hour: so many of the newest rows have all of their names. */
const LATEST: Readonly<Record<Tier, number>> = { raw: 40, five: 12, hour: 2 };
const RAW_BYTES = 12;
const ROLLED_BYTES = 28;
/** A window is closed so long after its end: what comes later is not in its mean. */
const LATE = 20;

/**
 * Values of minions over time, in three tiers: one row for each minion and time, so that what arrives together is one
 * row. Rows of the finer tiers are made into those of the coarser ones, and deleted when they are too old.
 */
export class MetricStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;
  readonly #minions = new Map<string, Known>();
  readonly #names = new Map<string, number>();
  readonly #nameOf = new Map<number, string>();
  readonly #mostNames: number;

  /** `mostNames`: different names in all; further ones are not stored. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn, mostNames = 50_000) {
    this.#path = path;
    this.#mostNames = mostNames;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#sql = statements(this.#db);
    for (const known of this.#sql.minions.all()) this.#minions.set(known.id, known);
    for (const { n, name } of this.#sql.names.all()) this.#remember(n, name);
  }

  get minions(): ReadonlyMap<string, Known> {
    return this.#minions;
  }

  nameOf(n: number): string | undefined {
    return this.#nameOf.get(n);
  }

  /** Numbers of the names that fit. */
  namesLike(fits: (name: string) => boolean): Map<number, string> {
    return new Map([...this.#nameOf].filter(([, name]) => fits(name)));
  }

  /** All of them in one transaction. */
  write(samples: readonly Sample[]): void {
    this.#try(() => this.#db.transaction(() => this.#write(samples))());
  }

  /**
   * Makes the windows of a minion that are closed into rows of the coarser tiers, and deletes what is too old. Answers
   * whether anything of it is left.
   */
  roll(known: Known, now: number, keep: Keep): boolean {
    return this.#try(() =>
      this.#db.transaction(() => {
        this.#rollTier(known, 'raw', 'five', now);
        this.#rollTier(known, 'five', 'hour', now);
        for (const tier of TIERS) this.#sql[tier].prune.run(known.n, now - keep[tier]);
        const left = TIERS.some((tier) => this.#sql[tier].any.get(known.n) !== undefined);
        if (left) this.#sql.mark.run(known.five, known.hour, known.n);
        else {
          this.#sql.drop.run(known.n);
          this.#minions.delete(known.id);
        }
        return left;
      })(),
    );
  }

  /** Visits the values of these names from `from` to before `until`, in the order of time. */
  read(tier: Tier, minion: number, from: number, until: number, names: ReadonlyMap<number, string>, visit: Visit): void {
    this.#try(() => {
      for (const { at, data } of this.#sql[tier].read.iterate(minion, from, until))
        each(tier, data, (name, mean) => {
          if (names.has(name)) visit(at, name, mean);
        });
    });
  }

  /** What a minion sent within the last two hours or so, by the numbers of the names: the newest value of each. */
  latest(minion: number): Map<number, number> {
    const found = new Map<number, number>();
    for (const tier of [...TIERS].reverse())
      for (const { data } of this.#try(() => this.#sql[tier].latest.all(minion, LATEST[tier])).reverse())
        each(tier, data, (name, mean) => found.set(name, mean));
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #write(samples: readonly Sample[]): void {
    for (const { minion, at, names, values } of samples) {
      const known = this.#minions.get(minion) ?? this.#addMinion(minion, at);
      const data = Buffer.allocUnsafe(names.length * RAW_BYTES);
      let end = 0;
      for (let i = 0; i < names.length; i += 1) {
        const name = this.#numberOf(names[i] ?? '');
        if (name === undefined) continue;
        data.writeUInt32LE(name, end);
        data.writeDoubleLE(values[i] ?? 0, end + 4);
        end += RAW_BYTES;
      }
      if (end > 0) this.#sql.raw.add.run(known.n, at, data.subarray(0, end));
    }
  }

  #addMinion(id: string, at: number): Known {
    const n = Number(this.#sql.addMinion.run(id, windowOf(at, 300), windowOf(at, 3600)).lastInsertRowid);
    const known = { n, id, five: windowOf(at, 300), hour: windowOf(at, 3600) };
    this.#minions.set(id, known);
    return known;
  }

  #numberOf(name: string): number | undefined {
    const known = this.#names.get(name);
    if (known !== undefined || this.#names.size >= this.#mostNames) return known;
    const n = Number(this.#sql.addName.run(name).lastInsertRowid);
    this.#remember(n, name);
    return n;
  }

  #remember(n: number, name: string): void {
    this.#names.set(name, n);
    this.#nameOf.set(n, name);
  }

  #rollTier(known: Known, from: 'raw' | 'five', to: 'five' | 'hour', now: number): void {
    const step = STEPS[to];
    const until = windowOf(Math.min(now - LATE, to === 'hour' ? known.five : now), step);
    if (until <= known[to]) return;
    let window = Number.NaN;
    let sums = new Map<number, Sum>();
    const close = (): void => {
      if (sums.size > 0) this.#sql[to].add.run(known.n, window, packed(sums));
      sums = new Map();
    };
    for (const { at, data } of this.#sql[from].read.all(known.n, known[to], until)) {
      if (windowOf(at, step) !== window) close();
      window = windowOf(at, step);
      each(from, data, (name, mean, least, most) => add(sums, name, mean, least, most));
    }
    close();
    known[to] = until;
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

interface Sum {
  sum: number;
  count: number;
  least: number;
  most: number;
}

const windowOf = (at: number, step: number): number => Math.floor(at / step) * step;

function add(sums: Map<number, Sum>, name: number, mean: number, least: number, most: number): void {
  const known = sums.get(name);
  if (known === undefined) {
    sums.set(name, { sum: mean, count: 1, least, most });
    return;
  }
  known.sum += mean;
  known.count += 1;
  if (least < known.least) known.least = least;
  if (most > known.most) known.most = most;
}

function packed(sums: ReadonlyMap<number, Sum>): Buffer {
  const data = Buffer.allocUnsafe(sums.size * ROLLED_BYTES);
  let at = 0;
  for (const [name, { sum, count, least, most }] of sums) {
    data.writeUInt32LE(name, at);
    data.writeDoubleLE(sum / count, at + 4);
    data.writeDoubleLE(least, at + 12);
    data.writeDoubleLE(most, at + 20);
    at += ROLLED_BYTES;
  }
  return data;
}

function each(tier: Tier, data: Buffer, visit: (name: number, mean: number, least: number, most: number) => void): void {
  const size = tier === 'raw' ? RAW_BYTES : ROLLED_BYTES;
  for (let at = 0; at + size <= data.length; at += size) {
    const mean = data.readDoubleLE(at + 4);
    if (tier === 'raw') visit(data.readUInt32LE(at), mean, mean, mean);
    else visit(data.readUInt32LE(at), mean, data.readDoubleLE(at + 12), data.readDoubleLE(at + 20));
  }
}

const tierStatements = (db: SqliteFile, tier: Tier) => ({
  // What else a minion sends of the same second joins the row.
  add: db.prepare(
    `INSERT INTO ${tier} VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = CAST(${tier === 'raw' ? 'data || excluded.data' : 'excluded.data'} AS BLOB)`,
  ),
  read: db.prepare<[number, number, number], { at: number; data: Buffer }>(
    `SELECT at, data FROM ${tier} WHERE minion = ? AND at >= ? AND at < ? ORDER BY at`,
  ),
  latest: db.prepare<[number, number], { data: Buffer }>(`SELECT data FROM ${tier} WHERE minion = ? ORDER BY at DESC LIMIT ?`),
  any: db.prepare<[number], unknown>(`SELECT 1 FROM ${tier} WHERE minion = ? LIMIT 1`),
  prune: db.prepare(`DELETE FROM ${tier} WHERE minion = ? AND at < ?`),
});

const statements = (db: SqliteFile) => ({
  minions: db.prepare<[], Known>('SELECT n, id, five, hour FROM minions ORDER BY n'),
  names: db.prepare<[], { n: number; name: string }>('SELECT n, name FROM names'),
  addMinion: db.prepare('INSERT INTO minions (id, five, hour) VALUES (?, ?, ?)'),
  addName: db.prepare('INSERT INTO names (name) VALUES (?)'),
  mark: db.prepare('UPDATE minions SET five = ?, hour = ? WHERE n = ?'),
  drop: db.prepare('DELETE FROM minions WHERE n = ?'),
  raw: tierStatements(db, 'raw'),
  five: tierStatements(db, 'five'),
  hour: tierStatements(db, 'hour'),
});
