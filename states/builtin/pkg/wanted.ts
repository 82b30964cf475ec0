import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { repr, str } from '../../../kernel/render/python/repr.ts';
import { CallRefused, CommandFailed, PartlyDone, type Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';
import { ENGINE_KEYWORDS } from '../../engine/keywords.ts';

/** Packages by name, with the version wished (or the file to install), or null. */
export type Wanted = ReadonlyMap<string, string | null>;
export type Kwargs = Readonly<Record<string, Returnable>>;

/** A value as Python shows it: 1.0 stays 1.0. */
export const textOf = (value: Returnable): string => str(fromPlain(value));

/** Arguments that a state does not name are those of the functions it calls. */
export const kwargsOf = (ctx: StateCtx): Record<string, Returnable> => ({
  ...Object.fromEntries(Object.entries(ctx.extra).filter(([name]) => name !== 'sfun' && !ENGINE_KEYWORDS.has(name))),
  saltenv: ctx.saltenv,
});

export const isGiven = (value: Returnable | undefined): boolean =>
  value !== undefined && value !== null && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);
export const isEmptyList = (value: Returnable | undefined): boolean => Array.isArray(value) && value.length === 0;

/** A package's name without the system's own architecture. */
export const normalized = async (ctx: StateCtx, name: string): Promise<string> =>
  (await ctx.has('pkg.normalize_name')) ? String(await ctx.call('pkg.normalize_name', [name])) : name;

/** The one entry of `{name: value}`; undefined for what is no such map. */
function entryOf(item: Returnable): readonly [string, Returnable] | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const entries: [string, Returnable][] =
    item instanceof Map ? [...item].map(([key, value]) => [String(key), value as Returnable]) : Object.entries(item);
  return entries.length === 1 ? entries[0] : undefined;
}

/** Reads `pkgs`: names, or maps of a name to a version. Empty if there is another thing among them. @throws CallRefused for doubles */
export async function packages(ctx: StateCtx, pkgs: Returnable, normalize: boolean): Promise<Wanted> {
  const list = typeof pkgs === 'string' ? await ctx.call('slsutil.deserialize', ['yaml', pkgs]) : pkgs;
  const wanted = new Map<string, string | null>();
  if (!Array.isArray(list)) return wanted;
  for (const item of list as readonly Returnable[]) {
    const [name, version] = typeof item === 'object' && item !== null ? (entryOf(item) ?? []) : [textOf(item), null];
    if (name === undefined) {
      wanted.clear();
      break;
    }
    wanted.set(normalize ? await normalized(ctx, name) : name, version === null || version === undefined ? null : textOf(version));
  }
  if (wanted.size === list.length) return wanted;
  throw new CallRefused(
    `You are passing a list of packages that contains duplicated packages names: ${repr(fromPlain(list as Returnable))}. This cannot be processed. In case you are targeting different versions of the same package, please target them individually`,
  );
}

/** Reads `sources`: maps of a name to a file. Empty if there is another thing among them. */
export async function sourcesOf(ctx: StateCtx, sources: Returnable, normalize: boolean): Promise<Wanted> {
  const list = typeof sources === 'string' ? await ctx.call('slsutil.deserialize', ['yaml', sources]) : sources;
  const wanted = new Map<string, string | null>();
  for (const item of Array.isArray(list) ? (list as readonly Returnable[]) : []) {
    const entry = entryOf(item);
    if (entry === undefined) return new Map();
    wanted.set(normalize ? await normalized(ctx, entry[0]) : entry[0], textOf(entry[1]));
  }
  return wanted;
}

/** As functions take packages: `[{name: version}]`. */
export const asList = (wanted: Wanted): Returnable[] => [...wanted].map(([name, version]) => ({ [name]: version }));

/** A package with its version, as comments name it: `foo=1.2`, `foo>=1.2`. */
export function shown(name: string, wanted: Wanted): string {
  const version = wanted.get(name) ?? '';
  return `${name}${version === '' || /^[<>=]/.test(version) ? '' : '='}${version}`;
}

/** A failure of the package tool as an outcome, with what it had changed. Calls that make no sense are passed on. */
export function outcomeOf(error: unknown, doing: string): Outcome {
  if (error instanceof PartlyDone) return failed(error.brief, error.changes);
  if (error instanceof CommandFailed && !(error instanceof CallRefused))
    return failed(`An error was encountered while ${doing}: ${error.message}`);
  throw error;
}

/** Salt's `is_true`. */
export const isTrueWord = (value: Returnable | undefined): boolean => {
  if (typeof value === 'string') return /^\s*true\s*$/i.test(value) || Number(value) > 0;
  return typeof value === 'number' ? value > 0 : Boolean(value);
};

/** Whether package lists are fetched: when asked, and, unless that is refused, by states that install until one of the run has. */
export const refreshes = (ctx: StateCtx, asked: Returnable | undefined): boolean =>
  isTrueWord(asked) || (!ctx.shared.has('pkg') && asked !== false);
export const refreshed = (ctx: StateCtx): void => void ctx.shared.set('pkg', true);
