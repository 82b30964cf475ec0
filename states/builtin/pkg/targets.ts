import { CallRefused, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx } from '../../define.ts';
import type { InstalledArgs } from './args.ts';
import { altered, type Verifying } from './verify.ts';
import { conditionsOf, fulfills, installedOf, type Reading, type Versions } from './versions.ts';
import { isGiven, type Kwargs, normalized, packages, sourcesOf, type Wanted } from './wanted.ts';

/** What an installation is about. */
export interface Targets {
  readonly wanted: Wanted;
  /** Missing, or there in another version. */
  readonly install: Wanted;
  readonly again: Wanted;
  /** There, but marked to be purged. */
  readonly unpurge: readonly string[];
  /** Files of packages to install again that are not as they were. */
  readonly altered: ReadonlyMap<string, Returnable>;
  readonly warnings: readonly string[];
  readonly fromFiles: boolean;
  readonly refreshed: boolean;
}

export interface Asked {
  readonly args: InstalledArgs;
  readonly pkgs: Returnable;
  readonly sources: Returnable;
  readonly kwargs: Kwargs;
  readonly verifying: Verifying | undefined;
  readonly refresh: boolean;
}

/** What there is to install, or an outcome when there is nothing or it makes no sense. */
export async function targetsOf(ctx: StateCtx, asked: Asked): Promise<Targets | Outcome> {
  const { pkgs, sources, kwargs, args } = asked;
  if (isGiven(pkgs) && isGiven(sources)) return failed('Only one of "pkgs" and "sources" is permitted.');
  let there: Versions;
  try {
    there = await installedOf(ctx, kwargs);
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
  const fromFiles = !isGiven(pkgs);
  const wanted = fromFiles ? await sourcesOf(ctx, sources, args.normalize) : await packages(ctx, pkgs, false);
  if (wanted.size === 0) return failed(`Invalidly formatted '${fromFiles ? 'sources' : 'pkgs'}' parameter. See minion log.`);
  const marked = (await ctx.call('pkg.list_pkgs', [], { ...kwargs, purge_desired: true })) as Kwargs;
  const unpurge = [...wanted.keys()].filter((name) => name in marked);
  const newest = fromFiles ? undefined : await newestOf(ctx, asked, wanted, there);
  const search = new Search(ctx, asked, there, fromFiles);
  for (const [name, wish] of newest ?? wanted) await search.place(name, wish);
  return (
    search.outcome(unpurge) ?? {
      ...search.found,
      wanted: newest ?? wanted,
      unpurge,
      fromFiles,
      refreshed: newest !== undefined && asked.refresh,
    }
  );
}

/** The packages with the version that `latest` stands for now; undefined when none is wished so. */
async function newestOf(ctx: StateCtx, { refresh, kwargs }: Asked, wanted: Wanted, there: Versions): Promise<Wanted | undefined> {
  const names = [...wanted].filter(([, wish]) => wish === 'latest').map(([name]) => name);
  if (names.length === 0) return undefined;
  const answer = await ctx.call('pkg.latest_version', names, { ...kwargs, refresh });
  const newest = typeof answer === 'string' ? { [names[0] ?? '']: answer } : (answer as Readonly<Record<string, string>>);
  const resolved = Object.entries(newest).map(([name, version]) => [name, version || (there[name]?.at(-1) ?? null)] as const);
  return new Map([...wanted, ...resolved]);
}

/** Sorts packages by what is to be done with them. */
class Search {
  readonly found = {
    install: new Map<string, string | null>(),
    again: new Map<string, string | null>(),
    altered: new Map<string, Returnable>(),
    warnings: [] as string[],
  };
  readonly #problems: string[] = [];
  readonly #ctx: StateCtx;
  readonly #asked: Asked;
  readonly #there: Versions;
  readonly #fromFiles: boolean;
  #wished = false;

  constructor(ctx: StateCtx, asked: Asked, there: Versions, fromFiles: boolean) {
    this.#ctx = ctx;
    this.#asked = asked;
    this.#there = there;
    this.#fromFiles = fromFiles;
  }

  async place(name: string, wish: string | null): Promise<void> {
    const { reinstall } = this.#asked.args;
    const versions = await this.#versions(name);
    if (versions.length === 0) this.found.install.set(name, wish);
    else if (reinstall) this.found.again.set(name, wish);
    else if (this.#fromFiles) await this.#file(name, versions, wish ?? '');
    else if (!(await this.#complete(name, wish))) this.found.install.set(name, wish);
    else if (wish === null) await this.#verify(name, wish);
    else await this.#compare(name, versions, wish, wish);
  }

  /** Names with an architecture that goes without saying are known without it. */
  async #versions(name: string): Promise<readonly string[]> {
    return this.#there[name] ?? this.#there[await normalized(this.#ctx, name)] ?? [];
  }

  async #complete(name: string, wish: string | null): Promise<boolean> {
    if (wish === null || !(await this.#ctx.has('pkg.check_extra_requirements'))) return true;
    return (await this.#ctx.call('pkg.check_extra_requirements', [name, wish])) === true;
  }

  async #file(name: string, versions: readonly string[], source: string): Promise<void> {
    if (!(await this.#ctx.has('lowpkg.bin_pkg_info'))) return;
    let cached: Returnable;
    try {
      const verify_ssl = this.#asked.kwargs['verify_ssl'] ?? true;
      cached = await this.#ctx.call('cp.cache_file', [source], { saltenv: this.#ctx.saltenv, verify_ssl });
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      this.#problems.push(`Unable to cache ${source}: ${error.message}`);
      return;
    }
    if (cached === '' && source.startsWith('/')) {
      this.#problems.push(`${source} does not exist on minion`);
      return;
    }
    if (typeof cached !== 'string' || cached === '') {
      this.#problems.push(`Unable to cache ${source}: file not found`);
      return;
    }
    const info = (await this.#ctx.call('lowpkg.bin_pkg_info', [cached])) as { readonly version: string } | null;
    if (info === null) this.found.warnings.push(`Failed to parse metadata for ${source}`);
    else await this.#compare(name, versions, info.version, source);
  }

  async #compare(name: string, versions: readonly string[], version: string, wish: string): Promise<void> {
    const { ignore_epoch: ignoreEpoch, allow_updates: allowUpdates } = this.#asked.args;
    const reading: Reading = { ignoreEpoch, allowUpdates: allowUpdates && !this.#fromFiles };
    const fits = await fulfills(this.#ctx, versions, version, reading);
    this.#wished = true;
    if (fits) return;
    const exact = conditionsOf(wish).some(({ operator }) => operator === '==');
    if (this.#asked.verifying !== undefined && exact) await this.#verify(name, wish);
    else this.found.install.set(name, wish);
  }

  async #verify(name: string, wish: string | null): Promise<void> {
    const { verifying, kwargs } = this.#asked;
    if (verifying === undefined) return;
    try {
      const files = await altered(this.#ctx, name, verifying, kwargs);
      if (files === undefined) return;
      this.found.again.set(name, wish);
      this.found.altered.set(name, files);
    } catch (error) {
      if (!(error instanceof CommandFailed || error instanceof CallRefused)) throw error;
      this.#problems.push(error.message);
    }
  }

  outcome(unpurge: readonly string[]): Outcome | undefined {
    if (this.#problems.length > 0) return failed(this.#problems.join(' '));
    const { install, again, warnings } = this.found;
    if (install.size > 0 || again.size > 0 || unpurge.length > 0) return undefined;
    const wished = this.#wished && !this.#fromFiles ? ' and are at the desired version' : '';
    return { ...inOrder(`All specified packages are already installed${wished}`), warnings };
  }
}
