import { BadTarget, type Nodegroups, quoted } from './target.ts';

const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'not', '(', ')']);

/** Whether a word of a compound expression is an operator. */
export const isOperator = (word: string): boolean => OPERATORS.has(word);

/**
 * The words of a nodegroup's compound expression, nested groups put in place. A group without operators,
 * patterns and letters is a list of ids, or a regular expression if it looks like one (as in Salt).
 * @throws BadTarget for a group that is not defined, and for one that contains itself.
 */
export function expandNodegroup(name: string, groups: Nodegroups, outer: readonly string[] = []): string[] {
  if (outer.includes(name)) {
    throw new BadTarget(`Nodegroup ${quoted(name)} contains itself (${[...outer, name].join(' > ')}); remove one of the references.`);
  }
  const words = wordsOf(name, groups);
  const simple = asIds(words);
  if (simple !== undefined) return [simple];
  const expanded = words.flatMap((word) => (isReference(word) ? expandNodegroup(word.slice(2), groups, [...outer, name]) : [word]));
  return ['(', ...expanded, ')'];
}

/** Whether a word stands for a nodegroup: `N@name`. */
export const isReference = (word: string): boolean => word.startsWith('N@') && word.length > 2;

function wordsOf(name: string, groups: Nodegroups): string[] {
  const definition = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (definition === undefined) {
    const known = Object.keys(groups).sort().join(', ') || 'none';
    throw new BadTarget(
      `Nodegroup ${quoted(name)} is not defined; add it to nodegroups in the master's configuration (defined: ${known}).`,
    );
  }
  const words = typeof definition === 'string' ? definition.split(/\s+/).filter((word) => word !== '') : definition.map(String);
  if (words.length === 0) throw new BadTarget(`Nodegroup ${quoted(name)} is empty; give it an expression or ids.`);
  return words;
}

function asIds(words: readonly string[]): string | undefined {
  if (words.some((word) => isOperator(word) || word.includes('*') || /^[A-Z]@/.test(word))) return undefined;
  const looksLikeRegex = words.some((word) => /[([{\\?}\])]/.test(word));
  return `${looksLikeRegex ? 'E' : 'L'}@${words.join(',')}`;
}
