import { deflateRawSync } from 'node:zlib';
import type { SqliteFile } from '../state/sqlite-file.ts';
import { packIds } from './sqlite-ids.ts';
import {
  DEFLATED,
  JOB_ARGS,
  JOB_FUN,
  type OpenRow,
  type RecordRow,
  type Row,
  type RowResult,
  STATE_BITS,
  STATES,
} from './sqlite-messages.ts';

/** The first state that says there is no return. */
const LOST = STATES.indexOf('lost');

/** Values longer than this are deflated when that makes them clearly smaller. */
const DEFLATE_ABOVE = 512;
/** Bounds of what is remembered between batches. */
const NAMES_REMEMBERED = 200_000;
const JOBS_REMEMBERED = 5_000;

interface KnownJob {
  readonly id: number;
  readonly class: number;
  readonly fun: number;
  readonly opened: number;
  readonly args: Buffer;
}

interface Added {
  readonly class: number;
  readonly jid: string;
  /** Counts by state as in `STATES`; what was given up and came after all is taken from `lost`. */
  returned: number;
  failed: number;
  lost: number;
  returns: number;
  bytes: number;
  ended: number;
}

const slice = (bytes: Uint8Array, start: number, length: number): Uint8Array | null =>
  length < 0 ? null : bytes.subarray(start, start + length);

/** Writes batches of jobs and returns; what it remembers of the database is dropped when a batch fails. */
export class JobWriter {
  readonly #names = new Map<string, number>();
  readonly #classes = new Map<string, number>();
  readonly #jobs = new Map<string, KnownJob>();
  #added = new Map<number, Added>();
  readonly #sql;
  readonly #whole: (rows: readonly Row[], bytes: Uint8Array) => RowResult[];

  constructor(db: SqliteFile) {
    this.#sql = statements(db);
    this.#whole = db.transaction((rows: readonly Row[], bytes: Uint8Array) => this.#writeAll(rows, bytes)).immediate;
  }

