import { loadYaml, YamlError } from '../kernel/render/yaml/index.ts';
import { strip } from './output/values.ts';

/** A number of this many digits is a job id, which must stay a text; Salt counts a sign, too. */
const JID_LENGTH = 20;

/** A name may hold dots and dashes behind its first character; `a==b` is no keyword argument. */
const KEYWORD = /^([\p{L}_][\p{L}\p{N}\p{M}_.-]*)=(?!=)([^\n]*)$/u;

/**
 * Arguments of the command line as Salt types them: YAML values, and keyword arguments as one trailing
 * map marked `__kwarg__`. Names in `unparsed` keep their text.
 */
export function parseArguments(words: readonly string[], unparsed: ReadonlySet<string> = new Set()): unknown[] {
  const { args, kwargs } = splitArguments(words, unparsed);
  const conditioned = args.map((arg) => (typeof arg === 'bigint' && String(arg).length === JID_LENGTH ? String(arg) : arg));
  if (Object.keys(kwargs).length === 0) return conditioned;
  const map: Record<string, unknown> = Object.create(null);
  map['__kwarg__'] = true;
  return [...conditioned, Object.assign(map, kwargs)];
}

/** Positional and keyword arguments apart, as runners take them. */
export function splitArguments(
  words: readonly string[],
  unparsed: ReadonlySet<string> = new Set(),
): { args: unknown[]; kwargs: Record<string, unknown> } {
  const args: unknown[] = [];
  const kwargs: Record<string, unknown> = Object.create(null);
  for (const word of words) {
    const [, name, value = ''] = KEYWORD.exec(word) ?? [];
    if (name === undefined) args.push(typedArgument(word));
    else kwargs[name] = unparsed.has(name) ? value : typedArgument(value);
  }
  return { args, kwargs };
}

/** One argument: the YAML value it stands for, or the text itself when YAML would lose or change something. */
export function typedArgument(text: string): unknown {
  if (isKept(text)) return text;
  if (text === 'None') return null;
  const value = readOrKeep(text);
  if (text.includes('#')) return typeof value === 'string' || value === null ? text : plainData(value);
  if (value instanceof Map) return text.startsWith('{') ? plainData(value) : text;
  if (Array.isArray(value)) return text.startsWith('[') ? plainData(value) : text;
  if (value === null && text === '!') return text;
  return value === '' && (text === '|' || text === '!') ? text : value;
}

/** Nothing but blanks, document marks, digits grouped by underscores, and control characters stay as they are. */
function isKept(text: string): boolean {
  const word = strip(text);
  return word === '' || word === '---' || word === '...' || /[\t\r\n]/.test(text) || (/^[\d_]+$/.test(word) && word.includes('_'));
}

function readOrKeep(text: string): unknown {
  try {
    const value = loadYaml(text);
    return value instanceof Uint8Array ? text : value;
  } catch (error) {
    if (error instanceof YamlError) return text;
    throw error;
  }
}

/** Maps with text keys as null-prototype objects, which is how values travel; others stay `Map`s. */
function plainData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainData);
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, item]): [unknown, unknown] => [key, plainData(item)]);
  if (!entries.every(([key]) => typeof key === 'string' && !isIndex(key))) return new Map(entries);
  return Object.assign(Object.create(null), Object.fromEntries(entries as [string, unknown][]));
}

/** An object would move such a key to its front. */
const isIndex = (key: string): boolean => /^\d+$/.test(key);

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
