import type { RunEvent } from '../client/contract.ts';
import type { Standing } from '../fleet/presence.ts';
import type { Answer } from './questions.ts';
import type { Part } from './under-way.ts';

type Silent = Extract<RunEvent, { kind: 'silent' }>;

/** Why a minion did not return, in one sentence an operator can act on. */
export function explain(part: Part, standing: Standing, answer: Answer | undefined, mute: boolean): Pick<Silent, 'state' | 'reason'> {
  if (part.state === 'lost' || part.state === 'expired') return { state: part.state, reason: part.reason ?? 'no reason is known' };
  if (standing.state === 'never') return { state: 'offline', reason: 'never connected to this master' };
  if (standing.state === 'offline') {
    const asked = mute ? ' (it did not answer when asked about the job)' : '';
    return { state: 'offline', reason: `offline since ${standing.since.toISOString()}${asked}` };
  }
  if (part.state === 'running') {
    return { state: 'running', reason: `still running (${describe(part.pid)}since ${(part.since ?? part.at).toISOString()})` };
  }
  if (answer?.running === true) return { state: 'running', reason: `still running (${describe(answer.pid)}asked just now)` };
  if (standing.state === 'unknown') {
    return { state: 'sent', reason: `not heard of since this master started; last seen ${standing.seen.toISOString()}` };
  }
  return { state: part.state, reason: `last seen ${standing.seen.toISOString()}; the job was sent to it` };
}

const describe = (pid: number | undefined): string => (pid === undefined ? '' : `pid ${pid}, `);
