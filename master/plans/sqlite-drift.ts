import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { inStore, type SqliteFile } from '../state/sqlite-file.ts';

/** How far a minion is from what its states describe, at one time. */
export interface DriftRun {
  readonly minion: string;
  /** Of the entry of the option `drift`, or `manual`. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The job of the dry run. */
  readonly jid: string;
  /** The share of states that are as described, from 0 to 1. */
  readonly score: number;
  readonly total: number;
  /** Ids of states that would change something, and of those that fail. */
  readonly drifting: readonly string[];
  readonly failing: readonly string[];
  /** What the minion answered when that was no results of states. */
  readonly errors: readonly string[];
}

interface Row {
  readonly minion: string;
  readonly name: string;
  readonly at: number;
  readonly jid: string;
  readonly score: number;
  readonly details: Uint8Array;
}

/** The drift runs of a master, one row for each minion and run. */
export class DriftStore {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  constructor(path: string, db: SqliteFile) {
    this.#path = path;
    this.#db = db;
    this.#sql = statements(db);
  }

  /** Adds runs, and forgets those from before `oldest`. @throws TsaltError `store-full`, `store-failed` */
  add(runs: readonly DriftRun[], oldest: number): void {
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.prune.run(oldest);
        for (const { minion, name, at, jid, score, ...details } of runs) this.#sql.add.run(minion, name, at, jid, score, encode(details));
      })(),
    );
  }

  /** The last run of each name of each minion. */
  latest(): DriftRun[] {
    return this.#try(() => this.#sql.latest.all()).map(runOf);
  }

  /** The last run of a name on a minion. */
  last(minion: string, name: string): DriftRun | undefined {
    const row = this.#try(() => this.#sql.last.get(minion, name));
    return row === undefined ? undefined : runOf(row);
  }

  /** Newest first. */
  history(minion: string, limit: number): DriftRun[] {
    return this.#try(() => this.#sql.history.all(minion, limit)).map(runOf);
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

const runOf = ({ details, ...row }: Row): DriftRun => ({
  ...row,
  ...(decode(details) as Pick<DriftRun, 'total' | 'drifting' | 'failing' | 'errors'>),
});

const COLUMNS = 'minion, name, at, jid, score, details';

function statements(db: SqliteFile) {
  return {
    add: db.prepare<[string, string, number, string, number, Uint8Array]>(
      `INSERT OR REPLACE INTO drift (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    prune: db.prepare<[number]>('DELETE FROM drift WHERE at < ?'),
    last: db.prepare<[string, string], Row>(`SELECT ${COLUMNS} FROM drift WHERE minion = ? AND name = ? ORDER BY at DESC LIMIT 1`),
    latest: db.prepare<[], Row>(
      `SELECT ${COLUMNS} FROM drift AS one WHERE at = (SELECT max(at) FROM drift WHERE minion = one.minion AND name = one.name) ORDER BY minion, name`,
    ),
    history: db.prepare<[string, number], Row>(`SELECT ${COLUMNS} FROM drift WHERE minion = ? ORDER BY at DESC LIMIT ?`),
  };
}
