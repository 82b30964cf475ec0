import { BadArguments } from '../../../kernel/loader/errors.ts';
import { contains, lookup, store } from '../../../kernel/render/python/compare.ts';
import { type Dict, isDict, iterate, type Value } from '../../../kernel/render/python/value.ts';

type Map_ = Map<Value, Value>;

/** A copy that shares nothing with the original. */
export function deepCopy(value: Value): Value {
  if (isDict(value)) return new Map([...value].map(([key, item]) => [key, deepCopy(item)]));
  return Array.isArray(value) ? value.map(deepCopy) : value;
}

/**
 * Writes `over` into `into` and answers it: maps in both are joined, lists only with `lists`, anything else is replaced.
 * @throws BadArguments where one of them is no map
 */
export function update(into: Value, over: Value, { recursive = true, lists = false } = {}): Map_ {
  if (!isDict(into) || !isDict(over)) throw new BadArguments('Cannot update using non-dict types in dictupdate.update()');
  for (const [key, value] of over) {
    const present = lookup(into, key);
    if (recursive && isDict(present) && isDict(value)) update(present, value, { lists });
    else if (recursive && lists && Array.isArray(present) && Array.isArray(value)) store(into, key, joined(present, value));
    else store(into, key, value);
  }
  return into;
}

const joined = (under: readonly Value[], over: readonly Value[]): Value[] => {
  const made = under.map(deepCopy);
  for (const item of over) if (!contains(made, item, iterate)) made.push(item);
  return made;
};

/** Two maps as one by one of Salt's strategies; an unknown one is `recurse`. */
export function merge(under: Value, over: Value, strategy: string, renderer: string, lists: boolean): Value {
  const yamlex = renderer.split('|').at(-1) === 'yamlex' || renderer.startsWith('yamlex_');
  const chosen = strategy === 'smart' ? (yamlex ? 'aggregate' : 'recurse') : strategy;
  if (chosen === 'list') return paired(dict(under), dict(over));
  if (chosen === 'aggregate') return aggregated(under, over, true);
  if (chosen === 'overwrite') return update(overwritten(dict(under), dict(over)), over, { lists });
  return update(deepCopy(under), over, { lists: lists && chosen === 'recurse' });
}

const dict = (value: Value): Map_ => {
  if (isDict(value)) return value;
  throw new BadArguments('what is merged is not a map');
};

/** Both values of a key as a list; keys of the second alone are left out, as Salt does. */
const paired = (under: Map_, over: Map_): Map_ =>
  new Map([...under].map(([key, value]) => [key, over.has(key) ? [value, lookup(over, key) ?? null] : value]));

const overwritten = (under: Map_, over: Map_): Map_ => {
  const made = deepCopy(under) as Dict;
  for (const [key, value] of over) if (lookup(made, key) !== undefined) store(made as Map_, key, value);
  return made as Map_;
};

/** The top level is joined (maps by key, lists one after the other); below it the second wins. */
const aggregated = (under: Value, over: Value, top: boolean): Value => {
  if (isDict(under) && isDict(over)) {
    const made: Map_ = top ? new Map(under) : new Map();
    for (const [key, value] of over) {
      const present = lookup(under, key);
      store(made, key, present === undefined ? value : aggregated(present, value, false));
    }
    return made;
  }
  if (Array.isArray(under) && Array.isArray(over)) return top ? [...under, ...over] : over;
  return over;
};
