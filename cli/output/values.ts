import { Float } from '../../protocol/wire/float.ts';

/**
 * The shapes a return value can have once it was decoded: plain or null-prototype objects, `Map` for
 * keys that are not text, arrays, and the scalars below. Everything an outputter knows about types is here.
 */
export type Kind = 'none' | 'bool' | 'int' | 'float' | 'text' | 'bytes' | 'date' | 'list' | 'map' | 'other';

/** An outputter cannot print this value; the next one in line (nested, then raw) is tried. */
export class Unprintable extends Error {}

export function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return 'none';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) && !Object.is(value, -0) ? 'int' : 'float';
    case 'string':
      return 'text';
    case 'object':
      return kindOfObject(value);
    default:
      return 'other';
  }
}

function kindOfObject(value: object): Kind {
  if (value instanceof Float) return 'float';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Date) return 'date';
  if (value instanceof Map) return 'map';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? 'map' : 'other';
}

export const isMapping = (value: unknown): value is object => kindOf(value) === 'map';

/** The entries of a mapping in their own order; keys of a `Map` as they are. Nothing for any other value. */
export function entriesOf(value: unknown): [unknown, unknown][] {
  if (value instanceof Map) return [...value.entries()];
  return isMapping(value) ? Object.entries(value) : [];
}

/** The value at a text key, or undefined; never looks at a prototype. */
export function at(value: unknown, key: string): unknown {
  if (value instanceof Map) return value.get(key);
  if (!isMapping(value) || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

export const has = (value: unknown, key: string): boolean =>
  value instanceof Map ? value.has(key) : isMapping(value) && Object.hasOwn(value, key);

/** A copy as a `Map`, so that entries can be added without disturbing the order or meeting a prototype. */
export const toMap = (value: unknown): Map<unknown, unknown> => new Map(entriesOf(value));

/** What Python's `bool()` says: empty texts, lists and mappings, zero, false and nothing are false. */
export function truthy(value: unknown): boolean {
  switch (kindOf(value)) {
    case 'none':
      return false;
    case 'bool':
      return value === true;
    case 'int':
    case 'float':
      return Number(value) !== 0;
    case 'text':
      return value !== '';
    case 'bytes':
      return (value as Uint8Array).length > 0;
    case 'list':
      return (value as unknown[]).length > 0;
    case 'map':
      return entriesOf(value).length > 0;
    default:
      return true;
  }
}

/** By code point, as Python compares texts; JavaScript's own order is by UTF-16 unit. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return surrogateLast(x) - surrogateLast(y);
  }
  return a.length - b.length;
}

const surrogateLast = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit);

const compareNumbers = (a: unknown, b: unknown): number => {
  const [x, y] = [numeric(a), numeric(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const numeric = (value: unknown): number | bigint => (typeof value === 'bigint' ? value : Number(value));

/** Keys sorted as Python's `sorted` does, or undefined when they are of kinds that cannot be compared. */
export function sortedKeys(keys: readonly unknown[]): unknown[] | undefined {
  const kinds = new Set(keys.map(comparableAs));
  if (kinds.size > 1 || kinds.has(undefined)) return keys.length < 2 ? [...keys] : undefined;
  const byText = kinds.has('text');
  return [...keys].sort((a, b) => (byText ? compareText(String(a), String(b)) : compareNumbers(a, b)));
}

function comparableAs(key: unknown): 'text' | 'number' | undefined {
  const kind = kindOf(key);
  if (kind === 'text') return 'text';
  return kind === 'int' || kind === 'float' || kind === 'bool' ? 'number' : undefined;
}

/** Characters that end a line in Python, for use inside a character class. */
export const LINE_ENDS = '\\n\\r\\v\\f\\u001c-\\u001e\\u0085\\u2028\\u2029';
/** White space in Python, likewise. */
export const BLANKS = '\\s\\u001c-\\u001f\\u0085';

const LINE_END = new RegExp(`\\r\\n|[${LINE_ENDS}]`);

/** As Python's `splitlines`: more characters end a line than `\n`, and a last line end adds no empty line. */
export function lines(text: string): string[] {
  if (text === '') return [];
  const parts = text.split(LINE_END);
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

const SPACE_END = new RegExp(`[${BLANKS}]+$`);
const SPACE_START = new RegExp(`^[${BLANKS}]+`);

export const stripEnd = (text: string): string => text.replace(SPACE_END, '');
export const strip = (text: string): string => stripEnd(text).replace(SPACE_START, '');

/** A minion must not be able to move the operator's cursor: its ESC characters are shown as `?`. */
export const withoutEscapes = (text: string): string => text.replaceAll('\x1b', '?');
