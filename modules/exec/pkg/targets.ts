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
  readonly normalize: boolean;
}

const isMap = (value: Returnable): value is Readonly<Record<string, Returnable>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map);
const entriesOf = (value: Returnable): [string, Returnable][] => {
  if (value instanceof Map) return [...value].map(([key, held]) => [String(key), held]);
  return isMap(value) ? Object.entries(value) : [];
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
  if (sources?.length)
    return { kind: 'file', paths: await Promise.all(sources.flatMap(entriesOf).map(([key, path]) => cached(ctx, key, String(path)))) };
  const normal = (given: string): string => checked(asked.normalize ? tool.normalize(ctx, given.trim()) : given.trim());
  const wanted = new Map<string, string | undefined>();
  if (pkgs?.length) {
    if (asked.version != null) ctx.log.warn("'version' argument will be ignored for multiple package targets");
    for (const item of pkgs) {
      const entries = entriesOf(item);
      if (entries.length === 0) wanted.set(normal(String(item)), undefined);
      for (const [key, version] of entries) wanted.set(normal(key), versionText(version));
    }
  } else {
    for (const part of (name ?? '').split(',').filter((piece) => piece.trim() !== '')) wanted.set(normal(part), versionText(asked.version));
  }
  return wanted.size === 0 ? undefined : { kind: 'repository', wanted };
};

const cached = async (ctx: Ctx, name: string, source: string): Promise<string> => {
  if (source.startsWith('/')) return source;
  if (!/^[a-z0-9+]+:\/\//i.test(source)) {
    throw new CallRefused(`Path ${source} for package ${name} is either not absolute or an invalid protocol`);
  }
  const path = await ctx.call('cp.cache_file', [source]);
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

/** The first version on offer for which a wish such as `>=1.2` holds. */
export const firstFitting = (wish: string, offers: readonly string[], compare: (a: string, b: string) => number): string | undefined => {
  const [, sign = '==', version = ''] = /^\s*(>=|<=|==|!=|<>|>|<|=)?\s*(.*?)\s*$/.exec(wish) ?? [];
  const holds: Readonly<Record<string, (order: number) => boolean>> = {
    '>=': (order) => order >= 0,
    '<=': (order) => order <= 0,
    '>': (order) => order > 0,
    '<': (order) => order < 0,
    '!=': (order) => order !== 0,
    '<>': (order) => order !== 0,
  };
  const fits = holds[sign] ?? ((order: number) => order === 0);
  return offers.find((offer) => fits(compare(offer, version)));
};
