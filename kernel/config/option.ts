/** The tree below an option of kind `map`: null-prototype objects, arrays and scalars, frozen. */
export type Values = { readonly [key: string]: unknown };
/** Directories by environment, as `file_roots` has them. */
export type Roots = { readonly [env: string]: readonly string[] };

export type OptionType = 'string' | 'number' | 'boolean' | 'list' | 'map' | 'path' | 'choice' | 'roots' | 'any';

/** One option of a daemon: its type, its default, what it is for. The reference pages are made of these. */
export interface Option<T> {
  readonly type: OptionType;
  readonly doc: string;
  readonly default: T;
  /** Never logged nor shown: its value is redacted wherever it turns up. */
  readonly secret: boolean;
  /** Whether Salt has an option of this name; if not it is ours alone. */
  readonly salt: boolean;
  readonly choices?: readonly string[];
  /** For numbers, inclusive. */
  readonly least?: number;
  readonly most?: number;
  /** For paths: a value such as `udp://host:514` is left alone. */
  readonly uri?: boolean;
  /** The typed value, or what was expected instead. */
  read(value: unknown): { readonly value: T } | { readonly expected: string };
}

interface Common<D> {
  /** One sentence. */
  readonly doc: string;
  readonly default: D;
  readonly secret?: boolean;
  /** Default true. */
  readonly salt?: boolean;
}
/** With the default null an option may be unset. */
type Or<T, D> = D extends null ? T | null : T;

function build<T>(type: OptionType, common: Common<T>, read: Option<T>['read'], more: Partial<Option<T>> = {}): Option<T> {
  const { doc, secret = false, salt = true } = common;
  return { type, doc, default: common.default, secret, salt, read, ...more };
}

const expected = (what: string) => ({ expected: what });

function readText(value: unknown): { value: string } | { expected: string } {
  if (typeof value === 'string') return { value };
  if (typeof value === 'number' || typeof value === 'bigint') return { value: String(value) };
  return expected('a text');
}

function readNumber(least: number | undefined, most: number | undefined): Option<number>['read'] {
  const range =
    least === undefined && most === undefined
      ? 'a number'
      : `a number${least === undefined ? '' : ` from ${least}`}${most === undefined ? '' : ` to ${most}`}`;
  return (given) => {
    const value = typeof given === 'string' && /^[+-]?\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : given;
    const fits = typeof value === 'number' && Number.isFinite(value) && value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    return fits ? { value } : expected(range);
  };
}

function readList(value: unknown): { value: readonly string[] } | { expected: string } {
  if (!Array.isArray(value)) return expected('a list');
  const texts = value.map(readText);
  const wrong = texts.findIndex((text) => 'expected' in text);
  if (wrong >= 0) return expected(`a list of texts (item ${wrong + 1} is not)`);
  return { value: texts.flatMap((text) => ('value' in text ? [text.value] : [])) };
}

export const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

function readRoots(value: unknown): { value: Roots } | { expected: string } {
  if (!isValues(value)) return expected('a map of environments to lists of directories');
  const roots: Record<string, readonly string[]> = Object.create(null);
  for (const [env, given] of Object.entries(value)) {
    const dirs = readList(given ?? []);
    if ('expected' in dirs) return expected(`a list of directories under ${env}`);
    roots[env] = dirs.value;
  }
  return { value: roots };
}

/** Widens a read of T to one of the declared type, which is T or T | null. */
const as = <T, D>(read: Option<T>['read']): Option<Or<T, D>>['read'] => read as Option<Or<T, D>>['read'];

/** Makers of options; `default: null` means that it may be unset. */
export const option = {
  string: <const D extends string | null>(o: Common<D>) => build('string', o as Common<Or<string, D>>, as<string, D>(readText)),
  number: <const D extends number | null>(o: Common<D> & { readonly least?: number; readonly most?: number }) =>
    build('number', o as Common<Or<number, D>>, as<number, D>(readNumber(o.least, o.most)), {
      ...(o.least === undefined ? {} : { least: o.least }),
      ...(o.most === undefined ? {} : { most: o.most }),
    }),
  /** YAML's true, false, yes, no, on, off; a quoted "yes" is a text and refused. */
  boolean: <const D extends boolean | null>(o: Common<D>) =>
    build(
      'boolean',
      o as Common<Or<boolean, D>>,
      as<boolean, D>((value) => (typeof value === 'boolean' ? { value } : expected('True or False'))),
    ),
  /** `single`: one text is taken as a list of one. */
  list: (o: Common<readonly string[]> & { readonly single?: boolean }): Option<readonly string[]> =>
    build('list', o, (value) => readList(o.single && typeof value === 'string' ? (value === '' ? [] : [value]) : value)),
  map: (o: Common<Values>): Option<Values> => build('map', o, (value) => (isValues(value) ? { value } : expected('a map'))),
  /** Below `root_dir`, as in Salt. `uri`: may also be a URI, which is left alone. */
  path: <const D extends string | null>(o: Common<D> & { readonly uri?: boolean }) =>
    build('path', o as Common<Or<string, D>>, as<string, D>(readText), { uri: o.uri ?? false }),
  choice: <const C extends string, const D extends C | null>(o: Common<D> & { readonly choices: readonly C[] }) =>
    build<Or<C, D>>('choice', o as Common<Or<C, D>>, readChoice(o.choices) as Option<Or<C, D>>['read'], { choices: o.choices }),
  roots: (o: Common<Roots>): Option<Roots> => build('roots', o, readRoots),
  /** Whatever YAML made of it: several shapes are allowed, and the room that uses it looks. */
  any: (o: Common<unknown>): Option<unknown> => build('any', o, (value) => ({ value })),
};

/** Without regard to case, as `hash_type: SHA256` or `log_level: Debug` are written in the wild. */
function readChoice<C extends string>(choices: readonly C[]): (value: unknown) => { value: C } | { expected: string } {
  return (value) => {
    const found = choices.find((choice) => choice.toLowerCase() === String(value).toLowerCase());
    return found === undefined ? expected(`one of ${choices.join(', ')}`) : { value: found };
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a table of options holds many value types
export type OptionTable = { readonly [name: string]: Option<any> };
/** The frozen object a daemon is configured by, made of its table. */
export type ConfigOf<T extends OptionTable> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never };

export const defineOptions = <const T extends OptionTable>(table: T): T => table;
