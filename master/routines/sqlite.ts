import { TsaltError } from '../../protocol/errors.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';
import type { Routine } from './definition.ts';

const SHAPE: FileShape = {
  version: 1,
  synchronous: 'FULL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS routines (name TEXT PRIMARY KEY, definition BLOB NOT NULL, rule TEXT NOT NULL, anchor INTEGER NOT NULL,
      last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS runs (n INTEGER PRIMARY KEY AUTOINCREMENT, routine TEXT NOT NULL, slot INTEGER NOT NULL, fire INTEGER NOT NULL,
      state TEXT NOT NULL, jid TEXT NOT NULL, by TEXT NOT NULL, asked BLOB, started INTEGER, ended INTEGER, outcome TEXT, reason TEXT,
      counts BLOB, UNIQUE (routine, slot));
    CREATE INDEX IF NOT EXISTS runs_open ON runs (state) WHERE state <> 'ended';
    CREATE TABLE IF NOT EXISTS notes (run INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;`,
};

/** `partly`: some minions did it; `lost`: nobody answered, or the master ended while it ran and it is not known what became of it. */
export type Outcome = 'ok' | 'failed' | 'partly' | 'lost' | 'skipped';

/** How many minions, of a run that was a job. */
export interface Counts {
  readonly minions: number;
  readonly ok: number;
  readonly failed: number;
  readonly silent: number;
}

/** One slot of a routine and what became of it. Times are epoch milliseconds. */
export interface Run {
  readonly n: number;
  readonly routine: string;
  readonly slot: number;
  /** When it is begun: the slot, and its splay. */
  readonly fire: number;
  readonly state: 'due' | 'running' | 'ended';
  /** Under which its job is published; given before it is. */
  readonly jid: string;
  /** Who asked for it; empty: its time had come. */
  readonly by: string;
  readonly started: number | null;
  readonly ended: number | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly counts: Counts | undefined;
}

/** Where a routine stands in time. */
export interface Place {
  readonly rule: string;
  readonly anchor: number;
  /** The last slot that was taken, or let pass. */
  readonly last: number;
}

export type Taken = Pick<Run, 'slot' | 'fire' | 'jid' | 'by'>;
export type End = Pick<Run, 'outcome' | 'reason'> & { readonly ended: number; readonly counts?: Counts };

type Row = Omit<Run, 'counts'> & { readonly counts: Uint8Array | null };
const COLUMNS = 'n, routine, slot, fire, state, jid, by, started, ended, outcome, reason, counts';

/**
 * Routines, their slots and what became of them. A slot can be taken once: `(routine, slot)` is unique, and a commit is
 * on the disk before anything is begun.
 */
export class RoutineStore implements AsyncDisposable {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#db = openSqlite(path, SHAPE, warn);
    this.#sql = statements(this.#db);
  }

  routines(): { readonly definition: unknown; readonly place: Place }[] {
    return this.#try(() => this.#sql.routines.all()).map(({ definition, ...place }) => ({ definition: decode(definition), place }));
  }

  save(routine: Routine, { rule, anchor, last }: Place): void {
    this.#try(() => this.#sql.save.run(routine.name, encode(routine), rule, anchor, last));
  }

  place(name: string, { rule, anchor, last }: Place): void {
    this.#try(() => this.#sql.place.run(rule, anchor, last, name));
  }

  /** Its history goes with it; a run under way ends by itself. */
  delete(name: string): void {
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.drop.run(name);
        this.#sql.dropRuns.run(name);
      })(),
    );
  }

  /**
   * Takes slots of a routine as they stand now, and moves its place on, all or nothing. `asked` is the routine as it is
   * to be run. Slots that were taken before are left out.
   */
  take(name: string, asked: Routine, slots: readonly Taken[], place: Place | undefined): Run[] {
    const packed = encode(asked);
    return this.#try(() =>
      this.#db.transaction(() => {
        if (place !== undefined) this.#sql.place.run(place.rule, place.anchor, place.last, name);
        return slots.flatMap(({ slot, fire, jid, by }) => {
          const { changes, lastInsertRowid } = this.#sql.take.run(name, slot, fire, jid, by, packed);
          return changes === 1 ? [this.#found(Number(lastInsertRowid))] : [];
        });
      })(),
    );
  }

  /** Slots that were let pass, kept as one row at the last of them. */
  pass(name: string, slot: number, reason: string, at: number): void {
    this.#try(() => this.#sql.pass.run(name, slot, slot, at, reason));
  }

  begin(n: number, at: number): void {
    this.#try(() => this.#sql.begin.run(at, n));
  }

  /** The end of a run: what was needed to go on with it is gone, and of older runs only the newest `keep` stay. */
  end(run: Pick<Run, 'n' | 'routine'>, { ended, outcome, reason, counts }: End, keep: number): void {
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.end.run(ended, outcome, reason, counts === undefined ? null : encode(counts), run.n);
        this.#sql.dropNotes.run(run.n);
        this.#sql.prune.run(run.routine, run.routine, keep);
      })(),
    );
  }

  /** Those that have not ended, oldest slot first. */
  open(): Run[] {
    return this.#try(() => this.#sql.open.all()).map(runOf);
  }

  /** The routine as it was when the slot was taken. */
  asked(n: number): unknown {
    const row = this.#try(() => this.#sql.asked.get(n));
    return row?.asked === undefined || row.asked === null ? undefined : decode(row.asked);
  }

  /** Newest first; `before`: only those of lower numbers. */
  runs(name: string, limit: number, before = Number.MAX_SAFE_INTEGER): Run[] {
    return this.#try(() => this.#sql.runs.all(name, before, limit)).map(runOf);
  }

  /** The newest of each routine that ran. */
  latest(): Map<string, Run> {
    return new Map(this.#try(() => this.#sql.latest.all()).map((row) => [row.routine, runOf(row)]));
  }

  note(run: number, key: string, value: unknown): void {
    this.#try(() => this.#sql.note.run(run, key, encode(value)));
  }

  notes(run: number): Map<string, unknown> {
    return new Map(this.#try(() => this.#sql.notes.all(run)).map(({ key, value }) => [key, decode(value)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  #found(n: number): Run {
    const row = this.#sql.run.get(n);
    if (row === undefined) throw new TsaltError('store-failed', `${this.#path}: the run ${n} that was just stored is not there`);
    return runOf(row);
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

const runOf = ({ counts, ...row }: Row): Run => ({ ...row, counts: counts === null ? undefined : (decode(counts) as Counts) });

const statements = (db: SqliteFile) => ({
  routines: db.prepare<[], Place & { definition: Uint8Array }>('SELECT definition, rule, anchor, last FROM routines ORDER BY name'),
  save: db.prepare(
    `INSERT INTO routines VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition, rule = excluded.rule,
      anchor = excluded.anchor, last = excluded.last`,
  ),
  place: db.prepare('UPDATE routines SET rule = ?, anchor = ?, last = ? WHERE name = ?'),
  drop: db.prepare('DELETE FROM routines WHERE name = ?'),
  dropRuns: db.prepare("DELETE FROM runs WHERE routine = ? AND state <> 'running'"),
  take: db.prepare("INSERT INTO runs (routine, slot, fire, state, jid, by, asked) VALUES (?, ?, ?, 'due', ?, ?, ?) ON CONFLICT DO NOTHING"),
  pass: db.prepare(
    `INSERT INTO runs (routine, slot, fire, state, jid, by, ended, outcome, reason) VALUES (?, ?, ?, 'ended', '', '', ?, 'skipped', ?)
      ON CONFLICT DO NOTHING`,
  ),
  begin: db.prepare("UPDATE runs SET state = 'running', started = coalesce(started, ?) WHERE n = ?"),
  end: db.prepare("UPDATE runs SET state = 'ended', ended = ?, outcome = ?, reason = ?, counts = ?, asked = NULL WHERE n = ?"),
  dropNotes: db.prepare('DELETE FROM notes WHERE run = ?'),
  prune: db.prepare(
    `DELETE FROM runs WHERE routine = ? AND state = 'ended'
      AND n < (SELECT min(n) FROM (SELECT n FROM runs WHERE routine = ? ORDER BY n DESC LIMIT ?))`,
  ),
  open: db.prepare<[], Row>(`SELECT ${COLUMNS} FROM runs WHERE state <> 'ended' ORDER BY slot, n`),
  asked: db.prepare<[number], { asked: Uint8Array | null }>('SELECT asked FROM runs WHERE n = ?'),
  run: db.prepare<[number], Row>(`SELECT ${COLUMNS} FROM runs WHERE n = ?`),
  runs: db.prepare<[string, number, number], Row>(`SELECT ${COLUMNS} FROM runs WHERE routine = ? AND n < ? ORDER BY n DESC LIMIT ?`),
  latest: db.prepare<[], Row>(`SELECT ${COLUMNS} FROM runs WHERE n IN (SELECT max(n) FROM runs WHERE state <> 'due' GROUP BY routine)`),
  note: db.prepare('INSERT INTO notes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
  notes: db.prepare<[number], { key: string; value: Uint8Array }>('SELECT key, value FROM notes WHERE run = ?'),
});
