import type { RunRequest } from '../client/contract.ts';
import type { Publisher } from './publisher.ts';
import type { JobUnderWay } from './under-way.ts';

/** After this nobody who has said nothing is waited for: Salt's minions are silent until they return. */
const PATIENCE_MS = 30_000;
/** When a master that has just started publishes again, for minions that find back to it meanwhile; a jid runs once. */
const AGAIN_MS = [500, 1000, 2000, 4000, 8000, 16_000];

/**
 * Publishes a job. `heard`: every minion it was sent to has it, as far as can be known; until then the next master
 * must publish it again. `again`: this is that master, or one whose minions may not have found back to it.
 */
export async function deliver(publisher: Publisher, request: RunRequest, again: boolean): Promise<{ readonly heard: Promise<void> }> {
  const job = await publisher.publish(request, 'root', { again });
  if (job === undefined) return { heard: Promise.resolve() };
  const resend = async (): Promise<void> => {
    const prepared = await publisher.prepare(request, 'root', { again: true });
    await prepared?.send(silent(job));
  };
  return { heard: heardBy(job, again ? resend : undefined) };
}

const silent = (job: JobUnderWay): string[] => [...job.pending].filter((minion) => job.parts.get(minion)?.state === 'sent');

function heardBy(job: JobUnderWay, resend: (() => Promise<void>) | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    const end = (): void => {
      for (const timer of timers) clearTimeout(timer);
      stop();
      resolve();
    };
    const look = (): void => {
      if (silent(job).length === 0) end();
    };
    const stop = job.listen(look);
    timers.push(setTimeout(end, PATIENCE_MS).unref());
    // What cannot be sent now is sent the next time.
    if (resend !== undefined) for (const ms of AGAIN_MS) timers.push(setTimeout(() => void resend().catch(() => undefined), ms).unref());
    look();
  });
}

/**
 * Sends a job that is published already again to some of its minions, until they have it; `heard` is told then. One that
 * is not stored cannot be told from another of its id, and was sent once.
 */
export function insist(
  publisher: Publisher,
  request: RunRequest,
  { job: { jid }, stored }: JobUnderWay,
  minions: readonly string[],
  heard = (): void => undefined,
): void {
  if (!stored) return;
  const { subset: _subset, batch: _batch, ...whole } = request;
  deliver(publisher, { ...whole, jid, target: { kind: 'list', expression: minions } }, true)
    .then((sent) => sent.heard)
    .then(heard)
    .catch(() => undefined); // it was sent once: who does not return is told of as silent
}
