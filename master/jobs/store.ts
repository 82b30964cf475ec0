import type { Jid } from '../../protocol/jid.ts';
import type { Packed } from '../../protocol/wire/packed.ts';

/**
 * Where jobs and their returns are kept. One row a return, never one file: Salt's cache ran out of
 * inodes. `sqlite.ts` implements it; an implementation passes `test/contracts/job-store.ts`.
 */
export interface JobStore extends AsyncDisposable {
  /** Before publishing. A second job with the same jid throws TsaltError `jid-taken`. */
  open(job: Job): Promise<void>;
  /**
   * Each (jid, minion) is kept once; a repeat says so. Resolves only when the row is durable. `unknown`: no such job.
   * A return replaces what was noted as `lost` or `expired` before.
   */
  record(result: JobReturn): Promise<'stored' | 'repeat' | 'unknown'>;
  job(jid: Jid): Promise<JobReport | undefined>;
  /** Newest first. */
  list(query: JobQuery): AsyncIterable<Job>;
  /**
   * Newest first, counted, for people who page through them. What takes long to find ends a page early: `next` is then there,
   * and `rows` shorter than `limit`.
   */
  browse(query: JobBrowse): Promise<JobPage>;
  /** How the part of each minion of a job ended, without what it returned. */
  standings(jid: Jid): Promise<JobStandings | undefined>;
  /** What these minions returned; of those that did not there is none. */
  returnsOf(jid: Jid, minions: readonly string[]): Promise<readonly JobReturn[]>;
  /** Forget what ended before `olderThan`; says how many jobs went. Small batches, never one long lock. */
  prune(olderThan: Date): Promise<number>;
}

export interface Job {
  readonly jid: Jid;
  readonly user: string;
  readonly target: { readonly kind: string; readonly expression: unknown };
  /** One function, or several run in order. */
  readonly fun: string | readonly string[];
  readonly args: readonly unknown[];
  /** Ids the master expected to answer when it published, sorted. */
  readonly expected: readonly string[];
  readonly metadata?: unknown;
  /** Retention class; see `Retention`. */
  readonly keep?: string;
}

/** How a minion's part of a job ended. `lost`: it will never return, and `reason` says why. */
export type FinalState = 'returned' | 'failed' | 'lost' | 'expired';

export interface JobReturn {
  readonly jid: Jid;
  readonly minion: string;
  readonly state: FinalState;
  /** Why, for `lost` and `expired`. */
  readonly reason?: string;
  readonly retcode: number;
  readonly success: boolean;
  /** The value as msgpack, as the minion sent it; absent when there is none. */
  readonly value?: Packed;
  /** The outputter the function asks for. */
  readonly out?: string;
  readonly fun?: string | readonly string[];
  readonly funArgs?: unknown;
  readonly returnedAt: Date;
}

export interface JobReport extends Job {
  readonly returns: readonly JobReturn[];
}

export interface JobBrowse {
  /** A part of the function, user or target, in any case, or the beginning of the job id. */
  readonly search?: string;
  readonly user?: string;
  /** Globs; any one of them. */
  readonly fun?: readonly string[];
  /** Functions that are left out. */
  readonly without?: readonly string[];
  readonly minion?: string;
  /** Only jobs in which a minion failed or was lost. */
  readonly troubled?: boolean;
  readonly after?: Jid;
  readonly since?: Date;
  readonly until?: Date;
  readonly limit: number;
}

/** A job with its minions counted: `returned` and `failed` came back, `lost` never will, the rest has not yet. */
export interface JobSummary extends Omit<Job, 'expected'> {
  readonly expected: number;
  readonly returned: number;
  readonly failed: number;
  readonly lost: number;
}

export interface JobPage {
  readonly rows: readonly JobSummary[];
  /** Where the next page goes on: its `after`. Absent when there is none. */
  readonly next?: Jid;
}

export interface JobStandings {
  readonly job: Job;
  readonly states: ReadonlyMap<string, FinalState>;
}

export interface JobQuery {
  readonly user?: string;
  /** Globs; any one of them. */
  readonly fun?: readonly string[];
  /** Globs on the target expression (any element of a list target). */
  readonly target?: readonly string[];
  readonly minion?: string;
  /** Goes on behind this job in the list: only older ones. */
  readonly after?: Jid;
  /** Bounds on the time in the jid, both inclusive. */
  readonly since?: Date;
  readonly until?: Date;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly limit?: number;
}

/**
 * What may stay, enforced where rows are written (there is no cleaner that could die): after a write
 * that goes past a bound the oldest jobs of the class go, a few at a time.
 */
export interface Retention {
  /** Seconds a job is kept after it was published; 0 keeps for ever (Salt's `keep_jobs_seconds`). */
  readonly seconds: number;
  /** Returns kept in this class at most; 0: no bound. */
  readonly rows: number;
  /** Bytes of return values kept in this class at most; 0: no bound. */
  readonly bytes: number;
}
