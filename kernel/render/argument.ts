import { loadYaml, YamlError } from './yaml/index.ts';

/** What Python strips from both ends of a text: JavaScript's white space and some separators more. */
const BLANK = '[\\s\\u001c-\\u001f\\u0085]+';
const BLANKS = new RegExp(`^${BLANK}|${BLANK}$`, 'g');

/**
 * One argument of a function as Salt types what is given as text, on the command line and in `name=value`: the YAML
 * value it stands for, or the text itself when YAML would lose or change something.
 */
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
  const word = text.replace(BLANKS, '');
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
