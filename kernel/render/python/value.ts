import { Float } from '../../../protocol/wire/float.ts';

/**
 * Values as Python has them, for templates, pillar and states. A whole `number` is an int, a broken one a float, a
 * whole float is a `Float`, an int beyond 2**53 a `bigint`; a dict is a `Map`, which keeps its order whatever its keys.
 */
export type Data = null | boolean | number | bigint | string | Uint8Array | Float | Tuple | Data[] | Dict;
export type Dict = Map<Data, Data>;
export type Value = Data | Opaque | Value[] | Map<Value, Value>;

/** A Python tuple: as a list, but printed with round brackets, hashable and fixed. */
export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/**
 * What is no data: undefined, functions, namespaces, the loop. A template reaches only what these methods give it,
 * so nothing of JavaScript can be reached from one.
 */
export abstract class Opaque {
  /** Python's name of the class, as error messages show it. */
  abstract readonly typeName: string;
  /** `value.name`; undefined where there is none. */
  attribute(_name: string): Value | undefined | Promise<Value | undefined> {
    return undefined;
  }
  /** `value[key]`; undefined where there is none. */
  item(_key: Value): Value | undefined | Promise<Value | undefined> {
    return undefined;
  }
  isTrue(): boolean {
    return true;
  }
  text(): string {
    return `<${this.typeName} object>`;
  }
  /** `key in value`; undefined where that cannot be asked. */
  has(_key: Value): boolean | undefined | Promise<boolean | undefined> {
    return undefined;
  }
  /** What a loop or a filter finds in it; undefined for what cannot be gone through. */
  items(): Iterable<Value> | undefined {
    return undefined;
  }
}

/** What a template may call. */
export class Callable extends Opaque {
  readonly typeName: string = 'function';
  readonly name: string;
  readonly call: (args: readonly Value[], kwargs: ReadonlyMap<string, Value>) => Value | Promise<Value>;
  constructor(name: string, call: Callable['call']) {
    super();
    this.name = name;
    this.call = call;
  }
  override text(): string {
    return `<function ${this.name}>`;
  }
}

/** An error as Python raises it; `kind` is its class. */
export class PythonError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.name = kind;
    this.kind = kind;
  }
}
export const typeError = (message: string): PythonError => new PythonError('TypeError', message);

export const isDict = (value: unknown): value is Map<Value, Value> => value instanceof Map;
/** Whether it is a number in Python, where True and False are numbers, too. */
export const isNumeric = (value: Value): value is number | bigint | Float | boolean =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Float;
export const isFloat = (value: Value): value is number | Float =>
  value instanceof Float || (typeof value === 'number' && !Number.isInteger(value));
export const isInt = (value: Value): value is number | bigint | boolean => isNumeric(value) && !isFloat(value);

/** The float of that value, in the form in which a whole one is still a float. */
export const float = (value: number): number | Float => (Number.isInteger(value) ? new Float(value) : value);
/** The int of that value, as a `number` where that is exact. */
export const int = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
export const toNumber = (value: number | bigint | Float | boolean): number => (value instanceof Float ? value.value : Number(value));

/** Python's name of the type. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Tuple) return 'tuple';
  if (Array.isArray(value)) return 'list';
  if (isDict(value)) return 'dict';
  if (value instanceof Opaque) return value.typeName;
  return isFloat(value) ? 'float' : 'int';
}

/** Truth as Python has it: zero and the empty are false. */
export function isTrue(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return false;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (isDict(value)) return value.size > 0;
  return value instanceof Opaque ? value.isTrue() : true;
}

/** The items of a list or tuple; undefined for anything else. */
export function sequence(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

/** What a Python `for` goes through: characters, keys, items, bytes. @throws PythonError when there is nothing to go through */
export function iterate(value: Value): Iterable<Value> {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return value;
  const items = sequence(value) ?? (isDict(value) ? value.keys() : value instanceof Opaque ? value.items() : undefined);
  if (items === undefined) throw typeError(`'${typeName(value)}' object is not iterable`);
  return items;
}
