import { inflateRawSync } from 'node:zlib';
import type { SqliteFile } from '../state/sqlite-file.ts';
import { JobBrowser } from './sqlite-browser.ts';
import { unpackIds } from './sqlite-ids.ts';
import {
  type BrowsedRows,
  type BrowseQuery,
  DEFLATED,
  type JobRow,
  type Page,
  type PageQuery,
  type ReportRows,
  type ReturnRow,
  STATE_BITS,
  type StandingRows,
  type StoreCounts,
} from './sqlite-messages.ts';

/** Rows looked at for one page: a filter that matches little must not hold the thread. */
const LOOKED_AT = 2_000;

interface StoredJob {
  readonly id: number;
  readonly jid: string;
  readonly keep: string;
  readonly user: string;
  readonly fun: string;
  readonly opened: number;
  readonly expected: Uint8Array;
  readonly args: Uint8Array;
  readonly detail: Uint8Array;
}

type Bytes = Uint8Array | null;
type StoredReturn = [string, number, number, number, string | null, string | null, Bytes, Bytes, Bytes];

/** Reads jobs over a connection of its own: in WAL mode it neither waits for the writer nor holds it up. */
export class JobReader {
  readonly #sql;
  readonly #names = new Map<number, string>();
  readonly #snapshot: <T>(read: () => T) => T;
  readonly #browser: JobBrowser;

  constructor(db: SqliteFile) {
    this.#sql = statements(db);
    this.#browser = new JobBrowser(db, (id) => this.#name(id));
    this.#snapshot = (read) => db.transaction(read)();
  }

  job(jid: string): ReportRows | undefined {
    return this.#snapshot(() => {
      const job = this.#sql.job.get(jid);
      if (job === undefined) return undefined;
      const block = new Block();
      const returns = (this.#sql.returns.all(job.id) as StoredReturn[]).map((row) => returnRow(row, job.opened, block));
      return { job: this.#row(job), returns, bytes: block.whole() };
    });
  }

  browse(query: BrowseQuery): BrowsedRows {
    return this.#snapshot(() => this.#browser.page(query));
  }

  /** How the part of each minion ended, without what it returned. */
  standings(jid: string): StandingRows | undefined {
    return this.#snapshot(() => {
      const job = this.#sql.job.get(jid);
      if (job === undefined) return undefined;
      return { job: this.#row(job), states: this.#sql.states.all(job.id) as [string, number][] };
    });
  }

  /** What these minions returned. */
  returns(jid: string, minions: readonly string[]): ReportRows | undefined {
    return this.#snapshot(() => {
      const job = this.#sql.job.get(jid);
      if (job === undefined) return undefined;
      const block = new Block();
      const rows = minions.flatMap((minion) => {
        const row = this.#sql.oneReturn.get(job.id, minion) as StoredReturn | undefined;
        return row === undefined ? [] : [returnRow(row, job.opened, block)];
      });
      return { job: this.#row(job), returns: rows, bytes: block.whole() };
    });
  }

  page(query: PageQuery): Page {
    const rows = this.#sql.page.all(query.below ?? '~', query.from ?? '', query.user ?? null, query.user ?? null, LOOKED_AT);
    const minion = query.minion === undefined ? undefined : (this.#sql.nameId.get(query.minion)?.id ?? -1);
    const jobs: JobRow[] = [];
    for (const row of rows) {
      if (minion !== undefined && !this.#concerns(row, minion)) continue;
      jobs.push(this.#row(row));
      if (jobs.length === query.size) return { jobs, last: row.jid };
    }
    const last = rows.length === LOOKED_AT ? rows.at(-1)?.jid : undefined;
    return last === undefined ? { jobs } : { jobs, last };
  }

  counts(): StoreCounts {
    const jobs = this.#sql.jobCount.get()?.n ?? 0;
    const sums = this.#sql.sums.get();
    return { jobs, returns: sums?.returns ?? 0, bytes: sums?.bytes ?? 0 };
  }

  #concerns(job: StoredJob, minion: number): boolean {
    return minion >= 0 && (this.#sql.returned.get(job.id, minion) !== undefined || unpackIds(job.expected).includes(minion));
  }

  #row(job: StoredJob): JobRow {
    const expected = unpackIds(job.expected)
      .map((id) => this.#name(id))
      .sort();
    return { jid: job.jid, user: job.user, fun: job.fun, keep: job.keep, expected, args: job.args, detail: job.detail };
  }

  #name(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = this.#sql.name.get(id)?.name ?? '';
    if (name !== '') this.#names.set(id, name);
    return name;
  }
}

/** Byte arrays laid one behind the other, to be handed to another thread as one. */
class Block {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  put(bytes: Bytes): [start: number, length: number] {
    if (bytes === null) return [0, -1];
    const start = this.#size;
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return [start, bytes.length];
  }

  whole(): Uint8Array {
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

function returnRow([minion, bits, retcode, at, fun, out, value, args, more]: StoredReturn, opened: number, block: Block): ReturnRow {
  const plain = value !== null && (bits & DEFLATED) !== 0 ? inflateRawSync(value) : value;
  return [minion, bits, retcode, at + opened, fun, out, ...block.put(plain), ...block.put(args), ...block.put(more)];
}

function statements(db: SqliteFile) {
  const oneReturn = `SELECT m.name, r.bits, r.retcode, r.at, f.name, o.name, r.value, r.args, r.more FROM returns r
    JOIN names m ON m.id = r.minion LEFT JOIN names f ON f.id = r.fun LEFT JOIN names o ON o.id = r.out WHERE r.job = ?`;
  const job = `SELECT j.id, j.jid, c.name AS keep, u.name AS user, f.name AS fun, j.opened, j.expected, j.args, j.detail
    FROM jobs j JOIN classes c ON c.id = j.class JOIN names u ON u.id = j.user JOIN names f ON f.id = j.fun`;
  return {
    job: db.prepare<[string], StoredJob>(`${job} WHERE j.jid = ? AND j.doomed = 0`),
    page: db.prepare<[string, string, string | null, string | null, number], StoredJob>(
      `${job} WHERE j.jid < ? AND j.jid >= ? AND (? IS NULL OR u.name = ?) AND j.doomed = 0 ORDER BY j.jid DESC LIMIT ?`,
    ),
    returns: db.prepare(`${oneReturn} ORDER BY m.name`).raw(),
    oneReturn: db.prepare(`${oneReturn} AND r.minion = (SELECT id FROM names WHERE name = ?)`).raw(),
    states: db
      .prepare(`SELECT m.name, r.bits & ${STATE_BITS} FROM returns r JOIN names m ON m.id = r.minion WHERE r.job = ? ORDER BY m.name`)
      .raw(),
    returned: db.prepare<[number, number], { n: number }>('SELECT 1 AS n FROM returns WHERE job = ? AND minion = ?'),
    name: db.prepare<[number], { name: string }>('SELECT name FROM names WHERE id = ?'),
    nameId: db.prepare<[string], { id: number }>('SELECT id FROM names WHERE name = ?'),
    jobCount: db.prepare<[], { n: number }>('SELECT count(*) AS n FROM jobs INDEXED BY living WHERE doomed = 0'),
    sums: db.prepare<[], { returns: number; bytes: number }>('SELECT sum(returns) AS returns, sum(bytes) AS bytes FROM classes'),
  };
}
