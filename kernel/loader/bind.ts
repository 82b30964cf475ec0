import type { AnyCall, Arg, ArgTable, Returnable } from '../../modules/define.ts';
import type { ArgSpec, Given } from './callable.ts';
import { coerce } from './coerce.ts';
import { BadArguments } from './errors.ts';
import { toReturnable } from './returnable.ts';

/** Arguments in the shape `run` takes them. */
export interface Bound {
  readonly args: Readonly<Record<string, unknown>>;
  readonly rest: readonly Returnable[];
  readonly extra: Readonly<Record<string, Returnable>>;
}

/**
 * Fits what was given to a call's table, with defaults filled in. The texts of errors are those Python
 * raises for the same mistake, because Salt shows them and scripts look for them.
 *
 * @throws BadArguments
 */
export const bind = (fun: string, definition: AnyCall, given: Given): Bound => {
  const table: ArgTable = definition.args;
  const names = Object.keys(table);
  refuseTwice(fun, names, given);
  if (!definition.rest) refuseTooMany(fun, table, given);
  refuseMissing(fun, table, given);
  const args: Record<string, unknown> = Object.create(null);
  for (const [index, name] of names.entries()) {
    const arg = table[name] as Arg;
    args[name] = index < given.positional.length ? coerce(name, arg, given.positional[index]) : coerceKeyword(name, arg, given);
    if (args[name] === undefined && 'default' in arg) args[name] = arg.default;
  }
  const rest = given.positional.slice(names.length).map(toReturnable);
  return { args, rest, extra: definition.extra ? extraOf(names, given) : Object.create(null) };
};

/** The table as `sys.argspec` shows it. Arguments that may be left out have the default null there. */
export const argspecOf = (definition: AnyCall): ArgSpec => {
  const table: ArgTable = definition.args;
  const args = Object.keys(table);
  const defaults = Object.values(table)
    .filter((arg) => !arg.required)
    .map((arg) => toReturnable(arg.default));
  return {
    args: args.length > 0 ? args : null,
    defaults: defaults.length > 0 ? defaults : null,
    varargs: definition.rest ? true : null,
    kwargs: definition.extra ? true : null,
  };
};

const coerceKeyword = (name: string, arg: Arg, given: Given): unknown =>
  given.keywords.has(name) ? coerce(name, arg, given.keywords.get(name)) : undefined;

const extraOf = (names: readonly string[], given: Given): Record<string, Returnable> => {
  const extra: Record<string, Returnable> = Object.create(null);
  for (const [name, value] of given.keywords) if (!names.includes(name)) extra[name] = toReturnable(value);
  return extra;
};

const refuseTwice = (fun: string, names: readonly string[], given: Given): void => {
  const twice = names.slice(0, given.positional.length).find((name) => given.keywords.has(name));
  if (twice !== undefined) throw new BadArguments(`${short(fun)}() got multiple values for argument '${twice}'`);
};

const refuseTooMany = (fun: string, table: ArgTable, given: Given): void => {
  const most = Object.keys(table).length;
  const count = given.positional.length;
  if (count <= most) return;
  const least = Object.values(table).filter((arg) => arg.required).length;
  const takes = least === most ? `${most}` : `from ${least} to ${most}`;
  const noun = least === most && most === 1 ? 'argument' : 'arguments';
  throw new BadArguments(`${short(fun)}() takes ${takes} positional ${noun} but ${count} ${count === 1 ? 'was' : 'were'} given`);
};

const refuseMissing = (fun: string, table: ArgTable, given: Given): void => {
  const missing = Object.keys(table)
    .filter((name, index) => table[name]?.required && index >= given.positional.length && !given.keywords.has(name))
    .map((name) => `'${name}'`);
  if (missing.length === 0) return;
  const noun = missing.length === 1 ? 'argument' : 'arguments';
  throw new BadArguments(`${short(fun)}() missing ${missing.length} required positional ${noun}: ${enumerate(missing)}`);
};

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
const enumerate = (items: readonly string[]): string =>
  items.length < 3 ? items.join(' and ') : `${items.slice(0, -1).join(', ')}, and ${items.at(-1)}`;

const short = (fun: string): string => fun.slice(fun.indexOf('.') + 1);
