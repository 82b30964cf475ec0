import type { Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { shown } from '../file/cached.ts';
import { isCommit, type Wanted } from './latest_args.ts';
import { changesBranch, headStays, isAncestor, isFailure, notFastForward, type Situation, upToDate } from './latest_look.ts';
import { fail, type Repository, reason, sentence } from './repository.ts';

/** What was done so far. */
interface Progress {
  readonly comments: string[];
  readonly changes: Record<string, Returnable>;
  readonly warnings: string[];
}

/** Brings a repository to what is wanted. */
export async function update(ctx: StateCtx, situation: Situation): Promise<Outcome> {
  const done: Progress = { comments: [], changes: {}, warnings: [] };
  const outcome = await steps(ctx, situation, done);
  return done.warnings.length > 0 ? { ...outcome, warnings: done.warnings } : outcome;
}

async function steps(ctx: StateCtx, situation: Situation, done: Progress): Promise<Outcome> {
  const { wanted, repository, localRev } = situation;
  const { comments, changes } = done;
  try {
    const ended = wanted.commit !== undefined ? await work(situation, done) : wanted.bare ? await fetchBare(situation, done) : undefined;
    if (ended !== undefined) return ended;
  } catch (error) {
    if (isFailure(error)) return fail(reason(error), comments, changes);
    throw error;
  }
  const rev = await repository.revision();
  if (!wanted.bare && !isCommit(rev, wanted)) return fail('Failed to update repository', comments, changes);
  if (localRev === rev) return upToDate(ctx, wanted.target, comments, changes);
  return inOrder(sentence(comments), { ...changes, revision: { old: localRev ?? null, new: rev ?? null } });
}

async function work(situation: Situation, done: Progress): Promise<Outcome | undefined> {
  const { wanted, repository, localBranch, hasChanges } = situation;
  const { comments, changes } = done;
  await setRemote(situation, done);
  const tracking = settable(situation);
  if (tracking !== undefined && localBranch === undefined) return fail(NO_BRANCH, comments, changes);
  const sameTags = await syncTags(situation, done);
  let { fastForward } = situation;
  if (!situation.hasCommit || !sameTags) {
    const fetched = await fetchWork(situation, done);
    if (typeof fetched !== 'boolean') return fetched;
    fastForward = fetched;
  }
  if (changesBranch(situation)) {
    if (hasChanges && !wanted.args.force_checkout)
      return fail(
        `Local branch '${localBranch}' has uncommitted changes. Set 'force_checkout' to True to discard them and proceed.`,
        comments,
        changes,
      );
    await switchBranch(situation, comments);
  }
  await reset(situation, fastForward, done);
  if (tracking !== undefined) {
    await repository.run('branch', [], { opts: trackingOptions(wanted) });
    comments.push(tracking);
  }
  const ended = fastForward === true && !isCommit(situation.baseRev, wanted) ? await merge(situation, done) : undefined;
  return ended ?? (wanted.args.submodules ? updateSubmodules(repository, done) : undefined);
}

/** As `trackingOf`; a branch that is only now made is told by git itself what it tracks. */
function settable({ wanted, branches, upstream }: Situation): string | undefined {
  const isNew = wanted.branch !== undefined && !branches.includes(wanted.branch);
  return isNew && wanted.upstream ? undefined : trackingOf(upstream, wanted);
}

const NO_BRANCH =
  'Cannot set/unset upstream tracking branch, local HEAD refers to nonexistent branch. This may have been caused by cloning a remote ' +
  'repository for which the default branch was renamed or deleted. If you are unable to fix the remote repository, you can work around ' +
  "this by setting the 'branch' argument (which will ensure that the named branch is created if it does not already exist).";

async function setRemote({ wanted, repository, fetchUrl }: Situation, { comments, changes }: Progress): Promise<void> {
  if (wanted.url === fetchUrl) return;
  const { name, https_user, https_pass } = wanted.args;
  await repository.run('remote_set', [name], { remote: wanted.remote, https_user, https_pass });
  if (fetchUrl === undefined) changes['new'] = `${name} => ${wanted.remote}`;
  comments.push(
    fetchUrl === undefined
      ? `Remote '${wanted.remote}' set to ${shown(wanted.url)}`
      : `Remote '${wanted.remote}' changed from ${shown(fetchUrl)} to ${shown(wanted.url)}`,
  );
}

/** What is to become of the tracking branch; undefined when it stays. */
export function trackingOf(upstream: string | undefined, wanted: Wanted): string | undefined {
  if (upstream === undefined && wanted.upstream) return `Tracking branch was set to ${wanted.upstream}`;
  if (upstream !== undefined && wanted.upstream === false) return 'Tracking branch was unset';
  return wanted.upstream && upstream !== wanted.upstream ? `Tracking branch was updated to ${wanted.upstream}` : undefined;
}

export const trackingOptions = ({ upstream }: Wanted): string[] => (upstream ? ['--set-upstream-to', upstream] : ['--unset-upstream']);

/** Removes tags that the remote has no longer; whether it has no others. */
async function syncTags({ wanted, repository, tags }: Situation, { comments, changes, warnings }: Progress): Promise<boolean> {
  const refs = await repository.reach('ls_remote', [], { remote: wanted.remote, opts: '--tags', ignore_retcode: true });
  const remote = Object.keys(refs as object)
    .filter((ref) => !ref.includes('^{}'))
    .map((ref) => ref.replace('refs/tags/', ''));
  const added = remote.filter((tag) => !tags.includes(tag));
  const gone = tags.filter((tag) => !remote.includes(tag));
  if (added.length > 0) changes['new_tags'] = added;
  const deleted: string[] = [];
  for (const tag of wanted.args.sync_tags ? gone : []) {
    try {
      await repository.run('tag', [tag], { opts: '-d' });
      deleted.push(tag);
    } catch (error) {
      if (!isFailure(error)) throw error;
      warnings.push(`Failed to remove local tag '${tag}':\n\n${error.message}\n\n`);
    }
  }
  if (deleted.length > 0) {
    changes['deleted_tags'] = deleted;
    comments.push(`The following tags were removed from the local checkout: ${deleted.join(', ')}`);
  }
  return added.length === 0 && gone.length === 0;
}

const fetch = ({ wanted, repository }: Situation): Promise<Returnable> =>
  repository.reach('fetch', [], { remote: wanted.remote, force: wanted.args.force_fetch, refspecs: wanted.refspecs });

const failedFetch = (error: Error, { comments, changes }: Progress): Outcome =>
  fail(
    "Fetch failed. Set 'force_fetch' to True to force the fetch if the failure was due to not being able to fast-forward. Output of the " +
      `fetch command follows:\n\n${reason(error)}`,
    comments,
    changes,
  );

const isEmpty = (value: Returnable): boolean => typeof value !== 'object' || value === null || Object.keys(value).length === 0;

async function fetchBare(situation: Situation, done: Progress): Promise<Outcome | undefined> {
  try {
    const fetched = await fetch(situation);
    done.comments.push(`Bare repository at ${situation.wanted.target} was fetched${isEmpty(fetched) ? '' : ', resulting in updated refs'}`);
    return undefined;
  } catch (error) {
    if (isFailure(error)) return failedFetch(error, done);
    throw error;
  }
}

/** Fetches, and tells whether the commit is a fast-forward, or how the state ends here. */
async function fetchWork(situation: Situation, done: Progress): Promise<boolean | Outcome> {
  const { wanted, repository, isThere, baseRev, hasChanges } = situation;
  const { args, rev, commit } = wanted;
  try {
    if (!isEmpty(await fetch(situation))) done.comments.push(`${args.name} was fetched, resulting in updated refs`);
  } catch (error) {
    if (isFailure(error)) return failedFetch(error, done);
    throw error;
  }
  try {
    await repository.run('rev_parse', [`${commit}^{commit}`], { ignore_retcode: true });
  } catch (error) {
    if (isFailure(error))
      return fail(`Fetch did not successfully retrieve rev '${rev}' from ${args.name}: ${error.message}`, [], done.changes);
    throw error;
  }
  if (!isThere && !args.update_head && !changesBranch(situation)) return inOrder(headStays(situation), done.changes);
  const fastForward = await isAncestor(repository, baseRev, commit);
  if (args.force_reset === false && (!fastForward || hasChanges))
    return { ...notFastForward(situation, done.comments), changes: done.changes };
  return fastForward;
}

async function switchBranch({ wanted, repository, branches }: Situation, comments: string[]): Promise<void> {
  const { branch = '', rev, commit, upstream, place, args } = wanted;
  const isNew = !branches.includes(branch);
  const start = !isNew ? branch : rev === 'HEAD' ? (commit ?? '') : upstream || rev;
  await repository.run('checkout', [start], { force: args.force_checkout, opts: isNew ? ['-b', branch] : [] });
  comments.push(isNew ? `New branch '${branch}' was checked out, with ${place} as a starting point` : `'${start}' was checked out`);
}

async function reset(
  { wanted, repository, hasChanges }: Situation,
  fastForward: boolean | undefined,
  { comments, changes }: Progress,
): Promise<void> {
  if (fastForward === false) {
    await repository.run('reset', [], { opts: ['--hard', wanted.commit ?? ''] });
    changes['forced update'] = true;
    if (hasChanges) comments.push('Uncommitted changes were discarded');
    comments.push(`Repository was hard-reset to ${wanted.place}`);
  } else if (fastForward === true && hasChanges && wanted.args.force_reset !== false) {
    await repository.run('discard_local_changes');
    comments.push('Uncommitted changes were discarded');
  }
}

async function merge({ wanted, repository }: Situation, { comments, changes }: Progress): Promise<Outcome | undefined> {
  const { upstream, rev, commit = '', place } = wanted;
  if (!upstream && rev !== 'HEAD') {
    await repository.run('reset', [], { opts: ['--hard', rev] });
    comments.push(`Repository was reset to ${rev} (fast-forward)`);
    return undefined;
  }
  if (!(await repository.ask('symbolic_ref', ['HEAD'], { opts: ['--quiet'] })))
    return fail('Unable to fast-forward, HEAD is detached', comments, changes);
  await repository.run('merge', [], { rev: commit, opts: ['--ff-only'] });
  comments.push(`Repository was fast-forwarded to ${place}`);
  return undefined;
}

/** Updates submodules; tells how that failed. */
export async function updateSubmodules(
  repository: Repository,
  { comments, changes }: Pick<Progress, 'comments' | 'changes'>,
): Promise<Outcome | undefined> {
  try {
    await repository.reach('submodule', ['update'], { opts: ['--init', '--recursive'] });
    return undefined;
  } catch (error) {
    if (isFailure(error)) return fail(`Failed to update submodules: ${reason(error)}`, comments, changes);
    throw error;
  }
}
