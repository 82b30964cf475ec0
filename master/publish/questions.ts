import { newJid } from '../../protocol/jid.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import type { JobReturn } from '../jobs/store.ts';
import type { Publisher } from './publisher.ts';

/** What a minion said of a job it was asked about. */
export type Answer = { readonly running: true; readonly pid?: number } | { readonly running: false };

/** Asks minions whether they still run a job, as Salt's command line does (`saltutil.find_job`). */
export interface Questions {
  /** `tell` is called once for each minion that answers within `waitMs`; resolves when all did or the time is over. */
  findJob(jid: string, minions: readonly string[], waitMs: number, tell: (minion: string, answer: Answer) => void): Promise<void>;
}

export function createQuestions(publisher: Publisher): Questions {
  return {
    findJob: async (jid, minions, waitMs, tell) => {
      const request = { target: { kind: 'list', expression: minions }, fun: 'saltutil.find_job', args: [jid], jid: newJid() };
      const asked = await publisher.publish(request, 'root', { internal: true });
      if (asked === undefined) return;
      let timer: NodeJS.Timeout | undefined;
      let ignore = (): void => undefined;
      try {
        await new Promise<void>((resolve) => {
          timer = setTimeout(resolve, waitMs);
          ignore = asked.listen((news) => {
            if (news.kind !== 'return') return;
            tell(news.result.minion, readAnswer(news.result));
            if (asked.pending.size === 0) resolve();
          });
        });
      } finally {
        clearTimeout(timer);
        ignore();
      }
    },
  };
}

/** `find_job` returns the running job's map, or an empty one. */
function readAnswer(result: JobReturn): Answer {
  const value = result.value === undefined ? undefined : decode(result.value.bytes);
  if (typeof value !== 'object' || value === null || !('jid' in value)) return { running: false };
  const pid = 'pid' in value && typeof value.pid === 'number' ? value.pid : undefined;
  return { running: true, ...(pid === undefined ? {} : { pid }) };
}
