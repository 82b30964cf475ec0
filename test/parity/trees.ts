import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toPlain } from '../../kernel/render/python/plain.ts';
import { loadYaml } from '../../kernel/render/yaml/index.ts';
import type { Answer, Call, Sides, Turn } from './sides.ts';

/** A tree of SLS files and the calls that both sides make on it. */
export interface Tree extends Turn {
  readonly name: string;
  readonly calls: readonly Call[];
  /** Why our answers differ. */
  readonly differs: string | undefined;
}

/** Both sides serve `base` and `dev` of what a tree holds below folders of these names, and pillar of `pillar`. */
export const TREE_OPTIONS = {
  file_roots: { base: ['{tmp}/base'], dev: ['{tmp}/dev'] },
  pillar_roots: { base: ['{tmp}/pillar'] },
  fileserver_list_cache_time: 0,
  fileserver_limit_traversal: false,
} as const;

const FOLDER = new URL('./trees/', import.meta.url).pathname;

/** All trees, or those of the files named, by file. */
export function treeFiles(wanted: readonly string[] = []): ReadonlyMap<string, readonly Tree[]> {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .sort();
  return new Map(names.map((name) => [name, readTrees(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8'))]));
}

interface RawTree {
  readonly name: string;
  /** A text is `base/t.sls`. */
  readonly files: string | Readonly<Record<string, string>>;
  readonly calls?: readonly (string | readonly unknown[])[];
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly look?: string;
  readonly differs?: string;
}

const readTrees = (text: string): Tree[] =>
  (toPlain(loadYaml(text)) as unknown as RawTree[]).map(({ name, files, calls, before, after, look, differs }) => ({
    name,
    files: typeof files === 'string' ? { 'base/t.sls': files } : files,
    calls: (calls ?? ['state.apply t']).map((one) => ({ ...readCall(one, look), apart: true })),
    before: before ?? [],
    after: after ?? [],
    differs,
  }));

/** `state.apply t`, or a list of the function, its arguments, and its keywords as a map at the end. */
function readCall(one: string | readonly unknown[], look: string | undefined): Call {
  const [fun, ...rest] = typeof one === 'string' ? one.split(' ') : one;
  const last = rest.at(-1);
  const named = typeof last === 'object' && last !== null && !Array.isArray(last);
  const kwargs = named ? (last as Record<string, unknown>) : {};
  return { fun: String(fun), args: named ? rest.slice(0, -1) : rest, kwargs, look };
}

export interface TreeAnswers {
  readonly real: readonly unknown[];
  readonly ours: readonly unknown[];
}

/** Comparable answers to the calls of a tree. */
export async function bothTrees(sides: Sides, tree: Tree): Promise<TreeAnswers> {
  const { real, ours } = await sides.bothInTurn(tree, tree.calls);
  return { real: real.map(comparable), ours: ours.map(comparable) };
}

/** Results as a list, whose order counts, without times, processes, and the inner life of either side in exceptions. */
export const comparable = ({ value, ...rest }: Answer): unknown => ({ ...rest, value: isMap(value) ? results(value) : walk(value) });

const results = (value: Readonly<Record<string, unknown>>): unknown =>
  Object.values(value).some((one) => isMap(one) && 'result' in one)
    ? Object.entries(value).map(([tag, one]) => [tag, walk(one)])
    : walk(value);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const UNSTEADY = new Set(['start_time', 'duration', 'pid', '__jid__']);

function walk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walk);
  if (isMap(value))
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !UNSTEADY.has(key))
        .map(([key, one]) => [key, walk(one)]),
    );
  return typeof value === 'string' ? steady(value) : value;
}

const steady = (text: string): string =>
  text
    .replace(/(One or more requisite failed: )(.*)/, (_all, words: string, ids: string) => words + ids.split(', ').sort().join(', '))
    .replace(/(exception occurred in this state: )[\s\S]*/, '$1')
    .replace(/(\nTraceback \(most recent call last\):)[\s\S]*?(?=; line \d+\n|\n\[\.\.\.\]|\n---|$)/g, '$1')
    .replace(/ {2}File "[^"]*templates\.py".*\n.*\n.*\^\n/g, '')
    .replace(/OrderedDict\(\[(.*?)\]\)/g, (_all, pairs: string) => `{${pairs.replace(/\((.*?), (.*?)\)/g, '$1: $2')}}`)
    .replace(/\/tmp\/tsalt-parity-\w+\/(?:real|ours)\//g, '/root/')
    .replace(/salt\.utils\.optsdict\.\w+ object/g, 'dict object')
    .replace(/as PID \d+/g, 'as PID 1')
    .replace(/(?:with jid|started at) [\d:., A-Za-z]+/g, '');
