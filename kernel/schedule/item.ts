import { Float } from '../../protocol/wire/float.ts';

/** An entry of `schedule:` as it was written. */
export type Item = Readonly<Record<string, unknown>>;

export const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Float);

/** Keys of `schedule:` that are no entries but hold for all of them. */
export const GLOBAL_KEYS: ReadonlySet<string> = new Set(['enabled', 'skip_function', 'skip_during_range', 'splay']);

/** A whole number, also where it was written as a text; undefined for anything else. */
export function wholeNumber(value: unknown): number | undefined {
  const number = value instanceof Float ? value.value : typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : undefined;
}

/** What an entry runs: one function, or several in order. `fun` and `func` are taken, too. */
export function functionsOf(item: Item): readonly string[] {
  const named = item['function'] ?? item['func'] ?? item['fun'];
  return (Array.isArray(named) ? named : [named]).filter((name): name is string => typeof name === 'string' && name !== '');
}

/** A cause for which an entry cannot run, in Salt's words. */
export class BadItem extends Error {}
