import type { ArgsOf } from '../../../modules/define.ts';
import { CommandFailed } from '../../../modules/define.ts';
import { expandedRepo } from '../../../modules/exec/pkg/apt/expand.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { family, isDebian, type Repo, repoOf, withoutSlash } from './words.ts';

export const ABSENT = {
  name: { type: 'string', required: true, doc: 'on Debian the whole entry, as in a .list file; elsewhere the id of the repository' },
  ppa: { type: 'string', doc: 'a PPA of Ubuntu: `owner/name`' },
  copr: { type: 'string', doc: 'a project of Copr' },
} as const;
type Args = ArgsOf<typeof ABSENT>;

/** A repository that is not configured, nor (given `keyid` or `keyid_ppa`) its key. */
export async function absent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const name = nameOf(ctx, args);
  const repo = isDebian(ctx) ? withoutSlash(name) : name;
  const withKey = ['keyid', 'keyid_ppa'].some((key) => (ctx.extra[key] ?? null) !== null);
  if (withKey && !(await ctx.has('pkg.del_repo_key'))) return failed('Repo key management is not implemented for this platform');
  let found: Repo | undefined;
  try {
    found = await repoOf(ctx, repo, ctx.extra);
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Failed to configure repo '${name}': ${error.message}`);
    throw error;
  }
  if (found === undefined || (isDebian(ctx) && !sameArchitectures(ctx, repo, found))) return inOrder(`Package repo ${name} is absent`);
  return {
    predicted: {
      comment: `Package repo '${name}' will be removed. This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories.`,
      changes: {},
    },
    apply: async () => await remove(ctx, name, repo, withKey),
  };
}

function nameOf(ctx: StateCtx, { name, ppa, copr }: Args): string {
  const prefixed = (kind: string, text: string): string => (text.startsWith(`${kind}:`) ? text : `${kind}:${text}`);
  if (ppa !== undefined && ['Ubuntu', 'Mint'].includes(String(ctx.grains['os']))) return prefixed('ppa', ppa);
  return copr !== undefined && family(ctx) === 'RedHat' ? prefixed('copr', copr) : name;
}

/** A repository is found whatever its architectures; one of others is not meant. */
function sameArchitectures(ctx: StateCtx, repo: string, found: Repo): boolean {
  const setOf = (value: unknown): string => JSON.stringify([...new Set(value as readonly string[])].sort());
  return setOf(expandedRepo(ctx, repo, {})['architectures']) === setOf(found['architectures'] ?? []);
}

async function remove(ctx: StateCtx, name: string, repo: string, withKey: boolean): Promise<Outcome> {
  try {
    await ctx.call('pkg.del_repo', [repo], ctx.extra);
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
  if (Object.hasOwn((await ctx.call('pkg.list_repos')) as object, repo)) return failed(`Failed to remove repo ${name}`);
  const [comment, changes] = [`Removed repo ${name}`, { repo: name }];
  if (!withKey) return inOrder(comment, changes);
  try {
    const keyid = await ctx.call('pkg.del_repo_key', [repo], ctx.extra);
    return inOrder(`${comment}, and keyid ${String(keyid)}`, { ...changes, keyid });
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`${comment}, but failed to remove key: ${error.message}`, changes);
    throw error;
  }
}
