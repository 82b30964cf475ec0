import { CallRefused, CommandFailed } from '../../../modules/define.ts';
import { BadArguments, ForeignException, NotAvailable, NotReturnable } from '../errors.ts';
import type { Message } from './frames.ts';

/** The error that a message of another process tells of: `kind`, `message`, and `path`, `retcode` or `traceback`. */
export function errorOf(said: Message): Error {
  const [kind, message] = [String(said['kind']), String(said['message'])];
  switch (kind) {
    case 'NotReturnable':
      return new NotReturnable(String(said['path']), message);
    case 'BadArguments':
      return new BadArguments(message);
    case 'NotAvailable':
      return new NotAvailable(message);
    case 'SaltInvocationError':
      return new CallRefused(message);
    case 'CommandExecutionError':
      return new CommandFailed(message, Number(said['retcode']) || 1);
    default:
      return new ForeignException(kind, message, String(said['traceback'] ?? message));
  }
}
