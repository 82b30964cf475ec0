import type { Handed, JobResult, MasterEvent, Returnable } from '../../define.ts';

/** One number at one time under one path. */
export interface Point {
  readonly path: string;
  readonly value: number;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** How the points of a result are named and chosen. */
export interface Naming {
  /** With `[module]`, `[function]` and `[minion_id]`. */
  readonly pattern: string;
  /** Before all of it. */
  readonly base: string;
  /** What is no number: left out with a word to this, or an error when absent. */
  readonly skip?: (text: string) => void;
}

/** @throws Error naming the first value that is no number, unless `naming.skip` */
export function pointsOf({ at, what }: Handed<JobResult>, naming: Naming): Point[] {
  const funs = typeof what.fun === 'string' ? [what.fun] : what.fun;
  const values = typeof what.fun === 'string' ? [what.return] : funs.map((fun, index) => partOf(what.return, fun, index));
  return funs.flatMap((fun, index) => walk(baseOf(fun, what.id, naming), values[index] ?? null, seconds(at), naming));
}

/** As Salt does it: the numbers in the `data` of an event's data, below its tag. */
export function pointsOfEvent({ at, what }: Handed<MasterEvent>, naming: Naming): Point[] {
  const data = what.data['data'];
  return data === undefined ? [] : walk(joined(naming.base, what.tag.split('/').map(partName).join('.')), data, seconds(at), naming);
}

/** Several functions of one job: their results by name, or as a list in their order. */
function partOf(value: Returnable, fun: string, index: number): Returnable {
  if (Array.isArray(value)) return value[index] ?? null;
  return entriesOf(value)?.find(([key]) => key === fun)?.[1] ?? null;
}

/** A virtual machine keeps its metrics when it moves: those of `virt` bear no minion id, as in Salt. */
function baseOf(fun: string, id: string, { pattern, base }: Naming): string {
  if (fun.startsWith('virt.')) return joined(base, fun);
  const dot = fun.indexOf('.');
  const words: Readonly<Record<string, string>> = {
    module: fun.slice(0, dot),
    function: fun.slice(dot + 1),
    minion_id: id.replaceAll('.', '_'),
  };
  return joined(
    base,
    pattern.replace(/\[(module|function|minion_id)\]/g, (_, word: string) => partName(words[word] ?? '')),
  );
}

const joined = (base: string, path: string): string => (base === '' ? path : `${base.replace(/\.+$/, '')}.${path}`);

function walk(path: string, value: Returnable, at: number, naming: Naming): Point[] {
  const entries = entriesOf(value);
  if (entries !== undefined) return entries.flatMap(([key, item]) => walk(`${path}.${partName(key)}`, item, at, naming));
  const number = numberOf(value);
  if (number !== undefined) return [{ path, value: number, at }];
  const why = `the value of ${path} is no number: ${shown(value)}`;
  if (naming.skip === undefined) throw new Error(`${why} (carbon.skip_on_error: True leaves such out)`);
  naming.skip(why);
  return [];
}

/** Of a map its items; of a list, too, with the place in the list as the name. */
function entriesOf(value: Returnable): (readonly [string, Returnable])[] | undefined {
  if (Array.isArray(value)) return value.map((item: Returnable, index) => [String(index), item]);
  if (value instanceof Map) return [...value].map(([key, item]) => [String(key), item]);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || isFloating(value)) return undefined;
  return Object.entries(value);
}

const isFloating = (value: object): value is { readonly value: number } =>
  'toJSON' in value && 'value' in value && typeof value.value === 'number';

/** What Python's `float` takes, as far as Carbon takes it: it knows neither NaN nor infinities. */
function numberOf(value: Returnable): number | undefined {
  if (typeof value === 'object' && value !== null && isFloating(value)) return numberOf(value.value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  const text = typeof value === 'string' && /^\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value);
  const number = text ? Number(value.replaceAll('_', '')) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A key as a part of a path: no blanks, which end a path, and nothing that leads out of the directory. Dots make levels. */
const partName = (key: string): string =>
  key
    .replace(/[\s\p{Cc}/\\;]/gu, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^\.|\.$/g, '') || '_';

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);
const shown = (value: Returnable): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
