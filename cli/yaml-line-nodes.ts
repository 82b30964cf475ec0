import { plainValue, taggedValue } from './yaml-scalar-value.ts';
import type { ImplicitTag } from './yaml11.ts';

/** The text is not YAML, or means something an argument cannot be. */
export class NotYaml extends Error {}

const TAGS: Readonly<Record<string, ImplicitTag>> = {
  str: 'str',
  int: 'int',
  float: 'float',
  bool: 'bool',
  null: 'null',
  timestamp: 'str',
};

/** The value of a word or a quoted text, under its tag if it has one. @throws NotYaml, BadScalar */
export function scalar(tag: string | undefined, text: string, quoted: boolean): unknown {
  if (tag === undefined) return quoted ? text : (SPECIAL_KEYS[text] ?? plainValue(text));
  if (tag === '!') return text;
  const name = tag.startsWith('!!') ? tag.slice(2) : '';
  const known = Object.hasOwn(TAGS, name) ? TAGS[name] : undefined;
  if (known === undefined) throw new NotYaml(`no value for the tag ${tag}`);
  return taggedValue(known, text);
}

/** Words that mean something only as a key: `<<` merges other mappings, `=` is the text itself. */
const MERGE = Symbol('<<');
const EQUALS = Symbol('=');

const SPECIAL_KEYS: Readonly<Record<string, symbol>> = { '<<': MERGE, '=': EQUALS };

/** @throws NotYaml for a word that means something only as a key */
export function ordinary<T>(value: T): T {
  if (typeof value === 'symbol') throw new NotYaml(`${String(value.description)} means nothing here`);
  return value;
}

/** @throws NotYaml on a key given twice, as Salt refuses it, or one that cannot be a key. */
export function mapping(items: readonly [unknown, unknown][]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  const merged: unknown[] = [];
  for (const [given, value] of items) {
    ordinary(value);
    if (given === MERGE) {
      merged.push(...(Array.isArray(value) ? value : [value]));
      continue;
    }
    const key = given === EQUALS ? '=' : given;
    if (Array.isArray(key) || key instanceof Map) throw new NotYaml('a collection cannot be a key');
    if (map.has(key)) throw new NotYaml(`${String(key)} is there twice`);
    map.set(key, value);
  }
  return withMerged(merged, map);
}

/** What is merged in comes first, and never replaces a key of the mapping's own. */
function withMerged(sources: readonly unknown[], own: Map<unknown, unknown>): Map<unknown, unknown> {
  if (sources.length === 0) return own;
  const merged = new Map<unknown, unknown>();
  for (const source of sources) {
    if (!(source instanceof Map)) throw new NotYaml('only mappings can be merged');
    for (const [key, value] of source) if (!own.has(key) && !merged.has(key)) merged.set(key, value);
  }
  return new Map([...merged, ...own]);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** What stands behind a backslash in double quotes. @throws NotYaml */
export function unescaped(sequence: string): string {
  if (sequence.length > 1) {
    const code = Number.parseInt(sequence.slice(1), 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new NotYaml('not a character');
    return String.fromCodePoint(code);
  }
  const character = ESCAPES[sequence];
  if (character === undefined) throw new NotYaml(`unknown escape \\${sequence}`);
  return character;
}
