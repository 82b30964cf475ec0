import { coerce } from '../../kernel/loader/coerce.ts';
import { toPlain } from '../../kernel/render/python/plain.ts';
import { type Arg, type ArgTable, CallRefused, type Returnable } from '../../modules/define.ts';
import type { AnyState } from '../define.ts';
import type { Chunk } from './chunk.ts';
import { ENGINE_KEYWORDS } from './keywords.ts';

export interface BoundArguments {
  readonly args: Readonly<Record<string, Returnable>>;
  readonly extra: Readonly<Record<string, Returnable>>;
}

/** A chunk's arguments in the shape its state takes them. @throws BadArguments for a value of a wrong type */
export function bindState(
  { args, watch }: { readonly args: Chunk['args']; readonly watch?: boolean },
  definition: AnyState,
): BoundArguments {
  const table: ArgTable = definition.args;
  const bound: Record<string, Returnable> = Object.create(null);
  const extra: Record<string, Returnable> = Object.create(null);
  for (const [name, arg] of Object.entries(table)) {
    const given = args.get(name);
    const value = given === undefined || given === null ? undefined : coerce(name, arg as Arg, toPlain(given));
    const settled = value ?? ('default' in arg ? arg.default : undefined);
    if (settled !== undefined) bound[name] = settled as Returnable;
  }
  for (const [name, value] of args) {
    if (name in bound || name in table || name.startsWith('__') || (ENGINE_KEYWORDS.has(name) && watch !== true)) continue;
    extra[name] = toPlain(value) as Returnable;
  }
  return { args: bound, extra };
}

/**
 * Arguments that nobody knows end the whole run, as in Salt: a typing error must not pass for a setting.
 * @throws CallRefused naming them
 */
export function refuseUnknown({ state, fun, args }: Chunk, definition: AnyState): void {
  if (definition.extra !== undefined) return;
  const known = (name: string): boolean => name in definition.args || name.startsWith('__') || ENGINE_KEYWORDS.has(name);
  const unknown = [...args.keys()].filter((name) => !known(name)).map((name) => `'${name}'`);
  const last = unknown.pop();
  if (last === undefined) return;
  const words =
    unknown.length === 0 ? `${last} is an invalid keyword argument` : `${unknown.join(', ')} and ${last} are invalid keyword arguments`;
  throw new CallRefused(`${words} for '${state}.${fun}'`);
}

/** Required arguments that a chunk lacks. */
export const missingArguments = ({ args }: Chunk, definition: AnyState): string[] =>
  Object.entries(definition.args as ArgTable)
    .filter(([name, arg]) => arg.required === true && !args.has(name))
    .map(([name]) => name);
