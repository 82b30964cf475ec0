import { bound } from '../arguments.ts';
import { compare, equal, hasKey, lookup, store } from '../compare.ts';
import { repr } from '../repr.ts';
import { isDict, isTrue, iterate, PythonError, sequence, Tuple, typeError, type Value } from '../value.ts';
import type { Method } from './text.ts';

type List = Value[];
type DictValue = Map<Value, Value>;

const index = (list: readonly Value[], wanted: Value | undefined): number => {
  const at = list.findIndex((item) => equal(item, wanted ?? null));
  if (at < 0) throw new PythonError('ValueError', `${repr(wanted ?? null)} is not in list`);
  return at;
};
const count = (list: readonly Value[], wanted: Value | undefined): number => list.filter((item) => equal(item, wanted ?? null)).length;
const required = (fun: string, value: Value | undefined): Value => {
  if (value === undefined) throw typeError(`${fun}() takes exactly one argument (0 given)`);
  return value;
};

function pop(list: List, at: Value | undefined): Value {
  if (list.length === 0) throw new PythonError('IndexError', 'pop from empty list');
  const place = at === undefined ? list.length - 1 : Number(at) < 0 ? list.length + Number(at) : Number(at);
  const [removed] = place < 0 ? [] : list.splice(place, 1);
  if (removed === undefined) throw new PythonError('IndexError', 'pop index out of range');
  return removed;
}

/** The methods of a list; they alter it, as in Python. A list cannot be sorted by a key function here. */
export const listMethods: Readonly<Record<string, Method<List>>> = {
  append: (self, args) => {
    self.push(required('append', args[0]));
    return null;
  },
  extend: (self, args) => {
    self.push(...iterate(required('extend', args[0])));
    return null;
  },
  insert: (self, [at, value]) => {
    self.splice(Number(at ?? 0), 0, required('insert', value));
    return null;
  },
  pop: (self, args) => pop(self, args[0]),
  remove: (self, args) => {
    const at = self.findIndex((item) => equal(item, args[0] ?? null));
    if (at < 0) throw new PythonError('ValueError', 'list.remove(x): x not in list');
    self.splice(at, 1);
    return null;
  },
  reverse: (self) => {
    self.reverse();
    return null;
  },
  sort: (self, _args, kwargs) => {
    self.sort(compare);
    if (isTrue(kwargs.get('reverse') ?? false)) self.reverse();
    return null;
  },
  index: (self, args) => index(self, args[0]),
  count: (self, args) => count(self, args[0]),
  copy: (self) => [...self],
  clear: (self) => {
    self.length = 0;
    return null;
  },
};

export const tupleMethods: Readonly<Record<string, Method<Tuple>>> = {
  index: (self, args) => index(self.items, args[0]),
  count: (self, args) => count(self.items, args[0]),
};

/** Puts another map, or pairs, over this one. */
export function update(self: DictValue, args: readonly Value[], kwargs: ReadonlyMap<string, Value>): void {
  const [other] = args;
  if (other !== undefined) for (const [key, value] of pairsOf(other)) store(self, key, value);
  for (const [key, value] of kwargs) store(self, key, value);
}

function* pairsOf(other: Value): Generator<readonly [Value, Value]> {
  if (isDict(other)) return yield* other;
  let place = 0;
  for (const pair of iterate(other)) {
    const items = sequence(pair) ?? (typeof pair === 'string' ? [...pair] : undefined);
    if (items === undefined) throw typeError(`cannot convert dictionary update sequence element #${place} to a sequence`);
    if (items.length !== 2)
      throw new PythonError('ValueError', `dictionary update sequence element #${place} has length ${items.length}; 2 is required`);
    yield [items[0] ?? null, items[1] ?? null];
    place++;
  }
}

/** The methods of a dict; they alter it, as in Python. */
export const dictMethods: Readonly<Record<string, Method<DictValue>>> = {
  get: (self, args, kwargs) => {
    const [key, fallback] = bound('get', ['key', 'default'], args, kwargs);
    const known = lookup(self, key ?? null);
    return known === undefined ? (fallback ?? null) : known;
  },
  keys: (self) => [...self.keys()],
  values: (self) => [...self.values()],
  items: (self) => [...self].map(([key, value]) => new Tuple([key, value])),
  iteritems: (self) => [...self].map(([key, value]) => new Tuple([key, value])),
  has_key: (self, args) => hasKey(self, args[0] ?? null),
  update: (self, args, kwargs) => {
    update(self, args, kwargs);
    return null;
  },
  setdefault: (self, [key, fallback]) => {
    const known = lookup(self, key ?? null);
    if (known !== undefined) return known;
    store(self, key ?? null, fallback ?? null);
    return fallback ?? null;
  },
  pop: (self, [key, fallback]) => {
    const known = lookup(self, key ?? null);
    if (known === undefined && fallback === undefined) throw new PythonError('KeyError', repr(key ?? null));
    for (const own of self.keys()) if (equal(own, key ?? null)) self.delete(own);
    return known ?? fallback ?? null;
  },
  popitem: (self) => {
    const last = [...self].at(-1);
    if (last === undefined) throw new PythonError('KeyError', "'popitem(): dictionary is empty'");
    self.delete(last[0]);
    return new Tuple(last);
  },
  copy: (self) => new Map(self),
  clear: (self) => {
    self.clear();
    return null;
  },
};
