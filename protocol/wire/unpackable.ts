import { Float } from './float.ts';
import { Packed } from './packed.ts';
import { isPlain, MAX_DEPTH } from './writer.ts';

/** Where the first value without a msgpack form is, and what is wrong with it. */
export interface Fault {
  /** `return.a[3].b`; empty for the value as a whole. */
  readonly path: string;
  readonly why: string;
}

/** Walks as the writer does, only slower and keeping the path. Undefined: everything can be packed. */
export function findUnpackable(value: unknown): Fault | undefined {
  return walk(value, '', []);
}

function walk(value: unknown, path: string, ancestors: readonly object[]): Fault | undefined {
  if (typeof value === 'function') return { path, why: `a function (${value.name || 'anonymous'})` };
  if (typeof value === 'symbol') return { path, why: `a symbol (${value.toString()})` };
  if (typeof value !== 'object' || value === null || isLeaf(value)) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? { path, why: 'an invalid date' } : undefined;
  if (ancestors.includes(value)) return { path, why: 'a cycle: the value contains itself' };
  if (ancestors.length >= MAX_DEPTH) return { path: `${path.slice(0, 200)}...`, why: `nested deeper than ${MAX_DEPTH} levels` };
  const entries = childrenOf(value);
  if (entries === undefined) return { path, why: `an instance of ${value.constructor?.name || 'an unnamed class'}` };
  const line = [...ancestors, value];
  for (const [step, child] of entries) {
    const fault = walk(child, join(path, step), line);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const isLeaf = (value: object): boolean => value instanceof Packed || value instanceof Float || value instanceof Uint8Array;

type Step = string | number | { readonly key: unknown };

function* mapChildren(map: ReadonlyMap<unknown, unknown>): Iterable<readonly [Step, unknown]> {
  for (const [key, value] of map) {
    yield [{ key }, key];
    yield [typeof key === 'string' ? key : { key }, value];
  }
}

function childrenOf(value: object): Iterable<readonly [Step, unknown]> | undefined {
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (value instanceof Set) return [...value].map((item, index) => [index, item] as const);
  if (value instanceof Map) return mapChildren(value);
  return isPlain(value) ? Object.entries(value) : undefined;
}

function join(path: string, step: Step): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  if (typeof step === 'object') return `${path}[${typeof step.key === 'object' ? 'key' : String(step.key)}]`;
  if (!/^[\w-]+$/.test(step)) return `${path}[${JSON.stringify(step)}]`;
  return path === '' ? step : `${path}.${step}`;
}
