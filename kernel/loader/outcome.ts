import { CallRefused, CommandFailed, CommandNotFound, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { entriesOf } from './arguments.ts';
import type { Callable, Run } from './callable.ts';
import { BadArguments, ForeignException, NotAvailable, NotReturnable, UnknownKeywords } from './errors.ts';

/** Why a call threw, for callers that word it themselves; `value` has the same in the words of a minion's return. */
export interface Failure {
  /** Salt's kinds: `TypeError`, `SaltInvocationError`, `CommandExecutionError`, `CommandNotFoundError`, or any other. */
  readonly kind: 'arguments' | 'invocation' | 'command' | 'not-found' | 'exception';
  /** Without the words around it; a traceback for `exception`. */
  readonly text: string;
  /** The function's documentation, empty if it has none. */
  readonly doc: string;
}

/** How a job ended, as the minion reports it. */
export interface Outcome {
  readonly value: Returnable;
  readonly retcode: number;
  readonly success: boolean;
  readonly out?: string;
  /** False if this minion has no such function. */
  readonly available: boolean;
  /** Present if the function threw. */
  readonly failure?: Failure;
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
  const ended = run.job.signal.aborted ? `the job was ended: ${messageOf(run.job.signal.reason)}` : undefined;
  const failure: Failure = ended === undefined ? { ...failureOf(thrown), doc } : { kind: 'command', text: ended, doc };
  const retcode = ended === undefined && isCommandFailed(thrown) ? thrown.retcode : 1;
  return { ...failed(worded(fun, failure), retcode), failure };
};

const failureOf = (thrown: unknown): Omit<Failure, 'doc'> => {
  if (isCallRefused(thrown) || thrown instanceof UnknownKeywords) return { kind: 'invocation', text: thrown.message };
  if (isCommandNotFound(thrown)) return { kind: 'not-found', text: thrown.message };
  if (isCommandFailed(thrown)) return { kind: 'command', text: thrown.message };
  if (thrown instanceof BadArguments) return { kind: 'arguments', text: thrown.message };
  if (thrown instanceof NotAvailable || thrown instanceof NotReturnable) return { kind: 'command', text: thrown.message };
  if (thrown instanceof ForeignException) return foreign(thrown);
  return { kind: 'exception', text: tracebackOf(thrown) };
};

const worded = (fun: string, { kind, text, doc }: Failure): string => {
  switch (kind) {
    case 'arguments':
      return `Passed invalid arguments to ${fun}: ${text}\n${doc}`;
    case 'invocation':
      return `ERROR executing '${fun}': ${text}`;
    case 'command':
      return `ERROR: ${text}`;
    case 'not-found':
      return `Command required for '${fun}' not found: ${text}`;
    case 'exception':
      return `The minion function caused an exception: ${text}`;
  }
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

const isCommandNotFound = (thrown: unknown): thrown is CommandNotFound =>
  thrown instanceof CommandNotFound || (thrown instanceof Error && thrown.name === 'CommandNotFoundError');

const isCallRefused = (thrown: unknown): thrown is CallRefused =>
  thrown instanceof CallRefused || (thrown instanceof Error && thrown.name === 'SaltInvocationError');

/** Which exception of Python's it was decides the text, as in Salt. */
const foreign = (thrown: ForeignException): Omit<Failure, 'doc'> => {
  switch (thrown.kind) {
    case 'CommandExecutionError':
      return { kind: 'command', text: thrown.message };
    case 'CommandNotFoundError':
      return { kind: 'not-found', text: thrown.message };
    case 'SaltInvocationError':
    case 'SaltClientError':
      return { kind: 'invocation', text: thrown.message };
    case 'TypeError':
      return { kind: 'arguments', text: thrown.message };
    default:
      return { kind: 'exception', text: thrown.traceback };
  }
};

/** A stack in the order in which Salt's users read one: the most recent call last, then the error. */
export const tracebackOf = (thrown: unknown): string => {
  const lines = (thrown instanceof Error ? (thrown.stack ?? '') : '').split('\n').filter((line) => /^\s+at /.test(line));
  const frames = lines.reverse().map((line) => `  ${line.trim()}`);
  const last = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `Thrown: ${messageOf(thrown)}`;
  return ['Traceback (most recent call last):', ...frames, last].join('\n');
};
