import { decode, encode } from '../../protocol/wire/msgpack.ts';
import type { Digests } from '../../states/plan/digest.ts';
import type { Summary } from '../../states/plan/summary.ts';
import type { Target } from '../client/contract.ts';
import { type FileShape, inStore, openSqlite, type SqliteFile, type Warn } from '../state/sqlite-file.ts';

const SHAPE: FileShape = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema: `
    CREATE TABLE IF NOT EXISTS plans (id TEXT PRIMARY KEY, made INTEGER NOT NULL, request BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS parts (plan TEXT NOT NULL REFERENCES plans, minion TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
      jid TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', details BLOB NOT NULL, PRIMARY KEY (plan, minion)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS drift (minion TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, jid TEXT NOT NULL, score REAL NOT NULL,
      details BLOB NOT NULL, PRIMARY KEY (minion, name, at)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS drift_age ON drift (at);`,
};

/** What was asked for, to be asked for again when the plan is applied. */
export interface PlanRequest {
  readonly target: Target;
  /** SLS to apply; null is what the top file gives. */
  readonly mods: unknown;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/**
 * `planned`, or `failed` (states that fail, or no answer that could be applied) and `silent` (no answer) by the dry run;
 * then `applying`, `applied`, `broken` (applied, and states failed) or `refused` (the ground moved).
 */
export type PartState = 'planned' | 'failed' | 'silent' | 'applying' | 'applied' | 'broken' | 'refused';

/** What one minion foresaw, and what became of it. */
export interface Part {
  readonly minion: string;
  readonly state: PartState;
  /** Epoch milliseconds of this state. */
  readonly at: number;
  /** The job that applied it; empty before. */
  readonly jid: string;
  /** Why it is so, for `silent` and `refused`. */
  readonly note: string;
  /** Results of the dry run, as the minion answered. */
  readonly results: unknown;
  readonly digests: Digests;
  /** Whether the minion itself can tell that nothing has changed; those of Salt cannot. */
  readonly guarded: boolean;
  readonly summary: Summary;
}

export interface Plan extends PlanRequest {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly made: number;
  readonly parts: readonly Part[];
}

interface PartRow {
  readonly minion: string;
  readonly state: PartState;
  readonly at: number;
  readonly jid: string;
  readonly note: string;
  readonly details: Uint8Array;
}

/** Opens the plans and drift runs of a master, `plans.db`. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export const openPlanFile = (path: string, warn: Warn): SqliteFile => openSqlite(path, SHAPE, warn);

/** Dry runs, kept until they are applied or too old. */
export class PlanStore {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  constructor(path: string, db: SqliteFile) {
    this.#path = path;
    this.#db = db;
    this.#sql = statements(db);
    // What a master that ended was applying: the minions themselves refuse what they have done.
    this.#try(() => this.#sql.release.run());
  }

  /** @throws TsaltError `store-full`, `store-failed` */
  add({ id, made, target, mods, kwargs, parts }: Plan): void {
    this.#try(() =>
      this.#db.transaction(() => {
        this.#sql.addPlan.run(id, made, encode({ target, mods, kwargs }));
        for (const { minion, state, at, jid, note, ...details } of parts)
          this.#sql.addPart.run(id, minion, state, at, jid, note, encode(details));
      })(),
    );
  }

  find(id: string): Plan | undefined {
    const row = this.#try(() => this.#sql.plan.get(id));
    if (row === undefined) return undefined;
    const parts = this.#try(() => this.#sql.parts.all(id)).map(({ details, ...part }) => ({
      ...part,
      ...(decode(details, { floats: 'wrap' }) as Details),
    }));
    return { id, made: row.made, ...(decode(row.request, { floats: 'wrap' }) as PlanRequest), parts };
  }

  /** Newest first, without what they foresaw. */
  list(): {
    readonly id: string;
    readonly made: number;
    readonly request: PlanRequest;
    readonly states: Readonly<Record<string, PartState>>;
  }[] {
    return this.#try(() => this.#sql.all.all()).map(({ id, made, request }) => ({
      id,
      made,
      request: decode(request) as PlanRequest,
      states: Object.fromEntries(this.#sql.states.all(id).map(({ minion, state }) => [minion, state])),
    }));
  }

  /** Takes parts for applying them: those that were in this state, and no other caller has. */
  take(id: string, minions: readonly string[], at: number): string[] {
    return this.#try(() => this.#db.transaction(() => minions.filter((minion) => this.#sql.take.run(at, id, minion).changes === 1))());
  }

  /** What became of a part. */
  settle(id: string, minion: string, state: PartState, { at, jid, note }: Pick<Part, 'at' | 'jid' | 'note'>): void {
    this.#try(() => this.#sql.settle.run(state, at, jid, note, id, minion));
  }

  /** Says whether there was one. */
  delete(id: string): boolean {
    return this.#try(() => this.#db.transaction(() => this.#sql.dropParts.run(id).changes + this.#sql.drop.run(id).changes)()) > 0;
  }

  /** Forgets what was made before. */
  prune(before: number): void {
    for (const { id } of this.#try(() => this.#sql.old.all(before))) this.delete(id);
  }

  #try<T>(act: () => T): T {
    return inStore(this.#path, act);
  }
}

type Details = Pick<Part, 'results' | 'digests' | 'guarded' | 'summary'>;

function statements(db: SqliteFile) {
  return {
    addPlan: db.prepare<[string, number, Uint8Array]>('INSERT INTO plans VALUES (?, ?, ?)'),
    addPart: db.prepare<[string, string, string, number, string, string, Uint8Array]>('INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)'),
    plan: db.prepare<[string], { made: number; request: Uint8Array }>('SELECT made, request FROM plans WHERE id = ?'),
    all: db.prepare<[], { id: string; made: number; request: Uint8Array }>('SELECT id, made, request FROM plans ORDER BY id DESC'),
    old: db.prepare<[number], { id: string }>('SELECT id FROM plans WHERE made < ?'),
    parts: db.prepare<[string], PartRow>('SELECT minion, state, at, jid, note, details FROM parts WHERE plan = ? ORDER BY minion'),
    states: db.prepare<[string], { minion: string; state: PartState }>('SELECT minion, state FROM parts WHERE plan = ? ORDER BY minion'),
    take: db.prepare<[number, string, string]>(
      "UPDATE parts SET state = 'applying', at = ? WHERE plan = ? AND minion = ? AND state IN ('planned', 'failed', 'refused')",
    ),
    settle: db.prepare<[string, number, string, string, string, string]>(
      'UPDATE parts SET state = ?, at = ?, jid = ?, note = ? WHERE plan = ? AND minion = ?',
    ),
    release: db.prepare<[]>("UPDATE parts SET state = 'planned' WHERE state = 'applying'"),
    dropParts: db.prepare<[string]>('DELETE FROM parts WHERE plan = ?'),
    drop: db.prepare<[string]>('DELETE FROM plans WHERE id = ?'),
  };
}
