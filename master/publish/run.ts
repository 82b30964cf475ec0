import type { RunEvent, RunRequest } from '../client/contract.ts';
import { runBatch } from './batch.ts';
import { insist } from './deliver.ts';
import { type FollowParts, type FollowTimes, follow } from './follow.ts';
import type { PublishExtras, Publisher } from './publisher.ts';

export interface RunParts {
  readonly publisher: Publisher;
  readonly following: FollowParts;
  /** The master's `timeout` and `gather_job_timeout`, in seconds. */
  readonly defaults: () => { readonly timeout: number; readonly gather: number };
}

/** Publishes a job and tells what becomes of it: what the command line, runners, peers and the web all do. */
export type Run = (request: RunRequest, user: string, extras?: PublishExtras) => AsyncIterable<RunEvent>;

export const createRun = (parts: RunParts): Run =>
  async function* run(request, user, extras) {
    const times = { ...timesOf(request, parts), ...(extras?.insist === undefined ? {} : { patienceMs: PATIENCE_MS }) };
    if (request.batch !== undefined) {
      yield* runBatch(request, user, times, parts, extras);
      return;
    }
    const prepared = await parts.publisher.prepare(request, user, extras);
    if (prepared === undefined) {
      yield { kind: 'published', jid: undefined, minions: [] };
      return;
    }
    const events = follow(prepared.underWay, times, parts.following);
    await prepared.send();
    if (extras?.insist !== undefined) insist(parts.publisher, request, prepared.underWay, prepared.minions, extras.insist.heard);
    yield { kind: 'published', jid: prepared.underWay.job.jid, minions: prepared.underWay.job.expected };
    if (request.async !== true) yield* events;
  };

/** For so long minions that nothing was heard of since the master started may be on their way back to it. */
export const PATIENCE_MS = 30_000;

/** How long a job is waited for. */
export function timesOf(request: RunRequest, parts: Pick<RunParts, 'defaults'>): FollowTimes {
  const { timeout, gather } = parts.defaults();
  return { timeoutMs: (request.timeout ?? timeout) * 1000, gatherMs: (request.gatherJobTimeout ?? gather) * 1000 };
}
