import { CommandFailed } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { isCommit, type Wanted } from './latest_args.ts';
import { fail, type Repository, sentence, short } from './repository.ts';

/** How a repository stands to what is wanted. */
export interface Situation {
  readonly wanted: Wanted;
  readonly repository: Repository;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly localRev: string | undefined;
  readonly localBranch: string | undefined;
  /** The commit that is to move, and its branch. */
  readonly baseRev: string | undefined;
  readonly baseBranch: string | undefined;
  readonly isThere: boolean;
  readonly hasChanges: boolean;
  readonly hasCommit: boolean;
  /** Undefined when only a fetch can tell. */
  readonly fastForward: boolean | undefined;
  readonly upstream: string | undefined;
  readonly fetchUrl: string | undefined;
}

export const changesBranch = ({ wanted, localBranch }: Situation): boolean => wanted.branch !== undefined && wanted.branch !== localBranch;

/** The repository is as it should be, or nearly. */
export function upToDate(
  ctx: StateCtx,
  target: string,
  comments: readonly string[],
  changes: Outcome['changes'] = {},
  dirty = false,
): Outcome {
  const but = dirty ? ", but with uncommitted changes. Set 'force_reset' to True to purge uncommitted changes." : '';
  const told = comments.length === 0 ? '' : `\n\nChanges ${ctx.testing ? 'that would be ' : ''}made: ${sentence(comments)}`;
  return inOrder(`Repository ${target} is up-to-date${but}${told}`, changes);
}

export async function lookAt(ctx: StateCtx, wanted: Wanted, repository: Repository): Promise<Situation | Outcome> {
  const { bare, branch, commit, args } = wanted;
  const [branches, tags] = [await repository.list('list_branches'), await repository.list('list_tags')];
  const localRev = await repository.revision();
  const localBranch = await repository.ask('current_branch');
  if (!bare && commit === undefined && localRev !== undefined)
    return fail('Remote repository is empty, cannot update from a non-empty to an empty repository');
  const switches = branch !== undefined && branch !== localBranch;
  const isKnown = branch !== undefined && branches.includes(branch);
  const baseRev = !switches ? localRev : isKnown ? await repository.ask('rev_parse', [`${branch}^{commit}`]) : commit;
  if (switches && isKnown && baseRev === undefined) return fail(`Unable to get position of local branch '${branch}'`);
  const baseBranch = switches && isKnown ? branch : localBranch;
  const isThere = isCommit(localRev, wanted);
  const hasChanges = !bare && Boolean(await repository.ask('diff', ['HEAD'], { ignore_retcode: undefined }));
  if (hasChanges && isThere && args.force_reset !== true) return upToDate(ctx, wanted.target, [], {}, true);
  const remotes = await repository.remotes();
  const hasCommit = await hasIt(wanted, repository, { baseRev, tags, hasRemote: wanted.remote in remotes });
  if (typeof hasCommit !== 'boolean') return hasCommit;
  const seen = { wanted, repository, branches, tags, localRev, localBranch, baseRev, baseBranch, isThere, hasChanges, hasCommit };
  if (hasCommit && !isThere && !args.update_head && !switches) return inOrder(headStays(seen));
  const fastForward = await forward(seen);
  if (fastForward === false && args.force_reset === false) return notFastForward(seen);
  const upstream =
    baseBranch === undefined ? undefined : await repository.ask('rev_parse', [`${baseBranch}@{upstream}`], { opts: ['--abbrev-ref'] });
  return { ...seen, fastForward, upstream, fetchUrl: remotes[wanted.remote]?.fetch };
}

type Seen = Omit<Situation, 'fastForward' | 'upstream' | 'fetchUrl'>;

export const headStays = ({ wanted, localRev }: Seen): string =>
  `${wanted.rev === 'HEAD' ? `Remote head (${short(wanted.commit)})` : wanted.place} is already present and local HEAD (${short(localRev)}) does ` +
  'not match, but update_head=False. HEAD has not been updated locally.';

interface Known {
  readonly baseRev: string | undefined;
  readonly tags: readonly string[];
  readonly hasRemote: boolean;
}

/** Whether the commit is here already, and known by the name that is asked for. */
async function hasIt(wanted: Wanted, repository: Repository, known: Known): Promise<boolean | Outcome> {
  const { commit, type, rev, upstream, args } = wanted;
  if (commit === undefined) return false;
  if (type === 'sha1' && known.baseRev?.startsWith(commit)) return true;
  if ((await repository.ask('rev_parse', [`${commit}^{commit}`])) === undefined) return false;
  if (type === 'sha1') return true;
  if (type === 'branch') return known.hasRemote && (await repository.ask('rev_parse', [String(upstream)])) === commit;
  if (!known.tags.includes(rev)) return false;
  const local = await repository.ask('rev_parse', [`${rev}^{commit}`]);
  if (local === commit) return true;
  return args.force_reset
    ? false
    : fail(
        `'${rev}' is a tag, but the remote SHA1 for this tag (${short(commit)}) doesn't match the local SHA1 (${short(local)}). Set ` +
          "'force_reset' to True to force this update.",
      );
}

async function forward({ wanted, repository, hasChanges, hasCommit, baseRev }: Seen): Promise<boolean | undefined> {
  if (hasChanges && wanted.args.force_reset !== 'remote-changes') return false;
  return hasCommit ? isAncestor(repository, baseRev, wanted.commit) : undefined;
}

export async function isAncestor(repository: Repository, base: string | undefined, commit: string | undefined): Promise<boolean> {
  if (base === undefined) return true;
  const refs = [base, commit ?? ''];
  return (await repository.run('merge_base', [], { refs, is_ancestor: true, ignore_retcode: true })) === true;
}

export function notFastForward(seen: Seen, comments: readonly string[] = []): Outcome {
  const { wanted, hasChanges, localBranch } = seen;
  const [pre, post] = [short(seen.baseRev), short(wanted.commit)];
  const from = hasChanges && pre !== post ? `from ${pre} to ${post}` : `to ${post}`;
  const switches = wanted.branch !== undefined && wanted.branch !== localBranch;
  return fail(
    `Repository would be updated ${from}${switches ? ` (after checking out local branch '${wanted.branch}')` : ''}, but ` +
      `${hasChanges ? 'there are uncommitted changes' : 'this is not a fast-forward merge'}. Set 'force_reset' to True` +
      `${hasChanges ? " (or 'remote-changes')" : ''} to force this update${hasChanges ? ' and discard these changes' : ''}.${branchHint(seen)}`,
    comments,
  );
}

function branchHint({ wanted: { branch, rev, defaultBranch }, localBranch }: Seen): string {
  const local = localBranch ?? 'None';
  if (branch !== undefined) return '';
  if (rev !== 'HEAD')
    return local === rev
      ? ''
      : ` The desired rev (${rev}) differs from the name of the local branch (${local}), if the desired rev is a branch name then a ` +
          `forced update could possibly be avoided by setting the 'branch' argument to '${rev}' instead.`;
  return defaultBranch === undefined || local === defaultBranch
    ? ''
    : ` The default remote branch (${defaultBranch}) differs from the local branch (${local}). This could be caused by changing the ` +
        'default remote branch, or if the local branch was manually changed. Rather than forcing an update, it may be advisable to ' +
        `set the 'branch' argument to '${defaultBranch}' instead. To ensure that this state follows the '${defaultBranch}' branch ` +
        `instead of the remote HEAD, set the 'rev' argument to '${defaultBranch}'.`;
}

/** What a failure within a repository ends with. */
export const isFailure = (error: unknown): error is CommandFailed => error instanceof CommandFailed;
