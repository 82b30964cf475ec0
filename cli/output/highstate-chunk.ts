import { pretty } from './pprint.ts';
import { str } from './python.ts';
import { at, compareText, entriesOf, has, isMapping, truthy, Unprintable } from './values.ts';

/** One state's result, with what the output needs at hand. */
export interface Chunk {
  /** State, id, name and function, from the key `file_|-id_|-name_|-managed`. */
  readonly names: readonly string[];
  /** True, false, null (would change), or whatever a faulty state returned. */
  readonly result: unknown;
  readonly name: unknown;
  readonly changes: unknown;
  readonly comment: unknown;
  readonly data?: unknown;
  readonly startTime?: unknown;
  /** Milliseconds, as a number or as a text with `ms`. */
  readonly duration?: unknown;
  readonly parallel: boolean;
  readonly warnings?: readonly string[];
  /** How many states of one id were rolled into this one. */
  readonly count: number;
  readonly raw: object;
}

/** The states in the order they ran, and texts about those that lack their number. */
export function chunksOf(data: unknown, compressed: boolean): { chunks: Chunk[]; complaints: string[] } {
  const complaints: string[] = [];
  const found: (readonly [string, object])[] = [];
  for (const [key, info] of entriesOf(data)) {
    if (!isMapping(info)) continue;
    if (key !== 'changes' && truthy(info) && !has(info, '__run_num__')) complaints.unshift(NO_ORDER, pretty(info));
    if (has(info, 'result')) found.push([str(key), info]);
  }
  const inOrder = found.sort(([, a], [, b]) => compareNumbers(at(a, '__run_num__') ?? 0, at(b, '__run_num__') ?? 0));
  return { chunks: inOrder.map(([key, info]) => chunkOf(key, info, compressed)), complaints };
}

/** Texts are compared as texts, by Python and so here. */
function compareNumbers(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'string' || typeof b === 'string') throw new Unprintable('run numbers of several kinds have no order');
  return Number(a) - Number(b);
}

const NO_ORDER = 'The State execution failed to record the order in which all states were executed. The state return missing data is:';

function chunkOf(key: string, info: object, compressed: boolean): Chunk {
  if (!has(info, 'changes')) throw new Unprintable(`state result ${key} has no changes`);
  const result = at(info, 'result');
  if (Array.isArray(result) || isMapping(result)) throw new Unprintable(`the outcome of ${key} is neither true, false nor nothing`);
  if (has(info, 'duration') && at(info, 'duration') === null) throw new Unprintable(`the duration of ${key} is no number`);
  const names = key.split('_|-');
  const warnings = at(info, 'warnings');
  return {
    names,
    result,
    name: at(info, 'name'),
    changes: at(info, 'changes'),
    comment: at(info, 'comment'),
    ...(has(info, 'data') ? { data: at(info, 'data') } : {}),
    ...(has(info, 'start_time') ? { startTime: at(info, 'start_time') } : {}),
    ...(has(info, 'duration') ? { duration: at(info, 'duration') } : {}),
    ...(Array.isArray(warnings) ? { warnings: warnings.map(str) } : {}),
    parallel: has(info, '__parallel__'),
    count: compressed && key.includes('_|-state_compressed_') ? Number(/\((\d+)\)$/.exec(names[1] ?? '')?.[1] ?? 1) : 1,
    raw: info,
  };
}
