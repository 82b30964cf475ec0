import { CallRefused, CommandFailed, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { entriesOf } from './arguments.ts';
import type { Callable, Run } from './callable.ts';
import { BadArguments, ForeignException, NotAvailable, NotReturnable, UnknownKeywords } from './errors.ts';

/** How a job ended, as the minion reports it. */
export interface Outcome {
  readonly value: Returnable;
  readonly retcode: number;
  readonly success: boolean;
  readonly out?: string;
  /** False if this minion has no such function. */
  readonly available: boolean;
}

/** A call that returned. Its return code is what it set, else 1 if its map says it went wrong. */
export const returned = (value: Returnable, callable: Callable, run: Run): Outcome => {
  const retcode = run.status.retcode === 0 && saysFailed(value) ? 1 : run.status.retcode;
  return { value, retcode, success: retcode === 0, available: true, ...(callable.out === undefined ? {} : { out: callable.out }) };
};

/** A function that is not here. */
export const missing = (value: Returnable): Outcome => ({ ...failed(value), available: false });

/** A call that threw. The texts are Salt's: scripts and outputters look for them. */
export const threw = (fun: string, thrown: unknown, run: Run, doc = ''): Outcome => {
  if (run.job.signal.aborted) return failed(`ERROR: the job was ended: ${messageOf(run.job.signal.reason)}`);
  if (isCallRefused(thrown)) return failed(`ERROR executing '${fun}': ${thrown.message}`);
  if (isCommandFailed(thrown)) return failed(`ERROR: ${thrown.message}`, thrown.retcode);
  if (thrown instanceof BadArguments) return failed(`Passed invalid arguments to ${fun}: ${thrown.message}\n${doc}`);
  if (thrown instanceof UnknownKeywords) return failed(`ERROR executing '${fun}': ${thrown.message}`);
  if (thrown instanceof NotAvailable || thrown instanceof NotReturnable) return failed(`ERROR: ${thrown.message}`);
  if (thrown instanceof ForeignException) return foreign(fun, thrown, doc);
  return failed(`The minion function caused an exception: ${traceback(thrown)}`);
};

const failed = (value: Returnable, retcode = 1): Outcome => ({
  value,
  retcode: retcode || 1,
  success: false,
  out: 'nested',
  available: true,
});

/** `result: False` or `success: 0`; an absent key is no failure. */
const saysFailed = (value: Returnable): boolean =>
  (entriesOf(value) ?? []).some(([key, item]) => (key === 'result' || key === 'success') && isFalsy(item));

/** Falsy in Python's sense, by which empty containers are. */
const isFalsy = (value: unknown): boolean => {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return !value || entriesOf(value)?.length === 0;
};

/** By name too: a custom module may be bundled with a copy of the definition of its own. */
const isCommandFailed = (thrown: unknown): thrown is CommandFailed =>
  thrown instanceof CommandFailed || (thrown instanceof Error && thrown.name === 'CommandExecutionError');

const isCallRefused = (thrown: unknown): thrown is CallRefused =>
  thrown instanceof CallRefused || (thrown instanceof Error && thrown.name === 'SaltInvocationError');

/** Which exception of Python's it was decides the text, as in Salt. */
const foreign = (fun: string, thrown: ForeignException, doc: string): Outcome => {
  switch (thrown.kind) {
    case 'CommandExecutionError':
      return failed(`ERROR: ${thrown.message}`);
    case 'CommandNotFoundError':
      return failed(`Command required for '${fun}' not found: ${thrown.message}`);
    case 'SaltInvocationError':
    case 'SaltClientError':
      return failed(`ERROR executing '${fun}': ${thrown.message}`);
    case 'TypeError':
      return failed(`Passed invalid arguments to ${fun}: ${thrown.message}\n${doc}`);
    default:
      return failed(`The minion function caused an exception: ${thrown.traceback}`);
  }
};

/** A stack in the order in which Salt's users read one: the most recent call last, then the error. */
const traceback = (thrown: unknown): string => {
  const lines = (thrown instanceof Error ? (thrown.stack ?? '') : '').split('\n').filter((line) => /^\s+at /.test(line));
  const frames = lines.reverse().map((line) => `  ${line.trim()}`);
  const last = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `Thrown: ${messageOf(thrown)}`;
  return ['Traceback (most recent call last):', ...frames, last].join('\n');
};
