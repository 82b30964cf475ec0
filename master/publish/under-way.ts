import type { Jid } from '../../protocol/jid.ts';
import type { FinalState, Job, JobReport, JobReturn } from '../jobs/store.ts';

/** Where one minion stands in one job. */
export interface Part {
  readonly state: FinalState | 'sent' | 'received' | 'running';
  readonly at: Date;
  readonly reason?: string;
  readonly pid?: number;
  readonly since?: Date;
}

/** What a follower of a job is told. */
export type JobNews =
  | { readonly kind: 'return'; readonly result: JobReturn; readonly problem?: string }
  | { readonly kind: 'part'; readonly minion: string; readonly part: Part }
  | { readonly kind: 'output'; readonly minion: string; readonly stream: 'stdout' | 'stderr'; readonly text: string };

/** A published job of which not every expected return has arrived. */
export interface JobUnderWay {
  readonly job: Job;
  readonly published: Date;
  /** False with `job_cache: False`, and for the master's own questions: nothing of it is stored. */
  readonly stored: boolean;
  /** The master's matching was exact (glob, pcre, list): nobody else may return. */
  readonly exact: boolean;
  readonly parts: ReadonlyMap<string, Part>;
  /** Those who have not returned; it shrinks as they do. */
  readonly pending: ReadonlySet<string>;
  listen(listener: (news: JobNews) => void): () => void;
}

/** The jobs under way, in memory: what is final is in the job store. */
export interface JobsUnderWay {
  begin(job: Job, stored: boolean): JobUnderWay;
  /** A job of before this master started, as the store knows it; if it is under way again, as it stands. */
  resume(report: JobReport): JobUnderWay;
  get(jid: string): JobUnderWay | undefined;
  /** `problem`: the return could not be stored, and why. */
  returned(result: JobReturn, problem?: string): void;
  part(jid: string, minion: string, part: Part): void;
  output(jid: string, minion: string, stream: 'stdout' | 'stderr', text: string): void;
  /** Jobs that wait for this minion. */
  waitingFor(minion: string): readonly JobUnderWay[];
  all(): Iterable<JobUnderWay>;
  drop(jid: Jid): void;
}

/** Jobs some minion never answers would stay for ever: the oldest go beyond this many. */
const BOUND = 10_000;

/** Kinds the master decides for sure: others depend on grains and pillar, of which the minion knows the newest. */
const EXACT = new Set(['glob', 'pcre', 'list']);

class UnderWay implements JobUnderWay {
  readonly published = new Date();
  readonly parts = new Map<string, Part>();
  readonly job: Job;
  readonly stored: boolean;
  readonly exact: boolean;
  readonly pending: Set<string>;
  readonly #listeners = new Set<(news: JobNews) => void>();

  constructor(job: Job, stored: boolean) {
    this.job = job;
    this.stored = stored;
    this.exact = EXACT.has(job.target.kind);
    this.pending = new Set(job.expected);
    const sent: Part = { state: 'sent', at: this.published };
    for (const minion of job.expected) this.parts.set(minion, sent);
  }

  settle(minion: string, part: Part): void {
    this.parts.set(minion, part);
    if (isFinal(part.state)) this.pending.delete(minion);
  }

  listen(listener: (news: JobNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(news: JobNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

const isFinal = (state: Part['state']): state is FinalState => state !== 'sent' && state !== 'received' && state !== 'running';

export function createJobsUnderWay(): JobsUnderWay {
  const jobs = new Map<string, UnderWay>();

  const keep = (job: UnderWay): UnderWay => {
    if (job.pending.size > 0) jobs.set(job.job.jid, job);
    if (jobs.size > BOUND) for (const oldest of jobs.keys()) if (jobs.delete(oldest)) break;
    return job;
  };

  const endIfDone = (jid: string, job: UnderWay): void => {
    if (job.pending.size === 0) jobs.delete(jid);
  };

  return {
    begin: (job, stored) => keep(new UnderWay(job, stored)),
    resume: (report) => {
      const known = jobs.get(report.jid);
      if (known !== undefined) return known;
      const { returns, ...job } = report;
      const underWay = new UnderWay(job, true);
      for (const { minion, state, returnedAt, reason } of returns)
        underWay.settle(minion, { state, at: returnedAt, ...(reason === undefined ? {} : { reason }) });
      return keep(underWay);
    },
    get: (jid) => jobs.get(jid),
    returned: (result, problem) => {
      const job = jobs.get(result.jid);
      if (job === undefined) return;
      job.settle(result.minion, {
        state: result.state,
        at: result.returnedAt,
        ...(result.reason === undefined ? {} : { reason: result.reason }),
      });
      job.tell({ kind: 'return', result, ...(problem === undefined ? {} : { problem }) });
      endIfDone(result.jid, job);
    },
    part: (jid, minion, part) => {
      const job = jobs.get(jid);
      if (job === undefined || !job.pending.has(minion)) return;
      job.settle(minion, part);
      job.tell({ kind: 'part', minion, part });
      endIfDone(jid, job);
    },
    output: (jid, minion, stream, text) => {
      const job = jobs.get(jid);
      if (job?.pending.has(minion)) job.tell({ kind: 'output', minion, stream, text });
    },
    waitingFor: (minion) => [...jobs.values()].filter((job) => job.pending.has(minion)),
    all: () => jobs.values(),
    drop: (jid) => {
      jobs.delete(jid);
    },
  };
}
