import type { Fleet } from '../../fleet/fleet.ts';
import type { Returns } from '../../publish/returns.ts';
import type { JobsUnderWay } from '../../publish/under-way.ts';
import { type Command, numberIn, textIn, textsIn } from '../command.ts';

/** A job sent this recently may not have reached the minion when it said what it runs, in ms. */
const ON_ITS_WAY = 10_000;
/** A minion counts as away after it missed this many of its heartbeats. */
const MISSED = 2.5;

/** How our own minions say that they live, what they run, and goodbye. */
export const presenceCommands = (fleet: Fleet, underWay: JobsUnderWay, returns: Returns): readonly Command[] => [
  {
    name: '_heartbeat',
    run: async (minion, load) => {
      const started = new Date(textIn(load, 'started') ?? Date.now());
      const seconds = Math.min(Math.max(numberIn(load, 'interval') ?? 15, 1), 3600);
      fleet.presence.beat(minion, { boot: textIn(load, 'boot') ?? '', started, dueMs: seconds * 1000 * MISSED });
      const held = new Set([...(textsIn(load, 'running') ?? []), ...(textsIn(load, 'spooled') ?? [])]);
      for (const job of underWay.waitingFor(minion)) {
        if (held.has(job.job.jid) || Date.now() - job.published.getTime() < ON_ITS_WAY) continue;
        await returns.lose(job.job.jid, minion, 'the minion does not have this job: it was away when it was sent, or was restarted since');
      }
      return true;
    },
  },
  {
    name: '_goodbye',
    run: (minion) => {
      fleet.presence.gone(minion);
      return true;
    },
  },
];
