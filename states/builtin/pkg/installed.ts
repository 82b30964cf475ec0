import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import type { InstalledArgs } from './args.ts';
import { foresee } from './foresee.ts';
import { holdsOf, withHolds } from './holds.ts';
import { report } from './report.ts';
import { type Asked, type Targets, targetsOf } from './targets.ts';
import { verifyingOf } from './verify.ts';
import { asList, isEmptyList, isGiven, kwargsOf, outcomeOf, refreshed, refreshes, textOf } from './wanted.ts';

/** Packages that are installed, as wished. */
export async function installed(ctx: StateCtx, args: InstalledArgs): Promise<Verdict> {
  if (isEmptyList(args.pkgs)) return inOrder('No packages to install provided');
  const { verify, ...asked } = askedFor(ctx, args);
  if (verify && !(await ctx.has('pkg.verify'))) return failed('pkg.verify not implemented');
  const targets = await targetsOf(ctx, asked);
  if ('result' in targets) return args.hold === undefined || !(await ctx.has('pkg.hold')) ? targets : await holding(ctx, asked, targets);
  if (targets.unpurge.length > 0 && !(await ctx.has('lowpkg.unpurge')))
    return { ...failed('lowpkg.unpurge not implemented'), warnings: targets.warnings };
  return { predicted: await foresee(ctx, asked, targets), apply: async () => await install(ctx, asked, targets) };
}

/** What is asked for; one name is a list of it. */
function askedFor(ctx: StateCtx, args: InstalledArgs): Asked & { readonly verify: boolean } {
  const { name, version, sources = null } = args;
  const several = isGiven(args.pkgs) || isGiven(sources);
  const one = isGiven(version) ? { [name]: textOf(version ?? null) } : name;
  return {
    args,
    pkgs: several ? (args.pkgs ?? null) : [one],
    sources,
    kwargs: { ...kwargsOf(ctx), allow_updates: args.allow_updates },
    verifying: verifyingOf(args.pkg_verify),
    verify: args.pkg_verify === true || Array.isArray(args.pkg_verify),
    refresh: refreshes(ctx, args.refresh),
  };
}

/** All is installed, and is to be held or let go. */
async function holding(ctx: StateCtx, { args, pkgs, sources }: Asked, outcome: Outcome): Promise<Verdict> {
  const act = async (test: boolean): Promise<Outcome> => {
    try {
      const kwargs = { name: args.name, pkgs, sources, ...(test ? { test } : {}) };
      return withHolds(outcome, holdsOf(await ctx.call(args.hold === true ? 'pkg.hold' : 'pkg.unhold', [], kwargs)));
    } catch (error) {
      if (error instanceof CommandFailed) return failed(error.message);
      throw error;
    }
  };
  return { predicted: ctx.testing ? await act(true) : outcome, apply: async () => await act(false) };
}

async function install(ctx: StateCtx, asked: Asked, targets: Targets): Promise<Outcome> {
  const changes: Record<string, Returnable> = {};
  const comments: string[] = [];
  const warned = (outcome: Outcome): Outcome => ({ ...outcome, warnings: targets.warnings });
  if (targets.install.size > 0 || targets.again.size > 0) {
    try {
      const answer = await ctx.call('pkg.install', [], installation(asked, targets));
      if (typeof answer === 'string') comments.push(answer);
      else Object.assign(changes, answer);
    } catch (error) {
      return warned(outcomeOf(error, 'installing package(s)'));
    }
    if (asked.refresh) refreshed(ctx);
  }
  const reinstalled = Object.keys(changes);
  const { hold } = asked.args;
  let holds = holdsOf({});
  if (hold !== undefined && (await ctx.has('pkg.hold'))) {
    try {
      holds = holdsOf(await ctx.call(hold ? 'pkg.hold' : 'pkg.unhold', [], { name: asked.args.name, pkgs: [...targets.wanted.keys()] }));
    } catch (error) {
      if (error instanceof CommandFailed) return warned(failed([...comments, error.message].join('\n'), changes));
      throw error;
    }
  }
  if (targets.unpurge.length > 0) changes['purge_desired'] = await ctx.call('lowpkg.unpurge', targets.unpurge);
  return warned(await report(ctx, asked, targets, { changes, comments, holds, reinstalled }));
}

function installation({ args, pkgs, sources, kwargs, refresh }: Asked, targets: Targets): Record<string, Returnable> {
  const chosen = (item: Returnable): boolean => {
    const [name = ''] = Object.keys(item as object);
    return targets.install.has(name) || targets.again.has(name);
  };
  const what = targets.fromFiles
    ? { sources: (sources as readonly Returnable[]).filter(chosen) }
    : { pkgs: [...asList(targets.install), ...asList(targets.again)] };
  return {
    ...kwargs,
    ...(isGiven(pkgs) || targets.fromFiles ? what : {}),
    ...(args.hold === undefined ? {} : { hold: args.hold }),
    ...(args.fromrepo === undefined ? {} : { fromrepo: args.fromrepo }),
    ...(args.ignore_epoch === undefined ? {} : { ignore_epoch: args.ignore_epoch }),
    refresh: refresh && !targets.refreshed,
    skip_verify: args.skip_verify,
    reinstall: targets.again.size > 0,
    normalize: args.normalize,
    update_holds: args.update_holds,
    split_arch: false,
  };
}
