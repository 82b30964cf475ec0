import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { EPOCH, FROM, NAME, PKGS, VERSION } from './args.ts';
import { sorted } from './report.ts';
import { fulfills } from './versions.ts';
import { isEmptyList, isGiven, type Kwargs, kwargsOf, outcomeOf, packages, shown, textOf, type Wanted } from './wanted.ts';

export const DOWNLOADED = { name: NAME, version: VERSION, pkgs: PKGS, fromrepo: FROM, ignore_epoch: EPOCH } as const;
type Args = ArgsOf<typeof DOWNLOADED>;

/** Packages whose files are in the package tool's cache. */
export async function downloaded(ctx: StateCtx, args: Args): Promise<Verdict> {
  if (!(await ctx.has('pkg.list_downloaded'))) return failed('The pkg.downloaded state is not available on this platform');
  if (isEmptyList(args.pkgs)) return inOrder('No packages to download provided');
  const { downloadonly: _, saltenv: __, ...kwargs } = kwargsOf(ctx);
  const one = isGiven(args.version) ? { [args.name]: textOf(args.version ?? null) } : args.name;
  const pkgs = isGiven(args.pkgs) ? (args.pkgs ?? null) : [one];
  const targets = await targetsOf(ctx, args, pkgs, kwargs);
  if ('result' in targets) return targets;
  return {
    predicted: { comment: `The following packages would be downloaded: ${[...targets.keys()].join(', ')}`, changes: {} },
    apply: async () => await download(ctx, args, pkgs, targets, kwargs),
  };
}

type Downloads = Readonly<Record<string, Readonly<Record<string, Returnable>>>>;
async function cached(ctx: StateCtx, kwargs: Kwargs): Promise<Record<string, readonly string[]>> {
  const files = (await ctx.call('pkg.list_downloaded', [], kwargs)) as Downloads;
  return Object.fromEntries(Object.entries(files).map(([name, versions]) => [name, Object.keys(versions)]));
}

async function targetsOf(ctx: StateCtx, args: Args, pkgs: Returnable, kwargs: Kwargs): Promise<Wanted | Outcome> {
  const there = await cached(ctx, kwargs);
  const wanted = await packages(ctx, pkgs, true);
  if (wanted.size === 0) return failed('Invalidly formatted pkgs parameter. See minion log.');
  const targets = new Map<string, string | null>();
  let wished = false;
  for (const [name, wish] of wanted) {
    const versions = there[name];
    if (versions !== undefined && wish) wished = true;
    const right = versions !== undefined && (!wish || (await fulfills(ctx, versions, wish, { ignoreEpoch: args.ignore_epoch })));
    if (!right) targets.set(name, wish);
  }
  if (targets.size > 0) return targets;
  return inOrder(`All specified packages${wished ? ' (matching specified versions)' : ''} are already downloaded`);
}

async function download(ctx: StateCtx, args: Args, pkgs: Returnable, targets: Wanted, kwargs: Kwargs): Promise<Outcome> {
  const { fromrepo, ignore_epoch } = args;
  const options = { ...(fromrepo === undefined ? {} : { fromrepo }), ...(ignore_epoch === undefined ? {} : { ignore_epoch }) };
  let changes: Record<string, Returnable>;
  try {
    changes = (await ctx.call('pkg.install', [args.name], { ...kwargs, ...options, pkgs, downloadonly: true })) as typeof changes;
  } catch (error) {
    if (error instanceof CommandFailed) return outcomeOf(error, 'downloading package(s)');
    throw error;
  }
  const { wrong } = await sorted(ctx, targets, await cached(ctx, kwargs), ignore_epoch);
  if (wrong.length > 0)
    return failed(`The following packages failed to download: ${wrong.map((name) => shown(name, targets)).join(', ')}`, changes);
  return inOrder(Object.keys(changes).length > 0 ? '' : `Packages downloaded: ${[...targets.keys()].join(', ')}`, changes);
}
