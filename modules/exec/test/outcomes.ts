import { CommandFailed, CommandNotFound, type Returnable } from '../../define.ts';

/** Names of Python's own exceptions and of Salt's that `test.raise_exception` knows. */
const RAISED = new Set(
  (
    'ArithmeticError AssertionError AttributeError BlockingIOError BrokenPipeError BufferError ChildProcessError ConnectionAbortedError ' +
    'ConnectionError ConnectionRefusedError ConnectionResetError EOFError EnvironmentError Exception FileExistsError FileNotFoundError ' +
    'FloatingPointError IOError ImportError IndentationError IndexError InterruptedError IsADirectoryError KeyError LookupError MemoryError ' +
    'ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError PermissionError ProcessLookupError ' +
    'RecursionError ReferenceError RuntimeError StopAsyncIteration StopIteration SyntaxError SystemError TabError TimeoutError TypeError ' +
    'UnboundLocalError UnicodeError ValueError ZeroDivisionError'
  ).split(' '),
);
const SALT_RAISED = new Set(
  (
    'SaltException SaltClientError SaltMasterError SaltNoMinionsFound SaltSyndicMasterError SaltMasterUnresolvableError MasterExit ' +
    'AuthenticationError AuthorizationError SaltDaemonNotRunning SaltRunnerError SaltWheelError LoaderError PublishError ' +
    'MinionError FileserverConfigError FileLockError TimeoutError SaltInvocationError PkgParseError SaltRenderError ' +
    'SaltReqTimeoutError TimedProcTimeoutError EauthAuthenticationError TokenAuthenticationError SaltCacheError'
  ).split(' '),
);

/** Throws the failure of that name; returns if there is no such. */
export const raiseNamed = (name: string, message: string): void => {
  const salt = name.startsWith('salt.exceptions.') ? name.slice('salt.exceptions.'.length) : undefined;
  if (salt === 'CommandExecutionError') throw new CommandFailed(message);
  if (salt === 'CommandNotFoundError') throw new CommandNotFound(message);
  if (salt === undefined ? RAISED.has(name) : SALT_RAISED.has(salt)) throw Object.assign(new Error(message), { name: salt ?? name });
};

/** A value of the configuration as data that can be returned; what is none (a function) becomes text. */
export const plain = (value: unknown): Returnable => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [typeof key === 'object' ? String(key) : key, plain(held)]));
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, plain(held)]));
};
