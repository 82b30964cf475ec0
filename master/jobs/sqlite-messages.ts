import type { Retention } from './store.ts';

/**
 * What is sent between the master's thread and the two database threads. A batch carries rows of
 * primitives and one block of bytes that is handed over, not copied: cloning objects and small byte
 * arrays one by one costs more than writing them to the database.
 */
export interface WorkerOptions {
  readonly role: 'writer' | 'reader';
  readonly path: string;
  readonly retention: Readonly<Record<string, Retention>>;
}

/** Part of the block of bytes; length -1: absent. */
export type Slice = readonly [start: number, length: number];

export const ABSENT: Slice = [0, -1];

export interface OpenRow {
  readonly op: 'open';
  readonly jid: string;
  readonly user: string;
  /** One function, or several joined by a comma (the list itself is then in `detail`). */
  readonly fun: string;
  readonly keep: string;
  readonly expected: readonly string[];
  readonly args: Slice;
  readonly detail: Slice;
}

/** [jid, minion, bits, retcode, at, fun, out, value, funArgs, more] with byte parts as start and length. */
export type RecordRow = readonly [
  jid: string,
  minion: string,
  bits: number,
  retcode: number,
  at: number,
  fun: string | null,
  out: string | null,
  valueAt: number,
  valueLength: number,
  argsAt: number,
  argsLength: number,
  moreAt: number,
  moreLength: number,
];

export type Row = OpenRow | RecordRow;

/** Bits of a stored return. The two lowest hold the final state, as its place in `STATES`. */
export const STATES = ['returned', 'failed', 'lost', 'expired'] as const;
export const STATE_BITS = 3;
export const SUCCESS = 4;
export const DEFLATED = 8;
/** The return named the function, and it is the job's. */
export const JOB_FUN = 16;
/** The return named its arguments, and they are the job's. */
export const JOB_ARGS = 32;

export type WriterRequest =
  | { readonly kind: 'batch'; readonly rows: readonly Row[]; readonly bytes: Uint8Array }
  | { readonly kind: 'prune'; readonly before: number }
  | { readonly kind: 'check' }
  | { readonly kind: 'close' };

export type RowResult = 'opened' | 'taken' | 'stored' | 'repeat' | 'unknown';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retry: boolean;
}

export type WriterEvent =
  | { readonly kind: 'ready'; readonly failure?: Failure }
  | { readonly kind: 'done'; readonly results: readonly RowResult[] }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'pruned'; readonly count: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'checked' }
  /** Unasked: jobs that went, a warning for the log, the file was replaced by a new one. */
  | { readonly kind: 'gone'; readonly jids: readonly string[] }
  | { readonly kind: 'warn'; readonly message: string }
  | { readonly kind: 'replaced' };

export type ReaderRequest = { readonly id: number } & (
  | { readonly kind: 'job'; readonly jid: string }
  | { readonly kind: 'page'; readonly page: PageQuery }
  | { readonly kind: 'browse'; readonly browse: BrowseQuery }
  | { readonly kind: 'standings'; readonly jid: string }
  | { readonly kind: 'returns'; readonly jid: string; readonly minions: readonly string[] }
  | { readonly kind: 'counts' }
  | { readonly kind: 'check' }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'close' }
);

export interface PageQuery {
  /** Only jobs with a smaller jid; undefined: from the newest. */
  readonly below?: string;
  /** Only jobs whose jid is not smaller. */
  readonly from?: string;
  readonly user?: string;
  readonly minion?: string;
  readonly size: number;
}

export interface JobRow {
  readonly jid: string;
  readonly user: string;
  readonly fun: string;
  readonly keep: string;
  readonly expected: readonly string[];
  readonly args: Uint8Array;
  readonly detail: Uint8Array;
}

/** [minion, bits, retcode, at, fun, out, value, funArgs, more] with byte parts as start and length. */
export type ReturnRow = readonly [
  minion: string,
  bits: number,
  retcode: number,
  at: number,
  fun: string | null,
  out: string | null,
  valueAt: number,
  valueLength: number,
  argsAt: number,
  argsLength: number,
  moreAt: number,
  moreLength: number,
];

export interface ReportRows {
  readonly job: JobRow;
  readonly returns: readonly ReturnRow[];
  readonly bytes: Uint8Array;
}

export interface StoreCounts {
  readonly jobs: number;
  readonly returns: number;
  /** Bytes of return values as stored. */
  readonly bytes: number;
}

export interface Page {
  readonly jobs: readonly JobRow[];
  /** Jid of the last row looked at, so that the next page goes on below it; undefined: there is no more. */
  readonly last?: string;
}

export interface BrowseQuery {
  readonly below?: string;
  readonly from?: string;
  readonly size: number;
  /** A part of the function, user or target, or the beginning of the job id; in lower case. */
  readonly search?: string;
  readonly user?: string;
  /** Globs. */
  readonly fun?: readonly string[];
  /** Names of functions. */
  readonly without?: readonly string[];
  readonly minion?: string;
  /** Only jobs with failed or lost returns. */
  readonly troubled: boolean;
}

export interface BrowsedRow extends Omit<JobRow, 'expected'> {
  readonly expected: number;
  readonly returned: number;
  readonly failed: number;
  readonly lost: number;
}

export interface BrowsedRows {
  readonly rows: readonly BrowsedRow[];
  readonly last?: string;
}

export interface StandingRows {
  readonly job: JobRow;
  /** Minions and how their part ended, as its place in `STATES`; sorted. */
  readonly states: readonly (readonly [minion: string, state: number])[];
}

export type ReaderAnswer = { readonly id: number } & (
  | { readonly kind: 'value'; readonly value: ReportRows | Page | BrowsedRows | StandingRows | StoreCounts | undefined }
  | { readonly kind: 'failed'; readonly failure: Failure }
);
