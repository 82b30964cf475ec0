import type { Returnable } from '../../modules/define.ts';
import { jid as asJid, isJid, type Jid, jidStartTime } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { RunEvent, RunRequest } from '../client/contract.ts';
import type { JobStore } from '../jobs/store.ts';
import { withoutSecrets } from '../publish/secrets.ts';

export interface ActiveParts {
  readonly jobs: JobStore;
  /** Asks the minions themselves; nothing of it is stored. */
  readonly ask: (request: RunRequest) => AsyncIterable<RunEvent>;
}

/** What minions run, by job, as they say themselves; of stored jobs also who has returned. */
export async function active(parts: ActiveParts): Promise<Returnable> {
  const found = new Map<string, { readonly job: Record<string, Returnable>; readonly running: Returnable[] }>();
  for await (const event of parts.ask({ target: { kind: 'glob', expression: '*' }, fun: 'saltutil.running', args: [] })) {
    if (event.kind !== 'return') continue;
    const value: unknown = event.value instanceof Packed ? decode(event.value.bytes, { floats: 'wrap' }) : event.value;
    for (const job of Array.isArray(value) ? value.filter(isMessage) : []) {
      const { jid, fun } = job;
      if (!isJid(jid) || fun === 'saltutil.running') continue;
      const entry = found.get(jid) ?? { job: describeRunning(jid, job), running: [] };
      found.set(jid, entry);
      entry.running.push({ [event.minion]: (job['pid'] ?? null) as Returnable });
    }
  }
  const all = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const described: [string, Returnable][] = [];
  for (const [jid, { job, running }] of all) {
    const returns = (await parts.jobs.job(asJid(jid)))?.returns ?? [];
    described.push([jid, { ...job, Running: running, Returned: returns.filter(hasReturned).map(({ minion }) => minion) }]);
  }
  return Object.fromEntries(described);
}

const describeRunning = (jid: Jid, job: Message): Record<string, Returnable> => ({
  Function: (job['fun'] ?? 'unknown-function') as Returnable,
  Arguments: withoutSecrets(Array.isArray(job['arg']) ? job['arg'] : []) as Returnable,
  Target: (job['tgt'] ?? 'unknown-target') as Returnable,
  'Target-type': (job['tgt_type'] ?? 'list') as Returnable,
  User: (job['user'] ?? 'root') as Returnable,
  StartTime: jidStartTime(jid),
});

const hasReturned = ({ state }: { readonly state: string }): boolean => state === 'returned' || state === 'failed';
