import { isIP } from 'node:net';
import { bound } from '../python/arguments.ts';
import { arithmetic } from '../python/arithmetic.ts';
import { compare, contains, equal } from '../python/compare.ts';
import { str } from '../python/repr.ts';
import { Callable, isDict, isFloat, isInt, isNumeric, iterate, Opaque, sequence, type Value } from '../python/value.ts';
import type { Test } from './engine.ts';
import { compiled, REGEX } from './regex.ts';
import { defined, Undefined } from './undefined.ts';

const number = (value: Value): boolean => isNumeric(value);
const remainder = (value: Value, by: Value): Value => arithmetic('%', defined(value), by);
const canIterate = (value: Value): boolean =>
  typeof value === 'string' ||
  sequence(value) !== undefined ||
  isDict(value) ||
  value instanceof Uint8Array ||
  (value instanceof Opaque && value.items() !== undefined);
const ordered =
  (holds: (order: number) => boolean, operator: string): Test =>
  (value, [other]) =>
    holds(compare(defined(value), other ?? null, operator));
const is: Test = (value, [other]) => equal(defined(value), other ?? null);

/** Tests: `x is name`. `filter` and `test` are added by the environment, which knows what there is. */
export const tests: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => isInt(value) && typeof value !== 'boolean',
  float: (value) => isFloat(value),
  number,
  string: (value) => typeof value === 'string',
  mapping: (value) => isDict(value),
  list: (value) => Array.isArray(value),
  sequence: (value) => typeof value === 'string' || sequence(value) !== undefined || isDict(value) || value instanceof Uint8Array,
  iterable: (value) => canIterate(value),
  callable: (value) => value instanceof Callable,
  sameas: (value, [other]) => value === other,
  escaped: () => false,
  lower: (value) => str(value) !== str(value).toUpperCase() && str(value) === str(value).toLowerCase(),
  upper: (value) => str(value) !== str(value).toLowerCase() && str(value) === str(value).toUpperCase(),
  odd: (value) => equal(remainder(value, 2), 1),
  even: (value) => equal(remainder(value, 2), 0),
  divisibleby: (value, [by]) => equal(remainder(value, by ?? 1), 0),
  in: (value, [haystack]) => contains(haystack ?? null, defined(value), iterate),
  eq: is,
  equalto: is,
  '==': is,
  ne: (value, [other]) => !equal(defined(value), other ?? null),
  '!=': (value, [other]) => !equal(defined(value), other ?? null),
  lt: ordered((order) => order < 0, '<'),
  lessthan: ordered((order) => order < 0, '<'),
  '<': ordered((order) => order < 0, '<'),
  le: ordered((order) => order <= 0, '<='),
  '<=': ordered((order) => order <= 0, '<='),
  gt: ordered((order) => order > 0, '>'),
  greaterthan: ordered((order) => order > 0, '>'),
  '>': ordered((order) => order > 0, '>'),
  ge: ordered((order) => order >= 0, '>='),
  '>=': ordered((order) => order >= 0, '>='),
  match: (value, args, kwargs) => {
    const [pattern, ignorecase, multiline] = bound('match', REGEX, args, kwargs);
    return compiled(pattern, ignorecase, multiline).matcher(str(value)).lookingAt();
  },
  equalto_ignorecase: (value, [other]) => str(value).toLowerCase() === str(other ?? null).toLowerCase(),
  is_ip: (value) => isIP(str(value)) !== 0,
};
