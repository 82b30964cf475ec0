import { Float } from '../../protocol/wire/float.ts';
import { str } from './python.ts';
import { at, compareText, entriesOf, has, isMapping, kindOf, toMap, truthy, Unprintable } from './values.ts';

type Results = Map<unknown, unknown>;

/**
 * Rolls the states of one id with several names into one for each outcome (`state_compress_ids`).
 * Results that lack what this needs are left as they are.
 */
export function compressIds(minions: Results): Results {
  try {
    return new Map([...minions].map(([host, states]) => [host, compressed(states)]));
  } catch (error) {
    if (error instanceof Unprintable) return minions;
    throw error;
  }
}

function compressed(states: unknown): Results {
  if (!isMapping(states)) throw new Unprintable('no states to compress');
  const sizes = new Map<string, number>();
  for (const [key, info] of entriesOf(states)) sizes.set(group(key, info), (sizes.get(group(key, info)) ?? 0) + 1);
  const out: Results = new Map();
  for (const [key, info] of entriesOf(states)) {
    const size = sizes.get(group(key, info)) ?? 1;
    if (size === 1) out.set(key, info);
    else merge(out, commonKey(key, info, size), info);
  }
  return out;
}

function group(key: unknown, info: unknown): string {
  if (!['__id__', '__sls__', 'result'].every((field) => has(info, field))) throw new Unprintable('a result lacks its id, sls or outcome');
  return [str(key).split('_|-')[0], at(info, '__id__'), at(info, '__sls__'), at(info, 'result')].map(str).join('_');
}

function commonKey(key: unknown, info: unknown, size: number): string {
  const names = str(key).split('_|-');
  names[2] = ['state_compressed', at(info, '__sls__'), at(info, '__id__'), at(info, 'result')].map(str).join('_');
  names[1] = `${str(at(info, '__id__'))} (${size})`;
  return names.join('_|-');
}

/** The lowest number, the earliest start, the sum of the durations, and the changes by name. */
function merge(out: Results, key: string, info: unknown): void {
  const first = out.get(key);
  if (first === undefined) {
    out.set(key, toMap(info));
    return;
  }
  const joint = toMap(first);
  joint.set('__run_num__', Math.min(number(info, '__run_num__'), number(first, '__run_num__')));
  joint.set('duration', sum(at(info, 'duration'), at(first, 'duration')));
  joint.set('start_time', [textAt(info, 'start_time'), textAt(first, 'start_time')].sort(compareText)[0]);
  if (truthy(at(info, 'changes'))) joint.set('changes', changesByName(first, info));
  out.set(key, joint);
}

function number(info: unknown, field: string): number {
  const value = at(info, field);
  if (kindOf(value) !== 'int') throw new Unprintable(`a result has no ${field}`);
  return Number(value);
}

function textAt(info: unknown, field: string): string {
  const value = at(info, field);
  if (typeof value !== 'string') throw new Unprintable(`a result has no ${field}`);
  return value;
}

/** To a thousandth of a millisecond; whole only if both are. */
function sum(a: unknown, b: unknown): number | Float {
  const kinds = [kindOf(a), kindOf(b)];
  if (!kinds.every((kind) => kind === 'int' || kind === 'float')) throw new Unprintable('a duration is no number');
  const total = [a, b].reduce<number>((all, part) => all + (part instanceof Float ? part.value : Number(part)), 0);
  return kinds.includes('float') ? new Float(Math.round(total * 1000) / 1000) : total;
}

function changesByName(first: unknown, info: unknown): Results {
  const before = at(first, 'changes');
  if (truthy(before) && !isMapping(before)) throw new Unprintable('the changes of a result are no mapping');
  const named: Results = has(before, 'compressed changes')
    ? toMap(at(before, 'compressed changes'))
    : new Map(truthy(before) ? [[at(first, 'name'), before]] : []);
  named.set(at(info, 'name'), at(info, 'changes'));
  return new Map([['compressed changes', named]]);
}
