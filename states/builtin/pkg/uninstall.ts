import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { EPOCH, NAME, NORMALIZE, PKGS, VERSION } from './args.ts';
import { fulfills, installedOf, type Versions } from './versions.ts';
import { isGiven, type Kwargs, kwargsOf, normalized, outcomeOf, packages, textOf, type Wanted } from './wanted.ts';

export const UNINSTALL = { name: NAME, version: VERSION, pkgs: PKGS, normalize: NORMALIZE, ignore_epoch: EPOCH } as const;
type Args = ArgsOf<typeof UNINSTALL>;
type Action = 'remove' | 'purge';

const DOING = { remove: 'removing', purge: 'purging' } as const;

/** Packages that are not installed; purged, with nothing of them left. */
export async function uninstalled(ctx: StateCtx, args: Args, action: Action): Promise<Verdict> {
  try {
    return await look(ctx, args, action);
  } catch (error) {
    return outcomeOf(error, `${DOING[action]} package(s)`);
  }
}

async function look(ctx: StateCtx, args: Args, action: Action): Promise<Verdict> {
  const kwargs = kwargsOf(ctx);
  const wanted = await wantedOf(ctx, args);
  if (wanted.size === 0) return failed('Invalidly formatted pkgs parameter. See minion log.');
  const found = await targetsOf(ctx, args, wanted, kwargs);
  if (action === 'remove' && !Array.isArray(found)) return found as Outcome;
  const targets = Array.isArray(found) ? [...(found as string[])] : [];
  if (action === 'purge') {
    const remains = await remainsOf(ctx, kwargs);
    targets.push(...[...wanted.keys()].filter((name) => name in remains));
  }
  targets.sort();
  if (targets.length === 0) return inOrder('None of the targeted packages are installed or partially installed');
  return {
    predicted: {
      comment: `The following packages will be ${action}d: ${targets.join(', ')}.`,
      changes: Object.fromEntries(targets.map((name) => [name, { new: `${action}d`, old: '' }])),
    },
    apply: async () => {
      try {
        return await carryOut(ctx, args, action, { wanted, targets, kwargs });
      } catch (error) {
        return outcomeOf(error, `${DOING[action]} package(s)`);
      }
    },
  };
}

const remainsOf = async (ctx: StateCtx, kwargs: Kwargs): Promise<Versions> => await installedOf(ctx, { ...kwargs, removed: true });
const versionOf = ({ version }: Args): string | null => (isGiven(version) ? textOf(version ?? null) : null);

async function wantedOf(ctx: StateCtx, args: Args): Promise<Wanted> {
  if (isGiven(args.pkgs)) return await packages(ctx, args.pkgs ?? null, args.normalize);
  const names = args.name.split(',');
  const normal = args.normalize ? await Promise.all(names.map((name) => normalized(ctx, name))) : names;
  return new Map(normal.map((name) => [name, versionOf(args)]));
}

/** What of it is installed, in a version as wished; an outcome when there is none. */
async function targetsOf(ctx: StateCtx, args: Args, wanted: Wanted, kwargs: Kwargs): Promise<readonly string[] | Outcome> {
  const there = await installedOf(ctx, kwargs);
  const sought: Wanted = isGiven(args.pkgs) ? wanted : new Map([[await normalized(ctx, args.name), versionOf(args)]]);
  const targets: string[] = [];
  let wished = false;
  for (const [name, wish] of sought) {
    const versions = there[name] ?? [];
    if (versions.length === 0) continue;
    wished ||= wish !== null;
    if (wish === null || (await fulfills(ctx, versions, wish, { ignoreEpoch: args.ignore_epoch }))) targets.push(name);
  }
  if (targets.length > 0) return targets;
  return inOrder(`All specified packages${wished ? ' (matching specified versions)' : ''} are already absent`);
}

interface Removal {
  readonly wanted: Wanted;
  readonly targets: readonly string[];
  readonly kwargs: Kwargs;
}

async function carryOut(ctx: StateCtx, args: Args, action: Action, { wanted, targets, kwargs }: Removal): Promise<Outcome> {
  const what = isGiven(args.pkgs) ? { pkgs: args.pkgs ?? null } : {};
  const version = versionOf(args);
  const given = { ...kwargs, ...what, ...(version === null ? {} : { version }), split_arch: false };
  const changes = (await ctx.call(`pkg.${action}`, [args.name], given)) as Record<string, Returnable>;
  const there = await installedOf(ctx, kwargs);
  const left = [...wanted].flatMap(([name, wish]) => remaining(ctx, name, wish, there[name]));
  if (action === 'purge') {
    const remains = await remainsOf(ctx, kwargs);
    left.push(...[...wanted.keys()].filter((name) => name in remains));
  }
  if (left.length > 0) return failed(`The following packages failed to ${action}: ${left.sort().join(', ')}.`, changes);
  const absent = [...wanted.keys()].filter((name) => !targets.includes(name)).sort();
  if (absent.length === 0) return inOrder(`All targeted packages were ${action}d.`, changes);
  const comment = `The following packages were not installed: ${absent.join(', ')} The following packages were ${action}d: ${targets.join(', ')}.`;
  return inOrder(comment, changes);
}

/** Where several versions of a package may be there, only the one that was to go counts. */
function remaining(ctx: StateCtx, name: string, wish: string | null, versions: readonly string[] | undefined): string[] {
  if (versions === undefined) return [];
  if (!['Suse', 'RedHat'].includes(String(ctx.grains['os_family']))) return [name];
  if (!wish) return [name];
  return versions.includes(wish) ? [`${name}-${wish}`] : [];
}
