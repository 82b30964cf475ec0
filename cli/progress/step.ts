import { str } from '../output/python.ts';
import { at, isMapping, truthy, withoutEscapes } from '../output/values.ts';

export type StepOutcome = 'Clean' | 'Changed' | 'Differs' | 'Failed';

/** One state of a running minion has ended. */
export interface Step {
  readonly minion: string;
  /** The number of this state in its run, from 0. */
  readonly number: number;
  /** How many states the run has. */
  readonly total: number;
  readonly id: string;
  readonly outcome: StepOutcome;
  /** The id that runs now, where the minion tells it. */
  readonly next?: string;
}

/** A step out of an event `salt/job/<jid>/prog/<minion>/<n>`; undefined where it is none. */
export function stepOfEvent(tag: string, data: unknown): Step | undefined {
  const minion = /^salt\/job\/[^/]+\/prog\/([^/]+)\/\d+$/.exec(tag)?.[1];
  return minion === undefined ? undefined : stepOf(minion, at(data, 'data'));
}

/** A step out of the data that Salt's minions send: the result as `ret`, the number of states as `len`. */
export function stepOf(minion: string, data: unknown): Step | undefined {
  const result = at(data, 'ret');
  const [number, total] = [Number(at(result, '__run_num__')), Number(at(data, 'len'))];
  if (!isMapping(result) || !Number.isInteger(number) || !Number.isInteger(total)) return undefined;
  const next = at(data, 'next');
  return {
    minion,
    number,
    total,
    id: shown(at(result, '__id__') ?? at(result, 'name')),
    outcome: outcomeOf(result),
    ...(typeof next === 'string' ? { next: shown(next) } : {}),
  };
}

function outcomeOf(result: object): StepOutcome {
  const verdict = at(result, 'result');
  if (verdict === false) return 'Failed';
  if (verdict === null) return 'Differs';
  return truthy(at(result, 'changes')) ? 'Changed' : 'Clean';
}

/** On one line, and without what could move the cursor. */
const shown = (value: unknown): string => withoutEscapes(str(value)).replace(/\p{Cc}/gu, ' ');
