import { type CompiledTarget, compileTarget, type Subject } from '../../kernel/targeting/compile.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Publication } from './publication.ts';

/** Whether this minion is meant. A target it cannot read is not for it. */
export function isMeant(target: Publication['target'], subject: Subject, log: Log): boolean {
  return compiled(target, log)?.matches(subject) ?? false;
}

function compiled({ kind, expression, delimiter }: Publication['target'], log: Log): CompiledTarget | undefined {
  const list = Array.isArray(expression) ? expression.map(String) : undefined;
  if (list === undefined && typeof expression !== 'string') return undefined;
  try {
    return compileTarget({ kind, expression: list ?? String(expression), delimiter });
  } catch (error) {
    log.debug(`a target that this minion cannot read: ${messageOf(error)}`);
    return undefined;
  }
}
