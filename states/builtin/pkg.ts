import type { Returnable } from '../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../define.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the package' },
  version: { type: 'string', doc: 'the version' },
  refresh: { type: 'boolean', doc: 'refresh the package lists first' },
  pkgs: { type: 'any', doc: 'several packages: names, or maps of name and version' },
} as const;
type Wanted = ReadonlyMap<string, string | undefined>;
type Versions = Readonly<Record<string, Returnable>>;

function wantedOf(name: string, version: string | undefined, pkgs: Returnable | undefined): Wanted {
  if (!Array.isArray(pkgs)) return new Map([[name, version]]);
  return new Map(
    pkgs.flatMap((one): [string, string | undefined][] =>
      typeof one === 'object' && one !== null
        ? Object.entries(one).map(([key, value]) => [key, value === null ? undefined : String(value)])
        : [[String(one), undefined]],
    ),
  );
}
const installed = async (ctx: StateCtx): Promise<Versions> => (await ctx.call('pkg.list_pkgs')) as Versions;
const names = (list: readonly string[]): string => list.join(', ');

async function present(ctx: StateCtx, wanted: Wanted, refresh: boolean | undefined, latest: boolean): Promise<Verdict> {
  const before = await installed(ctx);
  const missing: string[] = [];
  for (const [name, version] of wanted) {
    const has = before[name];
    const behind = latest && has !== undefined && ((await ctx.call('pkg.latest_version', [name])) as Returnable) !== '';
    if (has === undefined || behind || (version !== undefined && version !== has)) missing.push(name);
  }
  if (missing.length === 0) {
    const all = [...wanted.keys()];
    if (latest) return inOrder(all.length === 1 ? `Package ${all[0]} is already up-to-date` : 'All packages are up-to-date.');
    const some = [...wanted.values()].some((version) => version !== undefined);
    if (all.length > 1) return inOrder('All specified packages are already installed');
    return inOrder(
      some ? `All specified packages are already installed and are at the desired version` : 'All specified packages are already installed',
    );
  }
  const versions = missing.map((name) => (wanted.get(name) === undefined ? name : { [name]: wanted.get(name) ?? '' }));
  return {
    predicted: {
      comment: `The following packages would be installed/updated: ${names(missing)}`,
      changes: Object.fromEntries(missing.map((name) => [name, { new: wanted.get(name) ?? 'installed', old: '' }])),
    },
    apply: async () => {
      let changes: Versions;
      try {
        changes = (await ctx.call('pkg.install', [], { pkgs: versions, ...(refresh === undefined ? {} : { refresh }) })) as Versions;
      } catch (error) {
        return failed(
          `Problem encountered installing package(s). Additional info follows:\n\nerrors:\n    - ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      const after = await installed(ctx);
      const absent = missing.filter((name) => after[name] === undefined);
      if (absent.length > 0) return failed(`The following packages failed to install/update: ${names(absent)}`, changes);
      return inOrder(`The following packages were installed/updated: ${names(missing)}`, changes);
    },
  };
}

async function gone(ctx: StateCtx, wanted: Wanted, fun: 'remove' | 'purge'): Promise<Verdict> {
  const before = await installed(ctx);
  const there = [...wanted.keys()].filter((name) => before[name] !== undefined);
  const done = fun === 'remove' ? 'removed' : 'purged';
  if (there.length === 0)
    return inOrder(wanted.size === 1 ? `All specified packages are already absent` : 'All specified packages are already absent');
  return {
    predicted: {
      comment: `The following packages will be ${done}: ${names(there)}.`,
      changes: Object.fromEntries(there.map((name) => [name, { new: '', old: before[name] ?? '' }])),
    },
    apply: async () => {
      const changes = (await ctx.call(`pkg.${fun}`, [], { pkgs: there })) as Versions;
      const left = await installed(ctx);
      const stubborn = there.filter((name) => left[name] !== undefined);
      return stubborn.length > 0
        ? failed(`The following packages failed to ${fun}: ${names(stubborn)}.`, changes)
        : inOrder('All targeted packages were removed.'.replace('removed', done), changes);
    },
  };
}

/** Packages, by whatever tool this system uses. */
export default stateModule({
  name: 'pkg',
  doc: 'Packages, by whatever tool this system uses.',
  states: {
    installed: state({
      doc: 'A package that is installed.',
      args: ARGS,
      extra: 'anything',
      check: async (ctx, { name, version, refresh, pkgs }) => await present(ctx, wantedOf(name, version, pkgs), refresh, false),
    }),
    latest: state({
      doc: 'A package in its newest version.',
      args: ARGS,
      extra: 'anything',
      check: async (ctx, { name, refresh, pkgs }) => await present(ctx, wantedOf(name, undefined, pkgs), refresh, true),
    }),
    removed: state({
      doc: 'A package that is not installed.',
      args: ARGS,
      extra: 'anything',
      check: async (ctx, { name, version, pkgs }) => await gone(ctx, wantedOf(name, version, pkgs), 'remove'),
    }),
    purged: state({
      doc: 'A package that is not installed, nor its configuration.',
      args: ARGS,
      extra: 'anything',
      check: async (ctx, { name, version, pkgs }) => await gone(ctx, wantedOf(name, version, pkgs), 'purge'),
    }),
  },
});
