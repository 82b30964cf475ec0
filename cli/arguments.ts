import { splitWords } from '../kernel/render/words.ts';

/** A number of this many digits is a job id, which must stay a text; Salt counts a sign, too. */
const JID_LENGTH = 20;

/**
 * Arguments of the command line as Salt types them: YAML values, and keyword arguments as one trailing
 * map marked `__kwarg__`. Names in `unparsed` keep their text.
 */
export function parseArguments(words: readonly string[], unparsed: ReadonlySet<string> = new Set()): unknown[] {
  const { args, kwargs } = splitWords(words, unparsed);
  const conditioned = args.map((arg) => (typeof arg === 'bigint' && String(arg).length === JID_LENGTH ? String(arg) : arg));
  if (Object.keys(kwargs).length === 0) return conditioned;
  const map: Record<string, unknown> = Object.create(null);
  map['__kwarg__'] = true;
  return [...conditioned, Object.assign(map, kwargs)];
}

/** One command out of a compound `test.ping,test.echo ,foo`. */
export interface Call {
  readonly fun: string;
  readonly words: readonly string[];
}

/** Which of the words belong to which function is unclear. */
export class BadCompound extends Error {}

/**
 * Distributes words over the functions of a compound command: a word that is the separator alone moves
 * on to the next function; when there are not enough of these, a separator inside a word does, too.
 * @throws BadCompound when there are more or fewer groups than functions
 */
export function splitCompound(funs: readonly string[], words: readonly string[], separator: string): Call[] {
  const alone = words.filter((word) => word === separator).length === funs.length - 1;
  const groups: string[][] = [[]];
  for (const word of words) {
    if (alone ? word === separator : !word.includes(separator)) {
      if (alone) groups.push([]);
      else groups.at(-1)?.push(word);
      continue;
    }
    if (alone) groups.at(-1)?.push(word);
    else distribute(word.split(separator), groups);
  }
  if (groups.length < funs.length) throw new BadCompound('Cannot execute compound command without defining all arguments.');
  if (groups.length > funs.length) throw new BadCompound('Cannot execute compound command with more arguments than commands.');
  return funs.map((fun, index) => ({ fun, words: groups[index] ?? [] }));
}

function distribute(parts: readonly string[], groups: string[][]): void {
  parts.forEach((part, index) => {
    if (index > 0) groups.push([]);
    if (part !== '') groups.at(-1)?.push(part);
  });
}
