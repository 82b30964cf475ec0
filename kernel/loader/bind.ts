import type { AnyCall, Arg, ArgTable, Returnable } from '../../modules/define.ts';
import { pythonText } from './arguments.ts';
import type { ArgSpec, Given } from './callable.ts';
import { coerce } from './coerce.ts';
import { BadArguments, UnknownKeywords } from './errors.ts';
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
 * @throws BadArguments, UnknownKeywords
 */
export const bind = (fun: string, definition: AnyCall, given: Given): Bound => {
  const table: ArgTable = definition.args;
  const places = placesOf(table);
  refuseTwice(fun, places, given);
  if (!definition.rest) refuseTooMany(fun, table, given);
  refuseMissing(fun, table, given);
  const args: Record<string, unknown> = Object.create(null);
  for (const [name, arg] of Object.entries(table)) {
    const place = places.indexOf(name);
    const placed = place >= 0 && place < given.positional.length;
    args[name] = placed ? coerce(name, arg, given.positional[place]) : coerceKeyword(name, arg, given);
    if (args[name] === undefined && 'default' in arg) args[name] = arg.default;
  }
  const rest = given.positional.slice(places.length).map(toReturnable);
  const extra = extraOf(Object.keys(table), given);
  if (!definition.extra) refuseUnknown(definition, extra);
  return { args, rest, extra: definition.extra ? extra : Object.create(null) };
};

/** The table as `sys.argspec` shows it. Arguments that may be left out have the default null there. */
export const argspecOf = (definition: AnyCall): ArgSpec => {
  const table: ArgTable = definition.args;
  const shown = Object.entries(table).filter(([, arg]) => arg.only !== 'extra');
  const args = shown.map(([name]) => name);
  const defaults = shown.filter(([, arg]) => !arg.required).map(([, arg]) => toReturnable(arg.default));
  return {
    args: args.length > 0 ? args : null,
    defaults: defaults.length > 0 ? defaults : null,
    varargs: definition.rest ? true : null,
    kwargs: definition.extra || shown.length < Object.keys(table).length ? true : null,
  };
};

/** The arguments that positional values fill, in order. */
const placesOf = (table: ArgTable): string[] => Object.keys(table).filter((name) => table[name]?.only === undefined);

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

/** Those with `__` come with the publication and are not the caller's; `test` is for every call that changes something. */
const refuseUnknown = (definition: AnyCall, extra: Readonly<Record<string, Returnable>>): void => {
  const unknown = Object.entries(extra).filter(([name]) => !name.startsWith('__') && !(definition.changes && name === 'test'));
  if (unknown.length > 0) throw new UnknownKeywords(unknown.map(([name, value]) => `${name}=${pythonText(value)}`));
};

const refuseTooMany = (fun: string, table: ArgTable, given: Given): void => {
  const most = placesOf(table).length;
  const count = given.positional.length;
  if (count <= most) return;
  const least = Object.values(table).filter((arg) => arg.required).length;
  const takes = least === most ? `${most}` : `from ${least} to ${most}`;
  const noun = least === most && most === 1 ? 'argument' : 'arguments';
  throw new BadArguments(`${short(fun)}() takes ${takes} positional ${noun} but ${count} ${count === 1 ? 'was' : 'were'} given`);
};

const refuseMissing = (fun: string, table: ArgTable, given: Given): void => {
  const places = placesOf(table).slice(0, given.positional.length);
  const missing = Object.keys(table)
    .filter((name) => table[name]?.required && !places.includes(name) && !given.keywords.has(name))
    .map((name) => `'${name}'`);
  if (missing.length === 0) return;
  const noun = missing.length === 1 ? 'argument' : 'arguments';
  throw new BadArguments(`${short(fun)}() missing ${missing.length} required positional ${noun}: ${enumerate(missing)}`);
};

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
const enumerate = (items: readonly string[]): string =>
  items.length < 3 ? items.join(' and ') : `${items.slice(0, -1).join(', ')}, and ${items.at(-1)}`;

const short = (fun: string): string => fun.slice(fun.indexOf('.') + 1);
