import type { Returnable } from '../../modules/define.ts';
import { isMap } from '../listen/publication.ts';

/** One entry of `mine_functions`: what to call, under which name others find it, and who may read it. */
export interface MineFunction {
  readonly alias: string;
  /** Undefined: the alias is the function. */
  readonly named: string | undefined;
  readonly args: readonly Returnable[];
  readonly kwargs: Tree;
  readonly access: MineAccess;
  /** As it was written. */
  readonly written: Returnable;
}

/** Which minions may read a value; nobody named means all. */
export interface MineAccess {
  readonly tgt: Returnable | undefined;
  readonly kind: Returnable | undefined;
}

type Tree = { readonly [key: string]: Returnable };

/**
 * Reads `mine_functions`: a list of names, or a map of a name to a list of arguments (maps among them are keyword
 * arguments) or to a map of keyword arguments; `mine_function` among the keywords is what is called, `allow_tgt` and
 * `allow_tgt_type` say who may read it. Anything else is no definition and gives undefined.
 */
export function mineFunctions(configured: unknown): MineFunction[] | undefined {
  if (Array.isArray(configured)) return configured.map((name) => oneFunction(String(name), {}));
  if (!isMap(configured)) return undefined;
  return Object.entries(configured).map(([alias, value]) => oneFunction(alias, value as Returnable));
}

function oneFunction(alias: string, written: Returnable): MineFunction {
  const list = Array.isArray(written) ? (written as readonly Returnable[]) : [];
  const keywords: Record<string, Returnable> = Object.create(null);
  for (const item of isMap(written) ? [written] : list.filter(isMap)) Object.assign(keywords, item);
  const { mine_function: named, allow_tgt, allow_tgt_type, ...kwargs } = keywords;
  return {
    alias,
    named: typeof named === 'string' && named !== '' ? named : undefined,
    args: list.filter((item) => !isMap(item)),
    kwargs,
    access: { tgt: allow_tgt, kind: allow_tgt_type },
    written,
  };
}

/** A value with the note of who may read it, in the form that masters look for (Salt's mine ACL, version 1). */
export function guarded(value: Returnable, { tgt, kind }: MineAccess): Returnable {
  if (isNothing(tgt)) return value;
  return { __data__: value, __saltmine_acl__: 1, allow_tgt: tgt, ...(isNothing(kind) ? {} : { allow_tgt_type: kind }) };
}

/** A kept value without that note. */
export const unguarded = (value: Returnable): Returnable =>
  isMap(value) && '__saltmine_acl__' in value ? ((value as Tree)['__data__'] ?? null) : value;

const isNothing = (value: Returnable | undefined): value is undefined => !value || (Array.isArray(value) && value.length === 0);
