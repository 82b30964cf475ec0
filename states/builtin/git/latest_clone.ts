import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type Verdict } from '../../define.ts';
import { isCommit, type Wanted } from './latest_args.ts';
import { isFailure } from './latest_look.ts';
import { trackingOf, trackingOptions, updateSubmodules } from './latest_update.ts';
import { fail, type Repository, reason, sentence, wouldBe } from './repository.ts';

/** A repository that is not there yet. */
export function cloning(wanted: Wanted, repository: Repository): Verdict {
  const { args, target } = wanted;
  const isThere = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  const holds = isThere ? readdirSync(target) : [];
  if (holds.length > 0 && !args.force_clone)
    return fail(
      `Target '${target}' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this ` +
        "directory's contents and proceed with cloning the remote repository",
    );
  const forced = isThere && args.force_clone;
  const changes = { ...(forced ? { 'forced clone': true } : {}), new: `${args.name} => ${target}` };
  const comment = forced
    ? `Target directory ${target} exists. Since force_clone=True, the contents of ${target} would be deleted, and ${args.name} would be ` +
      'cloned into this directory.'
    : `Repository ${args.name} would be cloned to ${target}`;
  return { predicted: wouldBe(comment, changes), apply: () => clone(wanted, repository, forced ? holds : [], forced) };
}

async function clone(wanted: Wanted, repository: Repository, remove: readonly string[], forced: boolean): Promise<Outcome> {
  const { args, target, bare } = wanted;
  const errors = remove.flatMap((name) => unremovable(join(target, name)));
  if (errors.length > 0) return fail(`Unable to remove\n${errors.join('\n')}`);
  const comments: string[] = [];
  const changes: Record<string, Returnable> = forced ? { 'forced clone': true } : {};
  try {
    await repository.reach('clone', [args.name], { opts: cloneOptions(wanted) }, true);
  } catch (error) {
    if (isFailure(error)) return fail(`Clone failed: ${reason(error)}`, comments, changes);
    throw error;
  }
  changes['new'] = `${args.name} => ${target}`;
  comments.push(`${args.name} cloned to ${target}${args.mirror ? ' as mirror' : bare ? ' as bare repository' : ''}`);
  try {
    const ended = bare || wanted.commit === undefined ? undefined : await settle(wanted, repository, comments);
    if (ended !== undefined) return { ...ended, changes };
    const unfit = args.submodules && wanted.commit ? await updateSubmodules(repository, { comments, changes }) : undefined;
    if (unfit !== undefined) return unfit;
  } catch (error) {
    if (isFailure(error)) return fail(reason(error), comments, changes);
    throw error;
  }
  const rev = await repository.revision();
  if (rev !== undefined) changes['revision'] = { old: null, new: rev };
  return inOrder(sentence(comments), changes);
}

/** Removes what is there: why it could not be, as lines of a comment. */
export function unremovable(path: string): string[] {
  try {
    rmSync(path, { recursive: true, force: true });
    return [];
  } catch (error) {
    return [`  ${path}\n ${error instanceof Error ? error.message : String(error)}`];
  }
}

function cloneOptions({ args, remote, bare, rev }: Wanted): string[] {
  return [
    ...(args.mirror ? ['--mirror'] : bare ? ['--bare'] : []),
    ...(remote === 'origin' ? [] : ['--origin', remote]),
    ...(args.depth == null ? [] : ['--depth', String(args.depth), '--branch', rev]),
  ];
}

/** Brings a fresh clone to the branch and the commit that are wanted. */
async function settle(wanted: Wanted, repository: Repository, comments: string[]): Promise<Outcome | undefined> {
  const { rev, type, branch, commit = '', upstream, place } = wanted;
  if (type === 'tag' && !(await repository.list('list_tags')).includes(rev))
    return fail(`Revision '${rev}' does not exist in clone`, comments);
  if (branch !== undefined && !(await repository.list('list_branches')).includes(branch)) {
    await repository.run('checkout', [rev === 'HEAD' ? commit : upstream || rev], { opts: ['-b', branch] });
    comments.push(`Branch '${branch}' checked out, with ${place} as a starting point`);
  }
  const localBranch = await repository.ask('current_branch');
  if (localBranch === undefined && !wanted.hasHead) return fail(NO_HEAD, comments);
  if (!isCommit(await repository.revision(), wanted)) {
    await repository.run('reset', [], { opts: ['--hard', commit] });
    comments.push(`Repository was reset to ${place}`);
  }
  const tracking = trackingOf(await repository.ask('rev_parse', [`${localBranch}@{upstream}`], { opts: ['--abbrev-ref'] }), wanted);
  if (tracking !== undefined) {
    await repository.run('branch', [], { opts: trackingOptions(wanted) });
    comments.push(tracking);
  }
  return undefined;
}

const NO_HEAD =
  'Remote HEAD refers to a ref that does not exist. This can happen when the default branch on the remote repository is renamed or ' +
  "deleted. If you are unable to fix the remote repository, you can work around this by setting the 'branch' argument (which will ensure " +
  'that the named branch is created if it does not already exist).';
