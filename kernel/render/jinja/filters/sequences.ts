import { bound } from '../../python/arguments.ts';
import { arithmetic } from '../../python/arithmetic.ts';
import { attributeOf, itemOf } from '../../python/attributes.ts';
import { fits, joinedBy } from '../../python/bounds.ts';
import { compare, equal } from '../../python/compare.ts';
import { str } from '../../python/repr.ts';
import { isDict, isTrue, iterate, Tuple, typeError, type Value } from '../../python/value.ts';
import type { Filter, Tools } from '../engine.ts';
import { JinjaError } from '../errors.ts';
import { defined, Undefined, undefinedIn } from '../undefined.ts';

const list = (value: Value): Value[] => [...iterate(defined(value))];
const given = (value: Value | undefined): value is Value => value !== undefined && value !== null;

/** `attribute='a.b.0'`: a path into each item. */
async function at(item: Value, path: Value, fallback?: Value): Promise<Value> {
  let here = item;
  for (const part of typeof path === 'string' ? path.split('.') : [path]) {
    const key = typeof part === 'string' && /^\d+$/.test(part) ? Number(part) : part;
    const found = typeof key === 'string' ? await attributeOf(defined(here), key) : await itemOf(defined(here), key);
    if (found === undefined && fallback !== undefined) return fallback;
    here = found === undefined ? undefinedIn(here, key) : found;
  }
  return here;
}

const folded = (value: Value, caseSensitive: Value | undefined): Value =>
  typeof value === 'string' && !isTrue(caseSensitive ?? false) ? value.toLowerCase() : value;

async function keyed(
  items: readonly Value[],
  attribute: Value | undefined,
  caseSensitive: Value | undefined,
): Promise<(readonly [Value, Value])[]> {
  const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const made: (readonly [Value, Value])[] = [];
  for (const item of items) {
    const keys: Value[] = [];
    for (const path of paths) keys.push(folded(defined(given(path) ? await at(item, path) : item), caseSensitive));
    made.push([keys.length === 1 ? (keys[0] ?? null) : keys, item]);
  }
  return made;
}

const sort: Filter = async (value, args, kwargs) => {
  const [reverse, caseSensitive, attribute] = bound('sort', ['reverse', 'case_sensitive', 'attribute'], args, kwargs);
  const pairs = await keyed(list(value), attribute, caseSensitive);
  const down = isTrue(reverse ?? false) ? -1 : 1;
  return pairs.sort(([a], [b]) => down * compare(a, b)).map(([, item]) => item);
};

const extreme =
  (name: string, sign: 1 | -1): Filter =>
  async (value, args, kwargs) => {
    const [caseSensitive, attribute] = bound(name, ['case_sensitive', 'attribute'], args, kwargs);
    const pairs = await keyed(list(value), attribute, caseSensitive);
    const [first, ...rest] = pairs;
    if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
    return rest.reduce((best, pair) => (sign * compare(pair[0], best[0]) > 0 ? pair : best), first)[1];
  };

const unique: Filter = async (value, args, kwargs) => {
  const [caseSensitive, attribute] = bound('unique', ['case_sensitive', 'attribute'], args, kwargs);
  const seen: Value[] = [];
  const made: Value[] = [];
  for (const [key, item] of await keyed(list(value), attribute, caseSensitive ?? true)) {
    if (seen.some((one) => equal(one, key))) continue;
    seen.push(key);
    made.push(item);
  }
  return made;
};

const map: Filter = async (value, args, kwargs, tools) => {
  const items = list(value);
  const attribute = kwargs.get('attribute');
  if (args.length === 0 && attribute !== undefined) {
    const made: Value[] = [];
    for (const item of items) made.push(await at(item, attribute, kwargs.get('default')));
    return made;
  }
  const [name, ...rest] = args;
  if (name === undefined) throw typeError('map requires a filter argument');
  const made: Value[] = [];
  for (const item of items) made.push(await tools.filter(str(name), item, rest, kwargs));
  return made;
};

/** `select`, `reject` and their kin by attribute. */
const chooser =
  (keep: boolean, byAttribute: boolean): Filter =>
  async (value, args, kwargs, tools: Tools) => {
    const [path, ...others] = byAttribute ? args : [null, ...args];
    const [test, ...rest] = others;
    const made: Value[] = [];
    for (const item of list(value)) {
      const subject = byAttribute ? await at(item, path ?? null) : item;
      const holds = test === undefined ? isTrue(subject) : await tools.test(str(test), subject, rest, kwargs);
      if (holds === keep) made.push(item);
    }
    return made;
  };

