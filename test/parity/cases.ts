import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One call that is made of the real Salt and of ours, on the same machine, in the same state. */
export interface Case {
  readonly fun: string;
  /** `{tmp}` in any text stands for a scratch directory, empty at the start of each side's turn; `{home}`, `{port}`: see README.md. */
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Shell commands, run before and after each side's turn. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What this shell command prints after the call is compared, too: what the call did to the machine. */
  readonly look: string | undefined;
  /** Regular expressions over paths such as `0.pid` whose values are not compared, because they tell of the moment. */
  readonly ignore: readonly string[];
  /** Likewise, of lists whose order is nobody's: that of a directory's entries, say. */
  readonly unordered: readonly string[];
  /** Only the types are compared, because the values tell of the moment. */
  readonly shape: boolean;
  /** Why ours answers otherwise, on purpose. */
  readonly differs: string | undefined;
}

/** What a file of cases needs, whether they are of calls or of states. */
export interface FileHead {
  /** The module: the name of the file. */
  readonly name: string;
  /** Debian packages that must be there. */
  readonly packages: readonly string[];
  /** Needs root: it changes the machine. */
  readonly root: boolean;
  /** The extension that the real Salt has this module from, such as `saltext.mysql`. */
  readonly extension: string | undefined;
  /** Runs in a network of its own, because it changes the rules or the addresses of the machine. */
  readonly namespace: boolean;
  /** Shell commands before the first case and after the last one: servers that all cases speak with. They must succeed. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
  /** Options of both minions. Those of all files are in force for all. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface CaseFile extends FileHead {
  readonly cases: readonly Case[];
}

const FOLDER = new URL('./cases/', import.meta.url).pathname;
export const FILE_KEYS = ['packages', 'root', 'extension', 'namespace', 'options', 'start', 'stop', 'cases'];
const CASE_KEYS = ['fun', 'args', 'kwargs', 'before', 'after', 'look', 'ignore', 'unordered', 'shape', 'differs'];

/** All case files, or those of the modules named. @throws when there is none for one of them */
export function caseFiles(wanted: readonly string[] = []): CaseFile[] {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no cases of ${unknown.join(', ')}; there are ${names.join(', ')}`);
  return names.filter((name) => wanted.length === 0 || wanted.includes(name)).map(readCases);
}

function readCases(name: string): CaseFile {
  const file = onlyKeys(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')), FILE_KEYS, name);
  const cases = (file['cases'] as unknown[]).map((one) => readCase(onlyKeys(one, CASE_KEYS, name)));
  return { ...readHead(name, file), cases };
}

export function readHead(name: string, file: Readonly<Record<string, unknown>>): FileHead {
  const commands = (key: string): string[] => [file[key] ?? []].flat() as string[];
  return {
    name,
    packages: commands('packages'),
    root: file['root'] === true,
    extension: file['extension'] as string | undefined,
    namespace: file['namespace'] === true,
    options: (file['options'] as Record<string, unknown>) ?? {},
    start: commands('start'),
    stop: commands('stop'),
  };
}

const readCase = (raw: Record<string, unknown>): Case => ({
  fun: String(raw['fun']),
  args: (raw['args'] as unknown[]) ?? [],
  kwargs: (raw['kwargs'] as Record<string, unknown>) ?? {},
  before: [raw['before'] ?? []].flat() as string[],
  after: [raw['after'] ?? []].flat() as string[],
  look: raw['look'] as string | undefined,
  ignore: (raw['ignore'] as string[]) ?? [],
  unordered: (raw['unordered'] as string[]) ?? [],
  shape: raw['shape'] === true,
  differs: raw['differs'] as string | undefined,
});

/** The map that `value` is; it may hold no keys but those known. */
export function onlyKeys(value: unknown, known: readonly string[], name: string): Record<string, unknown> {
  const map = value as Record<string, unknown>;
  const odd = Object.keys(map).filter((key) => !known.includes(key));
  if (odd.length > 0) throw new Error(`cases/${name}.json has ${odd.join(', ')}; known are ${known.join(', ')}`);
  return map;
}
