import type { RunEvent, RunRequest } from '../client/contract.ts';
import type { JobStore } from '../jobs/store.ts';
import { resumeBatch } from './batch.ts';
import { insist } from './deliver.ts';
import { follow, returnEvent } from './follow.ts';
import { PATIENCE_MS, type RunParts, timesOf } from './run.ts';
import type { JobsUnderWay } from './under-way.ts';

export interface Rejoined {
  readonly request: RunRequest & { readonly jid: string };
  /** Whether those it went to have it, as far as is known. Others get it again, under its id, which each runs once. */
  readonly arrived: (minion: string) => boolean;
  /** Told when all of them have it. */
  readonly heard: () => void;
  /** Of a batch: those whose turn has come. */
  readonly begun: readonly string[];
}

export interface RejoinParts extends RunParts {
  readonly jobs: JobStore;
  readonly underWay: JobsUnderWay;
}

/** What became of a job that an earlier master published: all that has returned, and then what is still to come. */
export type Rejoin = (job: Rejoined, user: string) => Promise<AsyncIterable<RunEvent> | undefined>;

/** Answers undefined for a job that was never published: it is stored before it is sent. */
export const createRejoin =
  (parts: RejoinParts): Rejoin =>
  async (job, user) => {
    const { jid } = job.request;
    const report = await parts.jobs.job(jid as Parameters<JobStore['job']>[0]);
    if (report === undefined) return undefined;
    return events(job, user, parts, report);
  };

type Report = NonNullable<Awaited<ReturnType<JobStore['job']>>>;

async function* events(
  { request, arrived, heard, begun }: Rejoined,
  user: string,
  parts: RejoinParts,
  report: Report,
): AsyncIterable<RunEvent> {
  const times = { ...timesOf(request, parts), patienceMs: PATIENCE_MS };
  const job = parts.underWay.get(report.jid) ?? parts.underWay.resume(report);
  yield { kind: 'published', jid: report.jid, minions: report.expected };
  const pending = new Set(job.pending);
  const batch = request.batch !== undefined;
  const wanted = new Set(batch ? begun : report.expected);
  const ahead = batch
    ? await resumeBatch(request, user, times, parts, { begun: wanted, report })
    : follow(job, times, parts.following, wanted);
  for (const result of (await parts.jobs.job(report.jid))?.returns ?? []) {
    if (job.pending.has(result.minion)) parts.underWay.returned(result);
    else if (!pending.has(result.minion) && isReturn(result.state)) yield returnEvent(result);
  }
  const unsure = [...job.pending].filter((minion) => wanted.has(minion) && !arrived(minion));
  if (unsure.length > 0) insist(parts.publisher, request, job, unsure, heard);
  yield* ahead;
}

const isReturn = (state: string): boolean => state === 'returned' || state === 'failed';
