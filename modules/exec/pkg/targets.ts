import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import type { PackageTool } from './tool.ts';

/** What is asked for: packages by name with the version wanted, if any, or package files. */
export type Targets =
  | { readonly kind: 'repository'; readonly wanted: ReadonlyMap<string, string | undefined> }
  | { readonly kind: 'file'; readonly paths: readonly string[] };

export interface Asked {
  readonly name?: string | undefined;
  readonly pkgs?: readonly Returnable[] | undefined;
  readonly sources?: readonly Returnable[] | undefined;
  readonly version?: Returnable | undefined;
  readonly saltenv?: string | undefined;
  readonly normalize: boolean;
}

const entriesOf = (value: Returnable): [string, Returnable][] => {
  if (value instanceof Map) return [...value].map(([key, held]) => [String(key), held]);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return [];
  return Object.entries(value);
};
const versionText = (value: Returnable | undefined): string | undefined => (value == null || value === '' ? undefined : String(value));

/** Package names are words for a command line: nothing that it would take for an option. */
const checked = (name: string): string => {
  if (name === '' || name.startsWith('-') || /[\s\0]/.test(name)) throw new CommandFailed(`'${name}' is not a package name`);
  return name;
};

/** Reads `name`, `pkgs` (`[a, {b: 1.0}]`) and `sources` (`[{a: /path/a.deb}]`); undefined if none is given. */
export const targetsOf = async (ctx: Ctx, tool: PackageTool, asked: Asked): Promise<Targets | undefined> => {
  const { name, pkgs, sources } = asked;
  if (pkgs?.length && sources?.length) throw new CallRefused('Only one of "pkgs" and "sources" can be used.');
  if ((pkgs?.length || sources?.length) && asked.version != null)
    ctx.log.warn("'version' argument will be ignored for multiple package targets");
  if (sources?.length) {
    const files = sources.flatMap(entriesOf);
    return { kind: 'file', paths: await Promise.all(files.map(([key, path]) => fetched(ctx, key, String(path), asked.saltenv))) };
  }
  const normal = (given: string): string => checked(asked.normalize ? tool.normalize(ctx, given.trim()) : given.trim());
  const wanted = pkgs?.length ? severalOf(pkgs, normal) : oneOf(name ?? '', asked.version, normal);
  return wanted.size === 0 ? undefined : { kind: 'repository', wanted };
};

const oneOf = (name: string, version: Returnable | undefined, normal: (name: string) => string): Map<string, string | undefined> =>
  new Map(
    name
      .split(',')
      .filter((piece) => piece.trim() !== '')
      .map((piece) => [normal(piece), versionText(version)]),
  );

const severalOf = (pkgs: readonly Returnable[], normal: (name: string) => string): Map<string, string | undefined> => {
  const wanted = new Map<string, string | undefined>();
  for (const item of pkgs) {
    const [entry] = entriesOf(item);
    if (entry === undefined) wanted.set(normal(String(item)), undefined);
    else wanted.set(normal(entry[0]), versionText(entry[1]));
  }
  if (wanted.size === pkgs.length) return wanted;
  throw new CallRefused(
    `You are passing a list of packages that contains duplicated packages names: ${shown(pkgs)}. This cannot be processed. In case you ` +
      'are targeting different versions of the same package, please target them individually',
  );
};

/** Packages as Python prints the list of them. */
const shown = (value: Returnable): string => {
  if (Array.isArray(value)) return `[${value.map((item) => shown(item)).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  const entries = entriesOf(value);
  return entries.length === 0 ? String(value ?? 'None') : `{${entries.map(([key, held]) => `'${key}': ${shown(held)}`).join(', ')}}`;
};

const fetched = async (ctx: Ctx, name: string, source: string, saltenv: string | undefined): Promise<string> => {
  if (source.startsWith('/')) return source;
  if (!/^[a-z0-9+]+:\/\//i.test(source)) {
    throw new CallRefused(`Path ${source} for package ${name} is either not absolute or an invalid protocol`);
  }
  const path = await ctx.call('cp.cache_file', [source], saltenv === undefined ? {} : { saltenv });
  if (typeof path !== 'string' || path === '') throw new CommandFailed(`Unable to cache source ${source} for package ${name}`);
  return path;
};

/** Whether a name fits a glob such as `python3-*`. */
export const nameFits = (glob: string, name: string): boolean =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name);

/** The first version on offer for which a wish such as `>=1.2`, or several (`>=1.2,<2`), hold. */
export const firstFitting = (wish: string, offers: readonly string[], compare: (a: string, b: string) => number): string | undefined =>
  offers.find((offer) => wish.split(',').every((part) => holds(part, offer, compare)));

const holds = (wish: string, offer: string, compare: (a: string, b: string) => number): boolean => {
  const [, sign = '==', version = ''] = /^\s*(>=|<=|==|!=|<>|>|<|=)?\s*(.*?)\s*$/.exec(wish) ?? [];
  const allowed: Readonly<Record<string, (order: number) => boolean>> = {
    '>=': (order) => order >= 0,
    '<=': (order) => order <= 0,
    '>': (order) => order > 0,
    '<': (order) => order < 0,
    '!=': (order) => order !== 0,
    '<>': (order) => order !== 0,
  };
  const fits = allowed[sign] ?? ((order: number) => order === 0);
  return fits(compare(offer, version));
};
