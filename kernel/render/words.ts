import { typedArgument } from './argument.ts';

/** A name may hold dots and dashes behind its first character; `a==b` is no keyword argument. */
const KEYWORD = /^([\p{L}_][\p{L}\p{N}\p{M}_.-]*)=(?!=)([^\n]*)$/u;

/**
 * Positional and keyword arguments apart, as Salt types them: `name=value` is a keyword argument, each text a YAML value.
 * What is no text stays as it is; keywords in `unparsed` keep their text.
 */
export function splitWords(
  words: readonly unknown[],
  unparsed: ReadonlySet<string> = new Set(),
): { args: unknown[]; kwargs: Record<string, unknown> } {
  const args: unknown[] = [];
  const kwargs: Record<string, unknown> = Object.create(null);
  for (const word of words) {
    const [, name, value = ''] = (typeof word === 'string' ? KEYWORD.exec(word) : undefined) ?? [];
    if (name !== undefined) kwargs[name] = unparsed.has(name) ? value : typedArgument(value);
    else args.push(typeof word === 'string' ? typedArgument(word) : word);
  }
  return { args, kwargs };
}
