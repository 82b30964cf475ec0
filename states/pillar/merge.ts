import { equal } from '../../kernel/render/python/compare.ts';
import { type Data, type Dict, isDict, sequence } from '../../kernel/render/python/value.ts';

/** Joins two pillars; neither is altered. */
export type Merge = (base: Dict, over: Dict) => Dict;

/**
 * How pillar of several sources is joined (`pillar_source_merging_strategy`, `pillar_merge_lists`). `smart` depends on the
 * renderer; a strategy nobody knows counts as `recurse`, without lists.
 */
export function merger(strategy: string, mergeLists: boolean, renderer: string): Merge {
  switch (strategy === 'smart' ? smart(renderer) : strategy) {
    case 'recurse':
      return (base, over) => recurse(base, over, mergeLists);
    case 'overwrite':
      return (base, over) => new Map([...base, ...over]);
    case 'aggregate':
      return (base, over) => aggregate(base, over, 1) as Dict;
    case 'list':
      return listed;
    default:
      return (base, over) => recurse(base, over, false);
  }
}

const smart = (renderer: string): string =>
  renderer.split('|').at(-1) === 'yamlex' || renderer.startsWith('yamlex_') ? 'aggregate' : 'recurse';

/** Maps are joined key by key, all else is replaced; lists are appended to, without what they have, if asked for. */
export function recurse(base: Dict, over: Dict, mergeLists: boolean): Dict {
  const merged: Dict = new Map(base);
  for (const [key, value] of over) {
    const below = merged.get(key);
    if (isDict(below) && isDict(value)) merged.set(key, recurse(below as Dict, value as Dict, mergeLists));
    else merged.set(key, mergeLists && Array.isArray(below) && Array.isArray(value) ? united(below, value) : value);
  }
  return merged;
}

function united(base: readonly Data[], over: readonly Data[]): Data[] {
  const merged = [...base];
  for (const item of over) if (!merged.some((known) => equal(known, item))) merged.push(item);
  return merged;
}

/** Keys of both get a list of both values; keys of the second alone are lost, as in Salt. */
function listed(base: Dict, over: Dict): Dict {
  return new Map([...base].map(([key, value]): [Data, Data] => [key, over.has(key) ? [value, over.get(key) ?? null] : value]));
}

/** Joins to the given depth, where scalars become lists; below it the second value stands. */
function aggregate(base: Data, over: Data, depth: number): Data {
  if (depth <= 0 && !(isDict(base) && isDict(over))) return over;
  if (isDict(base) && isDict(over)) {
    const merged: Dict = new Map((depth > 0 ? base : over) as Dict);
    for (const [key, value] of over as Dict) {
      const below = (base as Dict).get(key);
      merged.set(key, below === undefined ? value : aggregate(below, value, depth - 1));
    }
    return merged;
  }
  return isDict(base) || isDict(over) ? over : united(asList(base), asList(over));
}

const asList = (value: Data): readonly Data[] => (sequence(value) as readonly Data[] | undefined) ?? [value];
