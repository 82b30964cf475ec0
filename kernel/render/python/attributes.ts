import { lookup } from './compare.ts';
import { dictMethods, listMethods, tupleMethods } from './methods/containers.ts';
import { bytesMethods, type Method, textMethods } from './methods/text.ts';
import { Callable, isDict, isNumeric, Opaque, sequence, Tuple, typeError, typeName, type Value } from './value.ts';

/** A method of a value, bound to it; undefined when there is none. Only these tables are looked at. */
export function methodOf(value: Value, name: string): Value | undefined {
  if (typeof value === 'string') return bind(textMethods, value, name);
  if (Array.isArray(value)) return bind(listMethods, value, name);
  if (value instanceof Tuple) return bind(tupleMethods, value, name);
  if (value instanceof Uint8Array) return bind(bytesMethods, value, name);
  return isDict(value) ? bind(dictMethods, value, name) : undefined;
}

function bind<T>(methods: Readonly<Record<string, Method<T>>>, self: T, name: string): Value | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method === undefined ? undefined : new Callable(name, (args, kwargs) => method(self, args, kwargs));
}

/** `value.name` as Jinja has it: a method or attribute, else the item of that name. undefined when there is neither. */
export async function attributeOf(value: Value, name: string): Promise<Value | undefined> {
  if (!(value instanceof Opaque)) return methodOf(value, name) ?? itemIn(value, name);
  const own = await value.attribute(name);
  return own === undefined ? await value.item(name) : own;
}

/** `value[key]` as Jinja has it: the item, else the attribute of that name. undefined when there is neither. */
export async function itemOf(value: Value, key: Value): Promise<Value | undefined> {
  const item = value instanceof Opaque ? await value.item(key) : itemIn(value, key);
  if (item !== undefined || typeof key !== 'string') return item;
  return value instanceof Opaque ? await value.attribute(key) : methodOf(value, key);
}

function itemIn(value: Value, key: Value): Value | undefined {
  if (isDict(value)) return lookup(value, key);
  if (!isNumeric(key)) return undefined;
  const at = Number(key);
  const items = sequence(value) ?? (typeof value === 'string' ? characters(value) : value instanceof Uint8Array ? value : undefined);
  return items?.at(at);
}

const characters = (text: string): ArrayLike<string> & { at(index: number): string | undefined } =>
  /[\ud800-\udfff]/.test(text) ? [...text] : strings(text);
const strings = (text: string) =>
  ({ length: text.length, at: (index: number) => text.at(index) }) as ArrayLike<string> & { at(index: number): string | undefined };

/** `value[start:stop:step]`. @throws PythonError */
export function slice(value: Value, start: Value, stop: Value, step: Value): Value {
  const items = typeof value === 'string' ? [...value] : sequence(value);
  if (items === undefined) throw typeError(`'${typeName(value)}' object is not subscriptable`);
  const by = step === null ? 1 : Number(step);
  if (by === 0) throw typeError('slice step cannot be zero');
  const clamp = (bound: Value, fallback: number, low: number, high: number): number =>
    bound === null ? fallback : Math.min(high, Math.max(low, Number(bound) < 0 ? Number(bound) + items.length : Number(bound)));
  const made: Value[] = [];
  if (by > 0)
    for (let at = clamp(start, 0, 0, items.length); at < clamp(stop, items.length, 0, items.length); at += by) made.push(items[at] ?? null);
  else
    for (let at = clamp(start, items.length - 1, -1, items.length - 1); at > clamp(stop, -1, -1, items.length - 1); at += by)
      made.push(items[at] ?? null);
  if (typeof value === 'string') return made.join('');
  return value instanceof Tuple ? new Tuple(made) : made;
}
