import { Float } from '../../../protocol/wire/float.ts';
import { type Data, isDict, Opaque, Tuple, type Value } from './value.ts';

/** Plain values of a call, of grains or pillar, as Python's. Shares nothing with them: a template may alter its own. */
export function fromPlain(value: unknown): Data {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return typeof value === 'function' || typeof value === 'symbol' ? null : (value as Data);
  if (Array.isArray(value)) return value.map(fromPlain);
  if (value instanceof Float || value instanceof Uint8Array || value instanceof Tuple) return value;
  if (value instanceof Set) return [...value].map(fromPlain);
  const dict = new Map<Data, Data>();
  for (const [key, item] of value instanceof Map ? value : Object.entries(value)) dict.set(fromPlain(key), fromPlain(item));
  return dict;
}

/** What may travel. */
export type Plain = null | boolean | number | bigint | string | Uint8Array | Float | Plain[] | PlainMap | Map<PlainKey, Plain>;
export type PlainMap = { [key: string]: Plain };
export type PlainKey = string | number | boolean | null;

/**
 * Python's values as arguments and results hold them: tuples are lists, dicts null-prototype objects; those whose
 * order or keys an object would not keep stay a `Map`.
 */
export function toPlain(value: Value): Plain {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Float || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Tuple) return value.items.map(toPlain);
  if (value instanceof Opaque) {
    const items = value.items();
    return items === undefined ? value.text() : [...items].map(toPlain);
  }
  return isDict(value) ? plainMap(value) : null;
}

function plainMap(dict: ReadonlyMap<Value, Value>): Plain {
  const keys = [...dict.keys()];
  if (keys.some((key) => typeof key !== 'string' || /^\d+$/.test(key))) {
    return new Map([...dict].map(([key, item]): [PlainKey, Plain] => [plainKey(key), toPlain(item)]));
  }
  const plain: PlainMap = Object.create(null);
  for (const [key, item] of dict) plain[key as string] = toPlain(item);
  return plain;
}

function plainKey(key: Value): PlainKey {
  if (key === null || typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return key;
  return key instanceof Float ? key.value : String(toPlain(key));
}
