import { messageOf } from '../../../../protocol/errors.ts';
import { BadArguments, ForeignException, NotAvailable, UnknownKeywords } from '../../errors.ts';
import { answerBy } from '../answer.ts';

/** Answers what Python code asks; an error becomes the exception that a caller of Salt's would see. */
export const answerPython = answerBy((thrown) => ({ kind: kindOf(thrown), message: messageOf(thrown) }));

const kindOf = (thrown: unknown): string => {
  if (thrown instanceof NotAvailable) return 'KeyError';
  if (thrown instanceof BadArguments) return 'TypeError';
  if (thrown instanceof UnknownKeywords) return 'SaltInvocationError';
  if (thrown instanceof ForeignException) return thrown.kind;
  const named = thrown instanceof Error && ['CommandExecutionError', 'SaltInvocationError'].includes(thrown.name);
  return named ? thrown.name : 'MinionError';
};
