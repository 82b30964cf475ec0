import type { SqliteFile } from '../state/sqlite-file.ts';
import type { Retention } from './store.ts';

/** Jobs marked and rows removed in one step, so that no step holds up a write for long. */
const JOBS_A_STEP = 200;
const ROWS_A_STEP = 2_000;
const PAGES_A_STEP = 256;

interface Oldest {
  readonly id: number;
  readonly jid: string;
  readonly opened: number;
  readonly returns: number;
  readonly bytes: number;
}

interface ClassRow {
  readonly id: number;
  readonly name: string;
  readonly returns: number;
  readonly bytes: number;
}

const KEEP_ALL: Retention = { seconds: 0, rows: 0, bytes: 0 };

/** Marks jobs past their bounds as forgotten and removes forgotten rows, a step at a time. */
export class JobRetention {
  readonly #bounds: Readonly<Record<string, Retention>>;
  readonly #sql;
  readonly #atomic: <T>(work: () => T) => T;

  constructor(db: SqliteFile, bounds: Readonly<Record<string, Retention>>) {
    this.#bounds = bounds;
    this.#sql = statements(db);
    this.#atomic = (work) => db.transaction(work).immediate();
  }

  /** One step of what the bounds ask for. Returns the jids that are forgotten from now on. */
  enforce(now: number): string[] {
    if (!this.#sql.classes.all().some((row) => this.#excess(row, now) !== undefined)) return [];
    return this.#atomic(() => this.#sql.classes.all().flatMap((row) => this.#enforceClass(row, now)));
  }

  /** Forgets up to a step's worth of jobs with id above `after` that ended before `before`. */
  forgetEnded(before: number, after: number): { jids: string[]; last: number } {
    const jobs = this.#sql.ended.all(after, before, JOBS_A_STEP);
    if (jobs.length > 0)
      this.#atomic(() =>
        jobs.forEach((job) => {
          this.#doom(job, job.class);
        }),
      );
    return { jids: jobs.map((job) => job.jid), last: jobs.at(-1)?.id ?? -1 };
  }

  /** Removes some rows of forgotten jobs, then some free pages. False: there was nothing to do. */
  sweep(): boolean {
    const job = this.#sql.doomed.get();
    if (job === undefined) return this.#shrink();
    this.#atomic(() => {
      const removed = this.#sql.removeReturns.run(job.id, job.id, ROWS_A_STEP).changes;
      if (removed < ROWS_A_STEP) {
        this.#sql.removeTally.run(job.id);
        this.#sql.removeJob.run(job.id);
      }
    });
    return true;
  }

  #shrink(): boolean {
    const free = this.#sql.freePages.get()?.freelist_count ?? 0;
    if (free < PAGES_A_STEP) return false;
    this.#sql.vacuum();
    return true;
  }

  #enforceClass(row: ClassRow, now: number): string[] {
    const gone: string[] = [];
    let left = row;
    for (let job = this.#excess(left, now); job !== undefined && gone.length < JOBS_A_STEP; job = this.#excess(left, now)) {
      this.#doom(job, row.id);
      gone.push(job.jid);
      left = { ...left, returns: left.returns - job.returns, bytes: left.bytes - job.bytes };
    }
    return gone;
  }

  /** The oldest job of a class, when it has to go. The newest one stays, however large: it is being written. */
  #excess(row: ClassRow, now: number): Oldest | undefined {
    const bound = this.#bounds[row.name] ?? this.#bounds['default'] ?? KEEP_ALL;
    const tooMany = (bound.rows > 0 && row.returns > bound.rows) || (bound.bytes > 0 && row.bytes > bound.bytes);
    if (!tooMany && bound.seconds === 0) return undefined;
    const [oldest, next] = this.#sql.oldest.all(row.id);
    if (oldest === undefined) return undefined;
    if (bound.seconds > 0 && oldest.opened < now - bound.seconds * 1000) return oldest;
    return tooMany && next !== undefined ? oldest : undefined;
  }

  #doom(job: Oldest, of: number): void {
    this.#sql.doom.run(job.id);
    this.#sql.takeFromClass.run(job.returns, job.bytes, of);
  }
}

function statements(db: SqliteFile) {
  const columns = 'id, jid, opened, returns, bytes';
  return {
    classes: db.prepare<[], ClassRow>('SELECT id, name, returns, bytes FROM classes'),
    oldest: db.prepare<[number], Oldest>(
      `SELECT ${columns} FROM jobs INDEXED BY living WHERE class = ? AND doomed = 0 ORDER BY id LIMIT 2`,
    ),
    ended: db.prepare<[number, number, number], Oldest & { class: number }>(
      `SELECT ${columns}, class FROM jobs WHERE id > ? AND doomed = 0 AND ended < ? ORDER BY id LIMIT ?`,
    ),
    doom: db.prepare('UPDATE jobs SET doomed = 1 WHERE id = ?'),
    takeFromClass: db.prepare('UPDATE classes SET returns = returns - ?, bytes = bytes - ? WHERE id = ?'),
    doomed: db.prepare<[], { id: number }>('SELECT id FROM jobs INDEXED BY doomed WHERE doomed = 1 ORDER BY id LIMIT 1'),
    removeReturns: db.prepare('DELETE FROM returns WHERE job = ? AND minion IN (SELECT minion FROM returns WHERE job = ? LIMIT ?)'),
    removeTally: db.prepare('DELETE FROM tallies WHERE job = ?'),
    removeJob: db.prepare('DELETE FROM jobs WHERE id = ?'),
    freePages: db.prepare<[], { freelist_count: number }>('PRAGMA freelist_count'),
    vacuum: () => db.pragma(`incremental_vacuum(${PAGES_A_STEP})`),
  };
}
