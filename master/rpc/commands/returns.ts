import type { Log } from '../../../modules/define.ts';
import { TsaltError } from '../../../protocol/errors.ts';
import { isMessage } from '../../../protocol/wire/envelope.ts';
import type { Returns } from '../../publish/returns.ts';
import type { JobsUnderWay } from '../../publish/under-way.ts';
import { type Command, listIn, numberIn, textIn } from '../command.ts';

/** Results of jobs, and what our own minions tell of a job before its result. */
export const returnCommands = (returns: Returns, underWay: JobsUnderWay, log: Log): readonly Command[] => [
  {
    name: '_return',
    run: async (minion, load) => {
      const intake = await returns.take(minion, load);
      if (intake.verdict === 'refused') log.warn(`a return of ${minion} was refused: ${intake.why}`);
      // Nothing may be acknowledged that is not stored: the minion keeps it and sends it again.
      if (intake.verdict === 'unstored') throw new TsaltError('unstored', intake.why, { retry: true });
      return null;
    },
  },
  {
    name: '_syndic_return',
    run: (minion) => {
      log.warn(`${minion} sent returns as a syndic, which this master does not serve`);
      return false;
    },
  },
  {
    name: '_job_state',
    run: async (minion, load) => {
      const jid = textIn(load, 'jid');
      if (jid === undefined) return false;
      if (load['state'] === 'lost') await returns.lose(jid, minion, textIn(load, 'reason') ?? 'the minion lost the job');
      else if (load['state'] === 'running' || load['state'] === 'received') {
        const pid = numberIn(load, 'pid');
        const since = new Date(textIn(load, 'since') ?? Number.NaN);
        underWay.part(jid, minion, {
          state: load['state'],
          at: new Date(),
          ...(pid === undefined ? {} : { pid }),
          ...(Number.isNaN(since.getTime()) ? {} : { since }),
        });
      }
      return true;
    },
  },
  {
    name: '_job_output',
    run: (minion, load) => {
      const jid = textIn(load, 'jid');
      const pieces = listIn(load, 'pieces') ?? [load];
      for (const piece of pieces) {
        if (jid === undefined || !isMessage(piece)) continue;
        underWay.output(jid, minion, piece['stream'] === 'stderr' ? 'stderr' : 'stdout', textIn(piece, 'text') ?? '');
      }
      return true;
    },
  },
];
