import { messageOf, TsaltError } from '../../../protocol/errors.ts';
import type { RunEvent, RunnerEvent, RunnerRequest, RunRequest } from '../../client/contract.ts';
import type { OperationParts } from '../../client/operations.ts';
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
export const auditedParts = (parts: OperationParts, audit: Recorder, changes: House['changes']): OperationParts => {
  const doer = (user: string): Doer => ({ user, from: { door: 'cli' } });
  return {
    ...parts,
    run: (request, user, extras) => auditedRun(audit, doer(user), request, parts.run(request, user, extras)),
    runner: (request, user) => auditedRunner(audit, doer(user), request, parts.runner(request, user), changes),
    wheel: (fun, kwargs, user) => auditedWheel(audit, doer(user), fun, kwargs, () => parts.wheel(fun, kwargs, user), changes),
  };
};
