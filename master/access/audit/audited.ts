import { messageOf, TsaltError } from '../../../protocol/errors.ts';
import type { RunEvent, RunnerEvent, RunnerRequest, RunRequest } from '../../client/contract.ts';
import type { OperationParts } from '../../client/operations.ts';
import type { Publisher } from '../../publish/publisher.ts';
import type { RunWheel } from '../../wheels/index.ts';
import type { House } from '../person.ts';
import { tapped } from '../streams.ts';
import type { Audit, Told } from './audit.ts';

/** Who does it, and by which door. */
export type Doer = Pick<Told, 'user' | 'eauth' | 'from'>;

type Recorder = Pick<Audit, 'record'>;

/** Asked again and again to follow a job; it tells nothing of what somebody wants. */
const FOLLOWING = 'saltutil.find_job';

/** A job, written down when it is published, and once more when that fails. */
export function auditedRun(audit: Recorder, doer: Doer, request: RunRequest, events: AsyncIterable<RunEvent>): AsyncIterable<RunEvent> {
  if (request.fun === FOLLOWING) return events;
  const told = { ...doer, ...jobTold(request) } as const;
  return tapped(
    events,
    (event) => {
      if (event.kind !== 'published') return;
      audit.record({ ...told, outcome: 'allowed', count: event.minions.length, ...(event.jid === undefined ? {} : { jid: event.jid }) });
    },
    (error) => audit.record({ ...told, outcome: 'failed', reason: messageOf(error) }),
  );
}

/** A runner, written down when it is started, and once more when it fails; not if it only asks. */
export function auditedRunner(
  audit: Recorder,
  doer: Doer,
  request: RunnerRequest,
  events: AsyncIterable<RunnerEvent>,
  changes: House['changes'],
): AsyncIterable<RunnerEvent> {
  if (changes('runner', request.fun) === false) return events;
  const told = { ...doer, action: 'runner', fun: request.fun, args: argsOf(request) } as const;
  let jid = '';
  return tapped(events, (event) => {
    if (event.kind === 'started') {
      jid = event.jid;
      audit.record({ ...told, outcome: 'allowed', jid });
    } else if (event.kind === 'result' && !event.success)
      audit.record({ ...told, outcome: 'failed', reason: typeof event.value === 'string' ? event.value : '', jid });
  });
}

/** A change of the master, written down when it is done or has failed; not if it only asks. */
export async function auditedWheel(
  audit: Recorder,
  doer: Doer,
  fun: string,
  kwargs: Readonly<Record<string, unknown>>,
  act: () => Promise<unknown>,
  changes: House['changes'],
): Promise<unknown> {
  if (changes('wheel', fun) === false) return await act();
  const told = { ...doer, action: 'wheel', fun, args: argsOf({ args: [], kwargs }) } as const;
  try {
    const value = await act();
    audit.record({ ...told, outcome: 'allowed' });
    return value;
  } catch (error) {
    audit.record({ ...told, outcome: 'failed', reason: error instanceof TsaltError ? error.message : 'an error of the master' });
    throw error;
  }
}

export const jobTold = ({ fun, args, target }: RunRequest) =>
  ({
    action: 'job',
    fun: [fun].flat().join(','),
    args,
    target: `${target.kind === 'glob' ? '' : `${target.kind} `}${[target.expression].flat().join(',')}`,
  }) as const;

export const argsOf = ({ args, kwargs }: Pick<RunnerRequest, 'args' | 'kwargs'>): readonly unknown[] =>
  Object.keys(kwargs).length === 0 ? args : [...args, kwargs];

/** What local programs do as the master's own user, by the same book. */
export const auditedParts = (
  parts: OperationParts,
  audit: Recorder,
  { changes, barred }: Pick<House, 'changes' | 'barred'>,
): OperationParts => {
  const doer = (user: string): Doer => ({ user, from: { door: 'cli' } });
  return {
    ...parts,
    run: (request, user, extras) => {
      const reason = barred(user, [request.fun].flat());
      if (reason === undefined) return auditedRun(audit, doer(user), request, parts.run(request, user, extras));
      audit.record({ ...doer(user), ...jobTold(request), outcome: 'refused', reason });
      throw new TsaltError('not-authorised', reason);
    },
    runner: (request, user) => auditedRunner(audit, doer(user), request, parts.runner(request, user), changes),
    wheel: (fun, kwargs, user) => auditedWheel(audit, doer(user), fun, kwargs, () => parts.wheel(fun, kwargs, user), changes),
  };
};

/** What programs of Salt do with the key of the master's own user on the request port. */
export interface Clear {
  readonly publisher: Publisher;
  readonly runner: OperationParts['runner'];
  readonly wheel: RunWheel;
}

/** The same for these. */
export const auditedClear = ({ publisher, runner, wheel }: Clear, audit: Recorder, house: Pick<House, 'changes' | 'barred'>): Clear => {
  const doer = (user: string): Doer => ({ user, from: { door: 'cli' } });
  return {
    publisher: {
      ...publisher,
      publish: async (request, user, extras) => {
        const told = { ...doer(user), ...jobTold(request) } as const;
        const reason = house.barred(user, [request.fun].flat());
        if (reason !== undefined) {
          audit.record({ ...told, outcome: 'refused', reason });
          throw new TsaltError('not-authorised', reason);
        }
        const made = await publisher.publish(request, user, extras);
        if (request.fun !== FOLLOWING)
          audit.record({ ...told, outcome: 'allowed', count: made?.job.expected.length ?? 0, jid: made?.job.jid ?? '' });
        return made;
      },
    },
    runner: (request, user) => auditedRunner(audit, doer(user), request, runner(request, user), house.changes),
    wheel: (fun, kwargs, user, jid) => auditedWheel(audit, doer(user), fun, kwargs, () => wheel(fun, kwargs, user, jid), house.changes),
  };
};
