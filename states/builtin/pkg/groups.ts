import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { NAME } from './args.ts';
import { type Kwargs, kwargsOf, outcomeOf, textOf } from './wanted.ts';

export const GROUP = {
  name: { ...NAME, doc: 'the group' },
  skip: { type: 'any', doc: 'packages of the group that need not be there' },
  include: { type: 'any', doc: 'optional packages of the group that are to be there too' },
} as const;
type Args = ArgsOf<typeof GROUP>;

interface Part {
  readonly installed: readonly string[];
  readonly 'not installed': readonly string[];
}
type Diff = Readonly<Record<'mandatory' | 'default' | 'optional', Part>>;

/** A group of packages that is installed. Only package tools that know groups can. */
export async function groupInstalled(ctx: StateCtx, { name, skip = [], include = [] }: Args): Promise<Verdict> {
  if (!(await ctx.has('pkg.group_diff'))) return failed('pkg.group_install not available for this platform');
  if (!Array.isArray(skip)) return failed('skip must be formatted as a list');
  if (!Array.isArray(include)) return failed('include must be formatted as a list');
  const [skipped, included] = [skip, include].map((list) => (list as readonly Returnable[]).map(textOf)) as [string[], string[]];
  const { saltenv: _, ...kwargs } = kwargsOf(ctx);
  let diff: Diff;
  try {
    diff = (await ctx.call('pkg.group_diff', [name], kwargs)) as unknown as Diff;
  } catch (error) {
    if (error instanceof CommandFailed)
      return failed(`An error was encountered while installing/updating group '${name}': ${error.message}.`);
    throw error;
  }
  const mandatory = diff.mandatory['not installed'];
  const invalid = [...diff.mandatory.installed, ...mandatory].filter((one) => skipped.includes(one));
  if (invalid.length > 0) return failed(`The following mandatory packages cannot be skipped: ${invalid.join(', ')}`);
  const targets = [...mandatory, ...diff.default['not installed'].filter((one) => !skipped.includes(one)), ...included];
  if (targets.length === 0) return inOrder(`Group '${name}' is already installed`);
  const partly = [diff.mandatory, diff.default, diff.optional].some(({ installed }) => installed.length > 0);
  return {
    predicted: { comment: `Group '${name}' ${partly ? 'is partially installed and will be updated' : 'will be installed'}`, changes: {} },
    apply: async () => {
      const outcome = await install(ctx, name, targets, [...mandatory, ...included], kwargs);
      return outcome.comment === '' ? { ...outcome, comment: `Group '${name}' was ${partly ? 'updated' : 'installed'}` } : outcome;
    },
  };
}

/** What is not mandatory may be missing: no repository may have it for this architecture. */
async function install(
  ctx: StateCtx,
  name: string,
  pkgs: readonly string[],
  required: readonly string[],
  kwargs: Kwargs,
): Promise<Outcome> {
  try {
    const changes = (await ctx.call('pkg.install', [], { ...kwargs, pkgs })) as Kwargs;
    const there = (await ctx.call('pkg.list_pkgs', [], kwargs)) as Kwargs;
    const missing = required.filter((one) => !(one in there));
    return missing.length > 0 ? failed(`Failed to install the following packages: ${missing.join(', ')}`, changes) : inOrder('', changes);
  } catch (error) {
    return outcomeOf(error, `installing/updating group '${name}'`);
  }
}
