import { coerce } from '../../kernel/loader/coerce.ts';
import { toPlain } from '../../kernel/render/python/plain.ts';
import type { Arg, ArgTable, Returnable } from '../../modules/define.ts';
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

/** Required arguments that a chunk lacks. */
export const missingArguments = ({ args }: Chunk, definition: AnyState): string[] =>
  Object.entries(definition.args as ArgTable)
    .filter(([name, arg]) => arg.required === true && !args.has(name))
    .map(([name]) => name);
