import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { globMatcher } from '../../../kernel/targeting/glob.ts';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { isTree, isTruthy, merged, type Tree } from '../path.ts';

export interface FilterBy {
  readonly merge?: Returnable | undefined;
  readonly default: string;
  readonly base?: string | undefined;
}

/** The entry of a map whose key, a glob, fits a value or one of a list (`grains.filter_by` and `pillar.filter_by`). */
export function filterBy(entries: Tree, value: Returnable | undefined, { merge, default: otherwise, base }: FilterBy): Returnable {
  const found = firstFit(entries, value) ?? entries[otherwise] ?? null;
  const based = base === undefined || !Object.hasOwn(entries, base) ? found : laidOver(entries[base] ?? null, found);
  if (!isTruthy(merge)) return based;
  if (!isTree(merge)) throw new CommandFailed('filter_by merge argument must be a dictionary.');
  return based === null ? merge : merged(based, merge);
}

function firstFit(entries: Tree, value: Returnable | undefined): Returnable | undefined {
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
  for (const one of values.map((item) => str(fromPlain(item)))) {
    const key = Object.keys(entries).find((pattern) => globMatcher(pattern)(one));
    if (key !== undefined && entries[key] !== null) return entries[key];
  }
  return undefined;
}

function laidOver(base: Returnable, found: Returnable): Returnable {
  if (found === null) return base;
  if (!isTree(base)) return found;
  if (!isTree(found)) throw new CommandFailed('filter_by default and look-up values must both be dictionaries.');
  return merged(base, found);
}
