import { float, type Returnable } from '../../modules/define.ts';
import type { Chunk } from './chunk.ts';

/** One result as Salt's JSON has it; the order of its keys is that in which they were set. */
export interface Result {
  result: boolean | null;
  comment: string;
  changes: Readonly<Record<string, Returnable>>;
  [key: string]: Returnable;
}
export type Results = Map<string, Result>;

/** Counts the results of a run: `__run_num__`. */
export class RunNumber {
  #next = 0;
  next(): number {
    return this.#next++;
  }
  /** Those up to this one are given. */
  past(number: number): void {
    this.#next = Math.max(this.#next, number + 1);
  }
}

export interface Clock {
  readonly started: Date;
  readonly at: bigint;
}
export const startClock = (): Clock => ({ started: new Date(), at: process.hrtime.bigint() });

/** Milliseconds with three decimals. */
export const elapsed = ({ at }: Clock): number => Number((process.hrtime.bigint() - at) / 1000n) / 1000;
export const duration = (milliseconds: number): Returnable => (Number.isInteger(milliseconds) ? float(milliseconds) : milliseconds);

/** `HH:MM:SS.ffffff`, local time. */
export function startTime({ started, at }: Clock): string {
  const micros = String(started.getMilliseconds() * 1000 + Number((at / 1n) % 1000n)).padStart(6, '0');
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(started.getHours())}:${two(started.getMinutes())}:${two(started.getSeconds())}.${micros}`;
}

/** A chunk that was not called, and why. */
export function notRun(chunk: Chunk, result: boolean, comment: string, number: number): Result {
  const clock = startClock();
  return {
    changes: {},
    result,
    duration: duration(elapsed(clock)),
    start_time: startTime(clock),
    comment,
    __state_ran__: false,
    __run_num__: number,
    __sls__: chunk.sls,
    __id__: chunk.id,
    name: chunk.name,
  };
}
