import type { LocalOutcome } from '../../minion/local.ts';
import { exitCode, Finish, type ToolIo } from '../tool.ts';

/**
 * Ends a call that threw, in the words of `salt-call`: the complaint goes to stderr, so that what reads stdout finds
 * no text in place of a result; only the documentation of a function that was called wrongly goes there.
 * @throws Finish always, with exit code 1 whatever the function's return code
 */
export function endFailed(fun: string, { kind, text, doc }: NonNullable<LocalOutcome['failure']>, io: ToolIo): never {
  switch (kind) {
    case 'arguments':
      io.stderr.write(`\nPassed invalid arguments: ${text}.\n\nUsage:\n`);
      if (doc !== '') io.stdout.write(`${doc}\n`);
      throw new Finish(exitCode.failed);
    case 'invocation':
      throw new Finish(exitCode.failed, `${text}\n`);
    case 'command':
      throw new Finish(exitCode.failed, `Error running '${fun}': ${text}\n`);
    case 'not-found':
      throw new Finish(exitCode.failed, `Command required for '${fun}' not found: ${text}\n`);
    case 'exception':
      throw new Finish(exitCode.failed, `[ERROR   ] The function ${fun} caused an exception:\n${text}\n`);
  }
}
