import { messageOf } from '../../../../protocol/errors.ts';
import { BadArguments, ForeignException, NotAvailable, NotReturnable } from '../../errors.ts';
import { tracebackOf } from '../../outcome.ts';
import type { Message } from '../frames.ts';

/** An error as a message, so that the other process can throw its like (`errorOf`). */
export function errorMessage(thrown: unknown): Message {
  const message = messageOf(thrown);
  if (thrown instanceof NotReturnable) return { kind: 'NotReturnable', path: thrown.path, message: thrown.why };
  if (thrown instanceof BadArguments) return { kind: 'BadArguments', message };
  if (thrown instanceof NotAvailable) return { kind: 'NotAvailable', message };
  if (thrown instanceof ForeignException) return { kind: thrown.kind, message, traceback: thrown.traceback };
  // By name: a module may be bundled with a copy of the definition of its own.
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'SaltInvocationError') return { kind: name, message };
  if (name === 'CommandExecutionError') return { kind: name, message, retcode: (thrown as { readonly retcode?: unknown }).retcode };
  return { kind: 'Error', message, traceback: tracebackOf(thrown) };
}
