import { existsSync, statSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { checkWhole, isCorrupt, openSqlite, type SqliteFile, setAside, storeError } from '../state/sqlite-file.ts';
import type { Failure, ReaderAnswer, ReaderRequest, Row, RowResult, WorkerOptions, WriterEvent, WriterRequest } from './sqlite-messages.ts';
import { JobReader } from './sqlite-reader.ts';
import { JobRetention } from './sqlite-retention.ts';
import { JOBS } from './sqlite-schema.ts';
import { JobWriter } from './sqlite-writer.ts';

const IDLE_CHECK_MS = 10_000;

const failureOf = (thrown: unknown, path: string): Failure => {
  const { code, message, retry } = storeError(thrown, path);
  return { code, message, retry };
};

/** The thread that writes. It opens the file again by itself when it was damaged or could not be opened. */
class WriterThread {
  readonly #port: MessagePort;
  readonly #options: WorkerOptions;
  #open: { db: SqliteFile; writer: JobWriter; retention: JobRetention } | undefined;
  #sweeping = false;
  #lastWarning = '';

  constructor(port: MessagePort, options: WorkerOptions) {
    this.#port = port;
    this.#options = options;
    this.#begin();
    port.on('message', (request: WriterRequest) => this.#answer(request));
    setInterval(() => this.#tidy(), IDLE_CHECK_MS).unref();
  }

  #tell(event: WriterEvent): void {
    this.#port.postMessage(event);
  }

  /** What stays wrong is told once: a full disk is met again every few seconds. */
  #warn = (message: string): void => {
    if (message === this.#lastWarning) return;
    this.#lastWarning = message;
    this.#tell({ kind: 'warn', message });
  };

  /** A full disk must not keep the master from starting: each write says so instead, until there is room. */
  #begin(): void {
    try {
      this.#database();
      this.#tell({ kind: 'ready' });
      this.#tidy();
    } catch (error) {
      const failure = failureOf(error, this.#options.path);
      if (failure.code === 'store-full') this.#warn(failure.message);
      this.#tell(failure.code === 'store-full' ? { kind: 'ready' } : { kind: 'ready', failure });
    }
  }

  #database() {
    if (this.#open !== undefined) return this.#open;
    const { path, retention } = this.#options;
    const db = openSqlite(path, JOBS, this.#warn);
    this.#open = { db, writer: new JobWriter(db), retention: new JobRetention(db, retention) };
    return this.#open;
  }

  #answer(request: WriterRequest): void {
    try {
      if (request.kind === 'batch') this.#tell({ kind: 'done', results: this.#write(request.rows, request.bytes) });
      else if (request.kind === 'prune') this.#tell({ kind: 'pruned', count: this.#prune(request.before) });
      else if (request.kind === 'check') this.#check();
      else this.#close();
    } catch (error) {
      this.#tell({ kind: 'failed', failure: failureOf(error, this.#options.path) });
      this.#release();
      return;
    }
    if (request.kind !== 'close') this.#tidy();
  }

  #write(rows: readonly Row[], bytes: Uint8Array): RowResult[] {
    try {
      return this.#database().writer.write(rows, bytes);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#replace(storeError(error, this.#options.path).message);
      return this.#database().writer.write(rows, bytes);
    }
  }

  /** After an error the connection is opened anew: what SQLite knows of a failing disk is not trusted. */
  #release(): void {
    try {
      this.#open?.db.close();
    } catch (error) {
      this.#warn(`${this.#options.path}: closing after an error failed too: ${failureOf(error, this.#options.path).message}`);
    }
    this.#open = undefined;
  }

  #replace(why: string): void {
    this.#release();
    setAside(this.#options.path, why, this.#warn);
    this.#database();
    this.#tell({ kind: 'replaced' });
  }

  #check(): void {
    try {
      checkWhole(this.#database().db);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#replace(storeError(error, this.#options.path).message);
    }
    this.#tell({ kind: 'checked' });
  }

  #prune(before: number): number {
    const { retention, writer } = this.#database();
    let count = 0;
    for (let last = 0; last >= 0; ) {
      const step = retention.forgetEnded(before, last);
      if (step.jids.length > 0) this.#tell({ kind: 'gone', jids: step.jids });
      count += step.jids.length;
      last = step.last;
    }
    writer.forgetJobs();
    return count;
  }

  /** One step of retention; rows of forgotten jobs then go between messages, never ahead of one that waits. */
  #tidy(): void {
    try {
      const { retention, writer } = this.#database();
      const jids = retention.enforce(Date.now());
      if (jids.length > 0) {
        writer.forgetJobs();
        this.#tell({ kind: 'gone', jids });
      }
      this.#sweepLater();
    } catch (error) {
      this.#release();
      this.#warn(`removing old jobs failed: ${failureOf(error, this.#options.path).message}`);
    }
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    setImmediate(() => {
      this.#sweeping = false;
      try {
        if (this.#open?.retention.sweep()) this.#sweepLater();
      } catch (error) {
        this.#release();
        this.#warn(`removing old returns failed: ${failureOf(error, this.#options.path).message}`);
      }
    });
  }

  #close(): void {
    this.#release();
    this.#tell({ kind: 'closed' });
  }
}

/** The thread that reads. */
class ReaderThread {
  readonly #port: MessagePort;
  readonly #path: string;
  #open: { db: SqliteFile; reader: JobReader } | undefined;

  constructor(port: MessagePort, options: WorkerOptions) {
    this.#port = port;
    this.#path = options.path;
    port.on('message', (request: ReaderRequest) => this.#answer(request));
  }

  #answer(request: ReaderRequest): void {
    try {
      const value = this.#value(request);
      const answer: ReaderAnswer = { id: request.id, kind: 'value', value };
      this.#port.postMessage(
        answer,
        value !== undefined && 'bytes' in value && value.bytes instanceof Uint8Array ? [value.bytes.buffer as ArrayBuffer] : [],
      );
    } catch (error) {
      this.#release();
      const answer: ReaderAnswer = { id: request.id, kind: 'failed', failure: failureOf(error, this.#path) };
      this.#port.postMessage(answer);
    }
  }

  #value(request: ReaderRequest) {
    switch (request.kind) {
      case 'job':
        return this.#reader()?.job(request.jid);
      case 'page':
        return this.#reader()?.page(request.page) ?? { jobs: [] };
      case 'browse':
        return this.#reader()?.browse(request.browse) ?? { rows: [] };
      case 'standings':
        return this.#reader()?.standings(request.jid);
      case 'returns':
        return this.#reader()?.returns(request.jid, request.minions);
      case 'counts':
        return this.#reader()?.counts() ?? { jobs: 0, returns: 0, bytes: 0 };
      case 'check':
        if (this.#reader() !== undefined && this.#open !== undefined) checkWhole(this.#open.db);
        return undefined;
      case 'reopen':
      case 'close':
        this.#release();
        return undefined;
    }
  }

  /** Undefined while there is no database yet, because the disk was full when the master started. */
  #reader(): JobReader | undefined {
    if (this.#open !== undefined) return this.#open.reader;
    if (!existsSync(this.#path) || statSync(this.#path).size === 0) return undefined;
    const db = new Database(this.#path, { readonly: true, timeout: 10_000 });
    this.#open = { db, reader: new JobReader(db) };
    return this.#open.reader;
  }

  #release(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }
}

if (parentPort !== null) {
  const options = workerData as WorkerOptions;
  if (options.role === 'writer') new WriterThread(parentPort, options);
  else new ReaderThread(parentPort, options);
}
