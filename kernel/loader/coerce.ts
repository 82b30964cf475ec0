import type { Arg } from '../../modules/define.ts';
import { Float } from '../../protocol/wire/float.ts';
import { entriesOf, pythonText } from './arguments.ts';
import { BadArguments } from './errors.ts';

/**
 * Brings a value that YAML, JSON or a Python caller made into the type an argument table asks for: `'5'`
 * for a number, `'True'` or 1 for a boolean, `a,b` for a list, a list of one-key maps for a map.
 * Null for an argument that may be left out counts as left out (undefined).
 *
 * @throws BadArguments naming the argument, what it must be and what was got.
 */
export const coerce = (name: string, arg: Arg, value: unknown): unknown => {
  if (arg.type === 'any') return value;
  if (value === null && !arg.required) return undefined;
  const made = converters[arg.type](value);
  if (made === undefined) throw new BadArguments(`${name} must be ${wanted[arg.type]}, not ${pythonText(value)}`);
  if (arg.type === 'string' && arg.choices && !arg.choices.includes(made as string)) {
    throw new BadArguments(`${name} must be one of ${arg.choices.join(', ')}, not ${pythonText(value)}`);
  }
  return made;
};

const wanted = {
  string: 'text',
  number: 'a number',
  boolean: 'True or False',
  list: 'a list',
  map: 'a map',
} as const;

const toText = (value: unknown): string | undefined => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value === null || (typeof value === 'object' && !(value instanceof Float))) return undefined;
  return pythonText(value);
};

const toNumber = (value: unknown): number | undefined => {
  if (value instanceof Float) return value.value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
};

const truthWords = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0', 'none', ''].map((word) => [word, false] as const),
]);

const toBoolean = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return truthWords.get(value.trim().toLowerCase());
  const number = toNumber(value);
  return number === undefined ? undefined : number !== 0;
};

const toList = (value: unknown): readonly unknown[] | undefined => {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map((item) => item.trim());
  return value === null || entriesOf(value) ? undefined : [value];
};

const toMap = (value: unknown): Record<string, unknown> | undefined => {
  const entries = Array.isArray(value) ? entriesOfList(value) : entriesOf(value);
  if (!entries) return undefined;
  const made: Record<string, unknown> = Object.create(null);
  for (const [key, item] of entries) made[pythonText(key)] = item;
  return made;
};

/** `[{a: 1}, {b: 2}]`: how a map is often written in YAML. */
const entriesOfList = (items: readonly unknown[]): [unknown, unknown][] | undefined => {
  const parts = items.map(entriesOf);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
};

const converters = { string: toText, number: toNumber, boolean: toBoolean, list: toList, map: toMap };
