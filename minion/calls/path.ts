import type { Returnable } from '../../modules/define.ts';

export type Tree = { readonly [key: string]: Returnable };

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  (Object.getPrototypeOf(value) === null || Object.getPrototypeOf(value) === Object.prototype);

/**
 * The value at `a:b:0` in nested maps and lists, undefined when there is none. A list is entered through the
 * first map in it that has the key, else by index, as Salt's lookups do.
 */
export function valueAt(tree: unknown, path: string, delimiter = ':'): Returnable | undefined {
  let here = tree;
  for (const step of path.split(delimiter)) {
    here = Array.isArray(here) ? inList(here, step) : inMap(here, step);
    if (here === undefined) return undefined;
  }
  return here as Returnable;
}

function inMap(value: unknown, key: string): unknown {
  if (value instanceof Map) return value.get(key) ?? (/^-?\d+$/.test(key) ? value.get(Number(key)) : undefined);
  return isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function inList(list: readonly unknown[], step: string): unknown {
  for (const item of list) {
    const found = inMap(item, step);
    if (found !== undefined) return found;
  }
  return /^-?\d+$/.test(step) ? list.at(Number(step)) : undefined;
}

/** Two maps as one: maps in both are joined, else `over` wins; lists are appended when `lists` is set. */
export function merged(under: Returnable | undefined, over: Returnable, lists = false): Returnable {
  if (Array.isArray(under) && Array.isArray(over) && lists) return [...under, ...over.filter((item) => !under.includes(item))];
  if (!isTree(under) || !isTree(over)) return over;
  const result: Record<string, Returnable> = Object.assign(Object.create(null), under);
  for (const [key, value] of Object.entries(over)) result[key] = merged(result[key], value, lists);
  return result;
}

/** Truth as Python has it: empty containers are false. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (isTree(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}
