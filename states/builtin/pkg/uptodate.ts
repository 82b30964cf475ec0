import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { CommandFailed, PartlyDone } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { NAME, PKGS } from './args.ts';
import { type Kwargs, kwargsOf } from './wanted.ts';

export const UPTODATE = {
  name: { ...NAME, doc: 'any name' },
  refresh: { type: 'any', default: false, doc: 'fetch the package lists first' },
  pkgs: { ...PKGS, doc: 'only these packages' },
} as const;
type Args = ArgsOf<typeof UPTODATE>;

/** All packages in their newest version. */
export async function uptodate(ctx: StateCtx, { refresh, pkgs }: Args): Promise<Verdict> {
  if (!(await ctx.has('pkg.list_upgrades'))) return failed('State pkg.uptodate is not available');
  if (typeof refresh !== 'boolean') return failed('refresh must be either True or False');
  const { saltenv: _, ...kwargs } = kwargsOf(ctx);
  let expected: Record<string, Returnable>;
  try {
    expected = await expectedOf(ctx, refresh, pkgs, kwargs);
  } catch (error) {
    return failed(messageOf(error));
  }
  if (Object.keys(expected).length === 0) return inOrder('System is already up-to-date');
  return {
    predicted: { comment: 'System update will be performed', changes: expected },
    apply: async () => await upgrade(ctx, expected, { ...kwargs, refresh, ...(pkgs === undefined ? {} : { pkgs }) }),
  };
}

async function expectedOf(
  ctx: StateCtx,
  refresh: boolean,
  pkgs: Returnable | undefined,
  kwargs: Kwargs,
): Promise<Record<string, Returnable>> {
  const upgrades = (await ctx.call('pkg.list_upgrades', [], { ...kwargs, refresh })) as Kwargs;
  const expected: Record<string, Returnable> = {};
  for (const [name, version] of Object.entries(upgrades)) {
    if (Array.isArray(pkgs) && !pkgs.includes(name)) continue;
    expected[name] = { new: version, old: await ctx.call('pkg.version', [name], kwargs) };
  }
  return expected;
}

async function upgrade(ctx: StateCtx, expected: Kwargs, given: Kwargs): Promise<Outcome> {
  try {
    const changes = (await ctx.call('pkg.upgrade', [], given)) as Kwargs;
    const missing = Array.isArray(given['pkgs']) ? Object.keys(expected).filter((name) => !(name in changes)) : [];
    if (missing.length > 0) return failed(`The following package(s) failed to update: ${missing.join(', ')}`, changes);
    return inOrder('Upgrade ran successfully', changes);
  } catch (error) {
    if (error instanceof PartlyDone) return failed(error.brief, error.changes);
    if (error instanceof CommandFailed) return failed(`An error was encountered while updating packages: ${error.message}`);
    throw error;
  }
}
