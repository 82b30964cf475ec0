import { Float } from '../../../protocol/wire/float.ts';
import { isDict, isNumeric, sequence, Tuple, toNumber, typeError, typeName, type Value } from './value.ts';

/** `==` as Python has it: 1 == 1.0 == True, lists and dicts by their contents. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isNumeric(a) && isNumeric(b)) return typeof a === 'bigint' && typeof b === 'bigint' ? false : toNumber(a) === toNumber(b);
  if (Array.isArray(a) && Array.isArray(b)) return sameItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return sameItems(a.items, b.items);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (isDict(a) && isDict(b))
    return a.size === b.size && [...a].every(([key, item]) => hasKey(b, key) && equal(item, lookup(b, key) ?? null));
  return false;
}

const sameItems = (a: readonly Value[], b: readonly Value[]): boolean =>
  a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null));

/** Negative, zero or positive. @throws PythonError for what Python does not order, worded with `operator` */
export function compare(a: Value, b: Value, operator = '<'): number {
  if (isNumeric(a) && isNumeric(b))
    return typeof a === 'bigint' && typeof b === 'bigint' ? Number(a > b) - Number(a < b) : sign(toNumber(a) - toNumber(b));
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const [left, right] = [sequence(a), sequence(b)];
  if (left === undefined || right === undefined || Array.isArray(a) !== Array.isArray(b)) {
    throw typeError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
  }
  for (const [index, item] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (!equal(item, other)) return compare(item, other, operator);
  }
  return left.length - right.length;
}

const sign = (difference: number): number => (Number.isNaN(difference) ? 1 : difference);

/** By code points, as Python orders text; JavaScript's order is by code units. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The key a dict already holds for this one, which may be spelt otherwise: 1, 1.0 and True are one key. */
function keyIn(dict: ReadonlyMap<Value, Value>, key: Value): Value | undefined {
  if (typeof key === 'string' || dict.has(key)) return key;
  if (key instanceof Float || typeof key === 'boolean' || typeof key === 'number' || key instanceof Tuple) {
    for (const known of dict.keys()) if (equal(known, key)) return known;
  }
  return undefined;
}

export const hasKey = (dict: ReadonlyMap<Value, Value>, key: Value): boolean => {
  const known = keyIn(dict, key);
  return known !== undefined && dict.has(known);
};
export const lookup = (dict: ReadonlyMap<Value, Value>, key: Value): Value | undefined => {
  const known = keyIn(dict, key);
  return known === undefined ? undefined : dict.get(known);
};
/** `dict[key] = value`. @throws PythonError for a key that cannot be one */
export function store(dict: Map<Value, Value>, key: Value, value: Value): void {
  if (Array.isArray(key) || isDict(key)) throw typeError(`unhashable type: '${typeName(key)}'`);
  dict.set(keyIn(dict, key) ?? key, value);
}

/** `needle in haystack`. @throws PythonError */
export function contains(haystack: Value, needle: Value, items: (value: Value) => Iterable<Value>): boolean {
  if (typeof haystack === 'string') {
    if (typeof needle !== 'string') throw typeError(`'in <string>' requires string as left operand, not ${typeName(needle)}`);
    return haystack.includes(needle);
  }
  if (isDict(haystack)) return hasKey(haystack, needle);
  for (const item of items(haystack)) if (equal(item, needle)) return true;
  return false;
}
