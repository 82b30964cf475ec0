import { statSync } from 'node:fs';
import { join } from 'node:path';
import { TsaltError } from '../../protocol/errors.ts';
import { jid as asJid, type Jid } from '../../protocol/jid.ts';
import { Batch } from './sqlite-batch.ts';
import {
  type BrowsedRows,
  type BrowseQuery,
  type Page,
  type PageQuery,
  type ReportRows,
  type RowResult,
  STATES,
  type StandingRows,
  type StoreCounts,
} from './sqlite-messages.ts';
import { filterOf, jobOf, reportOf, summaryOf } from './sqlite-report.ts';
import { JOBS_CHECKED_AT_OPEN } from './sqlite-schema.ts';
import { ReaderLink, WriterLink, workerFile } from './sqlite-threads.ts';
import type { Job, JobBrowse, JobPage, JobQuery, JobReport, JobReturn, JobStandings, JobStore, Retention } from './store.ts';

/** What a batch may hold; what comes beyond waits for the next one. */
const BATCH_ROWS = 4_000;
const BATCH_BYTES = 4 * 1024 * 1024;
const PAGE_SIZE = 200;
/** After the first job of this run the reader's thread is started too: somebody will ask for the result. */
const WARM_UP_AFTER_MS = 1_000;

export interface JobStoreOptions {
  /** Made when missing; holds `jobs.db`, `-wal`, `-shm` and nothing else of ours. */
  readonly directory: string;
  /** By class; a class that is not named here is kept as `default` is, and for ever when that is missing. */
  readonly retention: Readonly<Record<string, Retention>>;
  /** Told when a damaged database was set aside, or old jobs could not be removed. */
  readonly warn: (message: string) => void;
  /** Told which jobs are forgotten, some time after it happened. */
  readonly onPruned?: (jids: readonly string[]) => void;
  /** The thread's file, when it lies elsewhere than beside this one. */
  readonly worker?: URL;
}

/**
 * Jobs and returns in one SQLite database, `jobs.db` in WAL mode. All calls that arrive while a
 * transaction is being written share the next one, so an fsync is paid once for many returns.
 * Writes fail with TsaltError `store-full` (no room; the next call tries again) or `store-failed`.
 */
