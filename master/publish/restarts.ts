import type { Questions } from './questions.ts';
import type { Returns } from './returns.ts';
import type { JobsUnderWay } from './under-way.ts';

/** After its start event a minion is given this long to tell what it still runs, in ms. */
const SETTLE_MS = 2000;
const ANSWER_MS = 10_000;

/**
 * A minion daemon that has just started cannot run what it was sent before, unless the job outlived it in a
 * process of its own: it is asked, and what it does not run is lost.
 */
export function createRestartWatch(underWay: JobsUnderWay, questions: Questions, returns: Returns): (minion: string) => void {
  return (minion) => {
    const at = new Date();
    const before = underWay.waitingFor(minion).filter((job) => job.stored);
    if (before.length === 0) return;
    setTimeout(() => void judge(), SETTLE_MS).unref();
    const judge = async (): Promise<void> => {
      for (const job of before.filter((each) => each.pending.has(minion))) {
        const { jid } = job.job;
        const lose = async (): Promise<void> =>
          await returns.lose(jid, minion, `the minion was restarted at ${at.toISOString()} while it had this job`);
        await questions.findJob(jid, [minion], ANSWER_MS, (_minion, answer) => {
          if (!answer.running && job.pending.has(minion)) void lose();
        });
      }
    };
  };
}
