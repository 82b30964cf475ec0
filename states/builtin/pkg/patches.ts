import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { NAME } from './args.ts';
import { isEmptyList, isGiven, type Kwargs, kwargsOf, outcomeOf } from './wanted.ts';

export const PATCHES = {
  name: { ...NAME, doc: 'an advisory' },
  advisory_ids: { type: 'list', doc: 'several advisories' },
} as const;
type Args = ArgsOf<typeof PATCHES>;

/** Patches of advisories that are installed, or downloaded. Only package tools that know advisories can. */
export async function patched(ctx: StateCtx, { name, advisory_ids }: Args, only: 'installed' | 'downloaded'): Promise<Verdict> {
  if (!(await ctx.has('pkg.list_patches'))) return failed(`The pkg.patch_${only} state is not available on this platform`);
  if (isEmptyList(advisory_ids)) return inOrder('No advisory ids provided');
  const { saltenv: _, downloadonly: asked, ...kwargs } = kwargsOf(ctx);
  const there = (await ctx.call('pkg.list_installed_patches', [], kwargs)) as Kwargs;
  if (advisory_ids === undefined && isGiven(there[name])) return inOrder(`Advisory patch ${name} is already installed`);
  const targets = (advisory_ids ?? [name]).map(String).filter((patch) => !isGiven(there[patch]));
  if (targets.length === 0) return inOrder('All specified advisory patches are already installed');
  const downloadonly = only === 'downloaded' || asked === true;
  const given = { ...kwargs, downloadonly, ...(advisory_ids === undefined ? {} : { advisory_ids }) };
  return {
    predicted: { comment: `The following advisory patches would be downloaded: ${targets.join(', ')}`, changes: {} },
    apply: async () => await fetchPatches(ctx, name, given, downloadonly),
  };
}

async function fetchPatches(ctx: StateCtx, name: string, given: Kwargs, downloadonly: boolean): Promise<Outcome> {
  try {
    const changes = (await ctx.call('pkg.install', [name], given)) as Record<string, Returnable>;
    const done = downloadonly ? 'downloaded' : 'installed';
    return inOrder(Object.keys(changes).length > 0 ? '' : `Advisory patch is not needed or related packages are already ${done}`, changes);
  } catch (error) {
    return outcomeOf(error, 'downloading package(s)');
  }
}