export class SqliteJobStore implements JobStore {
  readonly #writer: WriterLink;
  readonly #reader: ReaderLink;
  readonly #queue: Queued[] = [];
  #writing: Promise<void> | undefined;
  #warmUp: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(writer: WriterLink, reader: ReaderLink) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async open(job: Job): Promise<void> {
    const result = await this.#enqueue((batch) => batch.open(job));
    this.#warmUp ??= setTimeout(() => this.#warm(), WARM_UP_AFTER_MS).unref();
    if (result === 'taken') throw new TsaltError('jid-taken', `a job ${job.jid} is already stored; publish with another jid, or none`);
  }

  async record(result: JobReturn): Promise<'stored' | 'repeat' | 'unknown'> {
    const done = await this.#enqueue((batch) => batch.record(result));
    return done === 'stored' || done === 'repeat' ? done : 'unknown';
  }

  async job(jid: Jid): Promise<JobReport | undefined> {
    const rows = (await this.#read({ kind: 'job', jid })) as ReportRows | undefined;
    return rows === undefined ? undefined : reportOf(rows);
  }

  async *list(query: JobQuery): AsyncIterable<Job> {
    const wanted = filterOf(query);
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let page = firstPage(query);
    while (left > 0) {
      const { jobs, last } = (await this.#read({ kind: 'page', page })) as Page;
      for (const row of jobs) {
        const job = jobOf(row);
        if (!wanted(job)) continue;
        yield job;
        left -= 1;
        if (left <= 0) return;
      }
      if (last === undefined) return;
      page = { ...page, below: last };
    }
  }

  async browse(query: JobBrowse): Promise<JobPage> {
    const { rows, last } = (await this.#read({ kind: 'browse', browse: browseQuery(query) })) as BrowsedRows;
    return { rows: rows.map(summaryOf), ...(last === undefined ? {} : { next: asJid(last) }) };
  }

  async standings(jid: Jid): Promise<JobStandings | undefined> {
    const found = (await this.#read({ kind: 'standings', jid })) as StandingRows | undefined;
    if (found === undefined) return undefined;
    const states = found.states.map(([minion, state]) => [minion, STATES[state] ?? 'failed'] as const);
    return { job: jobOf(found.job), states: new Map(states) };
  }

  async returnsOf(jid: Jid, minions: readonly string[]): Promise<readonly JobReturn[]> {
    const rows = (await this.#read({ kind: 'returns', jid, minions })) as ReportRows | undefined;
    return rows === undefined ? [] : reportOf(rows).returns;
  }

  prune(olderThan: Date): Promise<number> {
    return this.#writer.prune(olderThan.getTime());
  }

  /** How much is stored. */
  async counts(): Promise<StoreCounts> {
    return (await this.#read({ kind: 'counts' })) as StoreCounts;
  }

  /** Checks the whole database in the reader's thread; sets a damaged one aside. */
  async check(): Promise<void> {
    await this.#read({ kind: 'check' });
  }

  /** Writes what was handed in, then ends both threads. Later calls are refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#warmUp);
    while (this.#writing !== undefined) await this.#writing;
    await this.#reader.close();
    await this.#writer.close();
  }

  #warm(): void {
    this.counts().catch(() => undefined); // the next real question meets the same failure, and tells it
  }

  #enqueue(put: (batch: Batch) => void): Promise<RowResult> {
    if (this.#closed) return Promise.reject(new TsaltError('store-closed', 'the job store is closed'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ put, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // what arrives in this turn goes along
    while (this.#queue.length > 0) await this.#writeSome();
    this.#writing = undefined;
  }

  async #writeSome(): Promise<void> {
    const { batch, sent } = this.#nextBatch();
    if (sent.length === 0) return;
    try {
      const results = await this.#writer.write(batch.rows, batch.bytes);
      sent.forEach((queued, at) => {
        queued.resolve(results[at] ?? 'unknown');
      });
    } catch (error) {
      for (const queued of sent) queued.reject(error);
    }
  }

  #nextBatch(): { batch: Batch; sent: Queued[] } {
    const batch = new Batch();
    const sent: Queued[] = [];
    let taken = 0;
    for (; taken < this.#queue.length && sent.length < BATCH_ROWS && batch.size < BATCH_BYTES; taken += 1) {
      const queued = this.#queue[taken];
      if (queued === undefined) continue;
      try {
        queued.put(batch);
        sent.push(queued);
      } catch (error) {
        queued.reject(error); // arguments that cannot be packed are this caller's fault alone
      }
    }
    this.#queue.splice(0, taken);
    return { batch, sent };
  }

  /** A damaged database met while reading is set aside, and the question is put to the new one. */
  async #read(question: Parameters<ReaderLink['ask']>[0]): Promise<unknown> {
    if (this.#closed) throw new TsaltError('store-closed', 'the job store is closed');
    try {
      return await this.#reader.ask(question);
    } catch (error) {
      if (!(error instanceof TsaltError) || error.code !== 'store-corrupt') throw error;
    }
    await this.#writer.check();
    return this.#reader.ask(question);
  }
}

interface Queued {
  put(batch: Batch): void;
  resolve(result: RowResult): void;
  reject(error: unknown): void;
}

function firstPage(query: JobQuery): PageQuery {
  return {
    size: PAGE_SIZE,
    ...boundsOf(query),
    ...(query.user === undefined ? {} : { user: query.user }),
    ...(query.minion === undefined ? {} : { minion: query.minion }),
  };
}

function browseQuery({ after, since, until, limit, troubled, search, ...rest }: JobBrowse): BrowseQuery {
  const bounds = boundsOf({ ...(after && { after }), ...(since && { since }), ...(until && { until }) });
  return { ...rest, ...bounds, size: limit, troubled: troubled ?? false, ...(search ? { search: search.toLowerCase() } : {}) };
}

function boundsOf({ after, since, until }: Pick<JobQuery, 'after' | 'since' | 'until'>): Pick<PageQuery, 'below' | 'from'> {
  const last = until === undefined ? undefined : jidFloor(new Date(until.getTime() + 1));
  const below = [after, last].filter((text) => text !== undefined).sort()[0];
  return { ...(below === undefined ? {} : { below }), ...(since === undefined ? {} : { from: jidFloor(since) }) };
}

/** No job id made at or after `date` sorts before this text. */
const jidFloor = (date: Date): string => date.toISOString().replace(/[-:T.Z]/g, '');

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * A small database is checked whole before it is used; a large one only after an unclean stop, while it is used already.
 * @throws TsaltError `store-newer` when a newer tsalt wrote the database, `store-failed` when it cannot be opened.
 */
export async function openJobStore(options: JobStoreOptions): Promise<SqliteJobStore> {
  const path = join(options.directory, 'jobs.db');
  const file = options.worker ?? workerFile();
  const reader = new ReaderLink(file, { role: 'reader', path, retention: {} });
  const writer = new WriterLink(
    file,
    { role: 'writer', path, retention: options.retention },
    {
      gone: (jids) => options.onPruned?.(jids),
      warn: options.warn,
      replaced: () => {
        if (reader.running) reader.ask({ kind: 'reopen' }).catch((error: Error) => options.warn(error.message));
      },
    },
  );
  const doubtful = sizeOf(`${path}-wal`) > 0 && sizeOf(path) > JOBS_CHECKED_AT_OPEN;
  await writer.start();
  const store = new SqliteJobStore(writer, reader);
  if (doubtful) store.check().catch((error: Error) => options.warn(`${path}: the check after an unclean stop failed: ${error.message}`));
  return store;
}
