import type { Target } from '../../master/client/contract.ts';
import { optionsOf, type ToolSpec } from '../options/option.ts';
import { type Parsed, UsageError } from '../options/parse.ts';
import { targetNames } from '../options/shared.ts';

/** The target that the words and the target options name. @throws UsageError when two options contradict each other */
export function targetOf(tool: ToolSpec, parsed: Parsed, expression: string): Target {
  const chosen = targetNames.filter((name) => parsed.flag(name));
  if (chosen.length > 1) {
    const flags = chosen.map(
      (name) =>
        optionsOf(tool)
          .find((option) => option.name === name)
          ?.flags.at(-1) ?? name,
    );
    throw new UsageError(`The options ${flags.join('/')} are mutually exclusive. Please only choose one of them`);
  }
  const kind = chosen[0] ?? 'glob';
  const delimiter = parsed.text('delimiter');
  return { kind, expression: kind === 'list' ? ids(expression) : expression, ...(delimiter === undefined ? {} : { delimiter }) };
}

const ids = (expression: string): string[] =>
  (expression.includes(',') ? expression.replaceAll(' ', '').split(',') : expression.split(/\s+/)).filter((id) => id !== '');
