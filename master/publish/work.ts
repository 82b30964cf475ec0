import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { JobStore } from '../jobs/store.ts';
import { type Broadcast, createPublisher, type Publisher } from './publisher.ts';
import { createQuestions } from './questions.ts';
import { createRejoin, type Rejoin } from './rejoin.ts';
import { createRestartWatch } from './restarts.ts';
import { createReturns, type Returns } from './returns.ts';
import { createRun, type Run } from './run.ts';
import { createJobsUnderWay, type JobsUnderWay } from './under-way.ts';

/** Publishing, following and taking in returns: what works on jobs, tied together. */
export interface Work {
  readonly publisher: Publisher;
  readonly run: Run;
  readonly rejoin: Rejoin;
  readonly returns: Returns;
  readonly underWay: JobsUnderWay;
  /** A minion daemon says that it has just started. */
  readonly restarted: (minion: string) => void;
  /** Ends a job where it still runs; says which minions were told. */
  readonly cancel: (jid: string) => Promise<readonly string[]>;
}

export interface WorkParts {
  readonly bus: EventBus;
  readonly fleet: Fleet;
  readonly jobs: JobStore;
  readonly broadcast: Broadcast;
  readonly jobCache: boolean;
  readonly extJobCache: () => string;
  /** Seconds: `timeout` and `gather_job_timeout` as they are now. */
  readonly times: () => { readonly timeout: number; readonly gather: number };
  readonly log: Log;
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

export function createWork({ bus, fleet, jobs, broadcast, jobCache, extJobCache, times, log, now }: WorkParts): Work {
  const underWay = createJobsUnderWay();
  const publisher = createPublisher({ fleet, jobs, underWay, bus, broadcast, jobCache, extJobCache });
  const questions = createQuestions(publisher);
  const returns = createReturns({ jobs, underWay, bus, jobCache, log, ...(now === undefined ? {} : { now }) });
  const running = { publisher, following: { presence: fleet.presence, questions, lose: returns.lose }, defaults: times };
  return {
    publisher,
    returns,
    underWay,
    run: createRun(running),
    rejoin: createRejoin({ ...running, jobs, underWay }),
    restarted: createRestartWatch(underWay, questions, returns),
    cancel: async (jid) => {
      const minions = [...(underWay.get(jid)?.pending ?? [])].sort();
      if (minions.length === 0) return [];
      const request = { target: { kind: 'list', expression: minions }, fun: 'saltutil.term_job', args: [jid] };
      await publisher.publish(request, 'root', { internal: true });
      return minions;
    },
  };
}
