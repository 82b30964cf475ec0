import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_KEYS, type FileHead, onlyKeys, readHead } from './cases.ts';
import { below, pathsOf } from './compare.ts';
import type { Answer, Call, Sides, Turn } from './sides.ts';

/** One state that is brought about by the real Salt and by ours: tried with `test=True`, done, and done once more. */
export interface StateCase extends Turn {
  /** `user.present` */
  readonly state: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly look: string | undefined;
  readonly ignore: readonly string[];
  readonly differs: string | undefined;
}

export interface StateFile extends FileHead {
  readonly cases: readonly StateCase[];
}

const FOLDER = new URL('./states/', import.meta.url).pathname;
const KEYS = ['state', 'args', 'before', 'after', 'look', 'ignore', 'differs'];

/** All files of state cases, or those of the state modules named. */
export function stateFiles(wanted: readonly string[] = []): StateFile[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .sort()
    .map(readFile);
}

function readFile(name: string): StateFile {
  const file = onlyKeys(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')), FILE_KEYS, name);
  const cases = (file['cases'] as unknown[]).map((one) => readCase(onlyKeys(one, KEYS, name)));
  return { ...readHead(name, file), cases };
}

const readCase = (raw: Record<string, unknown>): StateCase => ({
  state: String(raw['state']),
  args: (raw['args'] as Record<string, unknown>) ?? {},
  before: [raw['before'] ?? []].flat() as string[],
  after: [raw['after'] ?? []].flat() as string[],
  look: raw['look'] as string | undefined,
  ignore: (raw['ignore'] as string[]) ?? [],
  differs: raw['differs'] as string | undefined,
});

/** Comparable answers of one case, by what was asked for. */
export interface StateAnswers {
  readonly real: Readonly<Record<string, unknown>>;
  readonly ours: Readonly<Record<string, unknown>>;
}

export async function bothStates(sides: Sides, one: StateCase): Promise<StateAnswers> {
  const calls: readonly Call[] = [
    { ...callOf(one, { test: true }), look: one.look },
    { ...callOf(one, {}), look: one.look },
    { ...callOf(one, {}), look: undefined },
  ];
  const { real, ours } = await sides.bothInTurn(one, calls);
  return { real: labelled(one, real), ours: labelled(one, ours) };
}

/** `state.single`, which has an `opts` of its own: states that take such an argument are called as high data. */
function callOf({ state, args }: StateCase, kwargs: Readonly<Record<string, unknown>>): Omit<Call, 'look'> {
  if (!('opts' in args)) return { fun: 'state.single', args: [state], kwargs: { ...args, ...kwargs } };
  const list = Object.entries(args).map(([key, value]) => ({ [key]: value }));
  return { fun: 'state.high', args: [{ [String(args['name'])]: { [state]: list } }], kwargs };
}

const labelled = (one: StateCase, [tried, done, again]: readonly Answer[]): Record<string, unknown> => ({
  tried: strip(one, tried),
  done: strip(one, done),
  again: strip(one, again),
});

/** Without the times, and without what is not compared; of an exception in a state only that it was one. */
function strip(one: StateCase, answer: Answer | undefined): unknown {
  const ignored = pathsOf(['start_time', 'duration', ...one.ignore]);
  const walk = (value: unknown, path: string): unknown => {
    if (ignored(path)) return '<not compared>';
    if (Array.isArray(value)) return value.map((item, index) => walk(item, below(path, String(index))));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, below(path, key))]));
    return typeof value === 'string' ? inOrder(value).replace(/(An exception occurred in this state: )[\s\S]*/, '$1') : value;
  };
  const value = answer?.value;
  const results = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  return {
    ...answer,
    value: results === undefined ? value : Object.fromEntries(results.map(([tag, result]) => [tag, walk(result, '')])),
  };
}

/** What `file.recurse` says of several paths comes in the order of a Python set. */
const inOrder = (text: string): string =>
  text.startsWith('#### ')
    ? text
        .split(/\n+(?=#### )/)
        .map((part) => part.trim())
        .sort()
        .join('\n')
    : text;