const groupby: Filter = async (value, args, kwargs) => {
  const [attribute, fallback, caseSensitive] = bound('groupby', ['attribute', 'default', 'case_sensitive'], args, kwargs);
  const groups: { readonly key: Value; readonly shown: Value; readonly items: Value[] }[] = [];
  for (const item of list(value)) {
    const shown = defined(await at(item, attribute ?? null, fallback));
    const key = folded(shown, caseSensitive);
    const known = groups.find((group) => equal(group.key, key));
    if (known === undefined) groups.push({ key, shown, items: [item] });
    else known.items.push(item);
  }
  return groups.sort((a, b) => compare(a.key, b.key)).map(({ shown, items }) => new Tuple([shown, items]));
};

const dictsort: Filter = (value, args, kwargs) => {
  const [caseSensitive, by, reverse] = bound('dictsort', ['case_sensitive', 'by', 'reverse'], args, kwargs);
  const dict = defined(value);
  if (!isDict(dict)) throw typeError('dictsort needs a mapping');
  const which = by === undefined || by === 'key' ? 0 : 1;
  const down = isTrue(reverse ?? false) ? -1 : 1;
  return [...dict]
    .sort((a, b) => down * compare(folded(a[which] ?? null, caseSensitive), folded(b[which] ?? null, caseSensitive)))
    .map((pair) => new Tuple(pair));
};

const join: Filter = async (value, args, kwargs) => {
  const [by, attribute] = bound('join', ['d', 'attribute'], args, kwargs);
  const made: string[] = [];
  for (const item of list(value)) made.push(str(defined(given(attribute) ? await at(item, attribute) : item)));
  return joinedBy(given(by) ? str(by) : '', made);
};

const sum: Filter = async (value, args, kwargs) => {
  const [attribute, start] = bound('sum', ['attribute', 'start'], args, kwargs);
  let total: Value = start ?? 0;
  for (const item of list(value)) total = arithmetic('+', total, defined(given(attribute) ? await at(item, attribute) : item));
  return total;
};

const batch: Filter = (value, args, kwargs) => {
  const [size, fill] = bound('batch', ['linecount', 'fill_with'], args, kwargs);
  const items = list(value);
  const step = fits(Math.max(1, Number(size ?? 1)));
  const made: Value[][] = [];
  for (let from = 0; from < items.length; from += step) made.push(items.slice(from, from + step));
  const last = made.at(-1);
  while (given(fill) && last !== undefined && last.length < step) last.push(fill);
  return made;
};

const slices: Filter = (value, args, kwargs) => {
  const [count, fill] = bound('slice', ['slices', 'fill_with'], args, kwargs);
  const items = list(value);
  const parts = fits(Math.max(1, Number(count ?? 1)));
  const per = Math.floor(items.length / parts);
  const more = items.length % parts;
  let from = 0;
  return Array.from({ length: parts }, (_, index) => {
    const part = items.slice(from, from + per + (index < more ? 1 : 0));
    from += part.length;
    if (given(fill) && index >= more && more > 0) part.push(fill);
    return part;
  });
};

const reverse: Filter = (value) => (typeof value === 'string' ? [...value].reverse().join('') : list(value).reverse());
const first: Filter = (value) => list(value)[0] ?? new Undefined('No first item, sequence was empty.');
const last: Filter = (value) => list(value).at(-1) ?? new Undefined('No last item, sequence was empty.');

const fallback: Filter = (value, args, kwargs) => {
  const [usual, boolean] = bound('default', ['default_value', 'boolean'], args, kwargs);
  if (value instanceof Undefined || (isTrue(boolean ?? false) && !isTrue(value))) return usual ?? '';
  return value;
};

const attr: Filter = async (value, args) =>
  (await attributeOf(defined(value), str(args[0] ?? null))) ?? undefinedIn(value, args[0] ?? null);

const items: Filter = (value) => {
  if (value instanceof Undefined) return [];
  if (!isDict(value)) throw new JinjaError('error', 'Can only get item pairs from a mapping.');
  return [...value].map((pair) => new Tuple(pair));
};

const random: Filter = (value) => {
  const all = list(value);
  return all[Math.floor(Math.random() * all.length)] ?? new Undefined('No random item, sequence was empty.');
};

/** Filters of lists and maps. */
export const sequenceFilters: Readonly<Record<string, Filter>> = {
  default: fallback,
  d: fallback,
  list: (value) => list(value),
  sort,
  unique,
  min: extreme('min', -1),
  max: extreme('max', 1),
  map,
  select: chooser(true, false),
  reject: chooser(false, false),
  selectattr: chooser(true, true),
  rejectattr: chooser(false, true),
  groupby,
  dictsort,
  join,
  sum,
  batch,
  slice: slices,
  reverse,
  first,
  last,
  attr,
  items,
  random,
};
