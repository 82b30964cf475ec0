import { inspect } from 'node:util';
import type { Returnable } from '../../modules/define.ts';
import { Float } from '../../protocol/wire/float.ts';
import { NotReturnable } from './errors.ts';

/** Deeper than this, Salt's own msgpack refuses too (its limit is 511 levels on 3008). */
const deepest = 500;
const longestText = 200;

/**
 * Checks what a call returned, and puts what only untyped code can return into the nearest form that
 * travels: undefined and missing become null, a Set or an iterator a list, a Date its ISO text, a bigint
 * beyond 64 bits its decimal text (as Salt does). NaN and infinities pass.
 *
 * @throws NotReturnable for a function, a symbol, an object of a class, a circle, too deep a nesting or
 * text that is not Unicode; it names the path and shows the value.
 */
export const toReturnable = (value: unknown): Returnable => convert(value, { path: 'return', parents: new Set() });

interface Place {
  readonly path: string;
  readonly parents: Set<object>;
}

const convert = (value: unknown, place: Place): Returnable => {
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'boolean':
    case 'number':
      return value;
    case 'bigint':
      return fits64(value) ? value : String(value);
    case 'string':
      return wellFormed(value, place);
    case 'object':
      return value === null ? null : convertObject(value, place);
    default:
      throw refuse(place, `it is a ${typeof value}`, value);
  }
};

const fits64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;

const wellFormed = (text: string, place: Place): string => {
  if (!/\p{Surrogate}/u.test(text)) return text;
  throw refuse(place, 'it holds half of a surrogate pair, which is not Unicode text', text);
};

const convertObject = (value: object, place: Place): Returnable => {
  if (value instanceof Float || value instanceof Uint8Array) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (place.parents.has(value)) throw refuse(place, 'it contains itself', value);
  if (place.parents.size >= deepest) throw refuse(place, `it is nested more than ${deepest} levels deep`, value);
  place.parents.add(value);
  const converted = convertContainer(value, place);
  place.parents.delete(value);
  return converted;
};

const convertContainer = (value: object, place: Place): Returnable => {
  if (Array.isArray(value)) return list(value, place);
  if (value instanceof Map) return map(value, place);
  if (value instanceof Set || isIterator(value) || ArrayBuffer.isView(value)) return list([...(value as Iterable<unknown>)], place);
  if (!isPlain(value)) throw refuse(place, `it is an object of ${className(value)}`, value);
  const made: Record<string, Returnable> = Object.create(null);
  for (const [key, item] of Object.entries(value)) made[wellFormed(key, place)] = convert(item, step(place, key));
  return made;
};

const list = (items: readonly unknown[], place: Place): Returnable[] =>
  Array.from(items, (item, index) => convert(item, { ...place, path: `${place.path}[${index}]` }));

const map = (entries: ReadonlyMap<unknown, unknown>, place: Place): Returnable => {
  const made = new Map<string | number | boolean | null, Returnable>();
  for (const [key, item] of entries) {
    if (key !== null && typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
      throw refuse(place, `it has a key that is not text, a number, a boolean or null: ${show(key)}`, entries);
    }
    made.set(key, convert(item, step(place, String(key))));
  }
  return made;
};

const step = (place: Place, key: string): Place => ({
  ...place,
  path: /^[\w-]+$/.test(key) ? `${place.path}.${key}` : `${place.path}[${JSON.stringify(key)}]`,
});

const isIterator = (value: object): boolean => Symbol.iterator in value && 'next' in value && typeof value.next === 'function';

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

const className = (value: object): string => value.constructor?.name || 'an unnamed class';

const refuse = (place: Place, why: string, value: unknown): NotReturnable => new NotReturnable(place.path, `${why}: ${show(value)}`);

/** A short text form, so that the one who reads the error sees what was meant. */
const show = (value: unknown): string => {
  const text = inspect(value, { depth: 1, maxArrayLength: 5, maxStringLength: 100, breakLength: Number.POSITIVE_INFINITY });
  return text.length > longestText ? `${text.slice(0, longestText)}...` : text;
};