  /** All rows in one transaction: when this returns, they are on the disk; when it throws, none is. */
  write(rows: readonly Row[], bytes: Uint8Array): RowResult[] {
    try {
      return this.#whole(rows, bytes);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Drops what is remembered: after jobs were removed, or a transaction was rolled back. */
  forget(): void {
    this.#names.clear();
    this.#classes.clear();
    this.#jobs.clear();
  }

  forgetJobs(): void {
    this.#jobs.clear();
  }

  #writeAll(rows: readonly Row[], bytes: Uint8Array): RowResult[] {
    this.#added = new Map();
    const results = rows.map((row) => (isOpen(row) ? this.#open(row, bytes) : this.#record(row, bytes)));
    this.#addUp();
    return results;
  }

  #open(row: OpenRow, bytes: Uint8Array): RowResult {
    const now = Date.now();
    const args = slice(bytes, ...row.args) ?? new Uint8Array();
    const expected = packIds(row.expected.map((name) => this.#name(name)));
    const detail = slice(bytes, ...row.detail);
    const done = this.#sql.insertJob.run(
      row.jid,
      this.#class(row.keep),
      this.#name(row.user),
      this.#name(row.fun),
      now,
      now,
      expected,
      args,
      detail,
    );
    return done.changes === 0 ? 'taken' : 'opened';
  }

  #record(row: RecordRow, bytes: Uint8Array): RowResult {
    const [jid, minion, given, retcode, at, fun, out, valueAt, valueLength, argsAt, argsLength, moreAt, moreLength] = row;
    const job = this.#job(jid);
    if (job === undefined) return 'unknown';
    let bits = given;
    const more = slice(bytes, moreAt, moreLength);
    let funId = fun === null ? null : this.#name(fun);
    if (funId === job.fun) {
      bits |= JOB_FUN;
      funId = null;
    }
    let args = slice(bytes, argsAt, argsLength);
    if (args !== null && job.args.equals(args)) {
      bits |= JOB_ARGS;
      args = null;
    }
    let value = slice(bytes, valueAt, valueLength);
    if (value !== null && value.length > DEFLATE_ABOVE) {
      const small = deflateRawSync(value, { level: 3 });
      if (small.length < value.length * 0.9) {
        value = small;
        bits |= DEFLATED;
      }
    }
    const outId = out === null ? null : this.#name(out);
    const columns = [job.id, this.#name(minion), bits, retcode, at - job.opened, funId, outId, value, args, more] as const;
    const isNew = this.#sql.insertReturn.run(...columns).changes > 0;
    if (!isNew && this.#sql.replaceLoss.run(...columns).changes === 0) return 'repeat';
    const added = this.#addedTo(job, jid);
    added.returns += 1;
    added.bytes += (value?.length ?? 0) + (args?.length ?? 0) + (more?.length ?? 0);
    added.ended = Math.max(added.ended, at);
    const state = STATES[bits & STATE_BITS];
    added[state === 'returned' || state === 'failed' ? state : 'lost'] += 1;
    if (!isNew) added.lost -= 1;
    return 'stored';
  }

  #addedTo(job: KnownJob, jid: string): Added {
    const known = this.#added.get(job.id);
    if (known !== undefined) return known;
    const made: Added = { class: job.class, jid, returned: 0, failed: 0, lost: 0, returns: 0, bytes: 0, ended: 0 };
    this.#added.set(job.id, made);
    return made;
  }

  #addUp(): void {
    const classes = new Map<number, { returns: number; bytes: number }>();
    for (const [id, { class: of, jid, returned, failed, lost, returns, bytes, ended }] of this.#added) {
      this.#sql.addToJob.run(returns, bytes, ended, id);
      this.#sql.addToTally.run(id, jid, returned, failed, lost);
      const sum = classes.get(of) ?? { returns: 0, bytes: 0 };
      classes.set(of, { returns: sum.returns + returns, bytes: sum.bytes + bytes });
    }
    for (const [id, { returns, bytes }] of classes) this.#sql.addToClass.run(returns, bytes, id);
  }

  #job(jid: string): KnownJob | undefined {
    const known = this.#jobs.get(jid);
    if (known !== undefined) return known;
    const found = this.#sql.findJob.get(jid);
    if (found === undefined) return undefined;
    if (this.#jobs.size >= JOBS_REMEMBERED) this.#jobs.clear();
    this.#jobs.set(jid, found);
    return found;
  }

  #name(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const id = this.#sql.findName.get(name)?.id ?? Number(this.#sql.insertName.run(name).lastInsertRowid);
    if (this.#names.size >= NAMES_REMEMBERED) this.#names.clear();
    this.#names.set(name, id);
    return id;
  }

  #class(name: string): number {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const id = this.#sql.findClass.get(name)?.id ?? Number(this.#sql.insertClass.run(name).lastInsertRowid);
    this.#classes.set(name, id);
    return id;
  }
}

const isOpen = (row: Row): row is OpenRow => !Array.isArray(row);

const RETURN = 'job, minion, bits, retcode, at, fun, out, value, args, more';

function statements(db: SqliteFile) {
  return {
    insertJob: db.prepare(
      'INSERT INTO jobs (jid, class, user, fun, opened, ended, expected, args, detail) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING',
    ),
    findJob: db.prepare<[string], KnownJob>('SELECT id, class, fun, opened, args FROM jobs WHERE jid = ? AND doomed = 0'),
    addToJob: db.prepare('UPDATE jobs SET returns = returns + ?, bytes = bytes + ?, ended = max(ended, ?) WHERE id = ?'),
    addToClass: db.prepare('UPDATE classes SET returns = returns + ?, bytes = bytes + ? WHERE id = ?'),
    addToTally: db.prepare(
      `INSERT INTO tallies VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET returned = returned + excluded.returned,
       failed = failed + excluded.failed, lost = lost + excluded.lost`,
    ),
    insertReturn: db.prepare(`INSERT INTO returns (${RETURN}) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`),
    // What was given up as lost or expired may come after all; a return is never replaced.
    replaceLoss: db.prepare(
      `INSERT INTO returns (${RETURN}) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET bits = excluded.bits,
       retcode = excluded.retcode, at = excluded.at, fun = excluded.fun, out = excluded.out, value = excluded.value,
       args = excluded.args, more = excluded.more WHERE (bits & ${STATE_BITS}) >= ${LOST} AND (excluded.bits & ${STATE_BITS}) < ${LOST}`,
    ),
    findName: db.prepare<[string], { id: number }>('SELECT id FROM names WHERE name = ?'),
    insertName: db.prepare('INSERT INTO names (name) VALUES (?)'),
    findClass: db.prepare<[string], { id: number }>('SELECT id FROM classes WHERE name = ?'),
    insertClass: db.prepare('INSERT INTO classes (name) VALUES (?)'),
  };
}
