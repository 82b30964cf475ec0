import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx, Verdict } from '../../define.ts';
import { state } from '../../define.ts';
import { unremovable } from './latest_clone.ts';
import { ACCESS, COMMON, fail, Repository, reason, sentence, wouldBe } from './repository.ts';

const flag = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
const ARGS = {
  name: { type: 'string', required: true, doc: 'the URL' },
  rev: { type: 'any', required: true, doc: 'the branch, tag or commit' },
  target: { type: 'any', required: true, doc: 'the directory' },
  remote: { type: 'string', default: 'origin', doc: 'the name of the remote' },
  ...COMMON,
  force_clone: flag('in place of what is in the directory'),
  force_checkout: flag('discard changes to check out the commit'),
  fetch_remote: { type: 'boolean', default: true, doc: 'fetch what the remote has' },
  hard_reset: flag('discard changes before'),
  submodules: flag('with submodules'),
  ...ACCESS,
} as const;

/** What is wanted, and what was done for it. `testing`: the first step that would change something ends it. */
interface Job {
  readonly args: ArgsOf<typeof ARGS>;
  readonly target: string;
  readonly rev: string;
  readonly isHash: boolean;
  readonly repository: Repository;
  readonly testing: boolean;
  readonly comments: string[];
  readonly changes: Record<string, Returnable>;
}
/** A step that ends the state has an outcome. */
type Step = Promise<Outcome | undefined>;

async function check(ctx: StateCtx, args: ArgsOf<typeof ARGS>): Promise<Verdict> {
  const given = args.rev === undefined || args.rev === null ? 'None' : String(args.rev);
  if (!args.rev) return fail(`'${given}' is not a valid value for the 'rev' argument`);
  if (!args.target) return fail(`'${given}' is not a valid value for the 'target' argument`);
  const target = String(args.target);
  if (!isAbsolute(target)) return fail(`Target '${target}' is not an absolute path`);
  if (statSync(target, { throwIfNoEntry: false })?.isFile() === true)
    return fail(`Target '${target}' exists and is a regular file, cannot proceed`);
  const isHash = given.length <= 40 && /^[0-9a-fA-F]+$/.test(given);
  const job: Job = {
    args,
    target,
    rev: isHash ? given.toLowerCase() : given,
    isHash,
    repository: new Repository(ctx, target, args),
    testing: ctx.testing,
    comments: [],
    changes: {},
  };
  return ctx.testing ? await detach(job) : { predicted: { comment: '', changes: {} }, apply: () => detach(job) };
}

async function detach(job: Job): Promise<Outcome> {
  const { repository, args, comments, changes, testing } = job;
  const isThere = existsSync(join(job.target, '.git')) || (await repository.isWorktree());
  const before = isThere ? await repository.revision() : undefined;
  const isKnown = isThere && job.isHash && (await repository.ask('describe', [job.rev])) !== undefined;
  const prepared = isThere ? (job.isHash ? undefined : await pointRemote(job)) : await clone(job);
  if (prepared !== undefined) return prepared;
  const fetched = isKnown || !args.fetch_remote ? undefined : await fetch(job);
  if (fetched !== undefined) return fetched;
  const found = await commitOf(job);
  if (typeof found !== 'string') return found;
  if (args.hard_reset) {
    if (testing) return wouldBe(`Hard reset to HEAD would be performed on ${job.target}`, changes);
    await repository.run('reset', [], { opts: ['--hard', 'HEAD'] });
    comments.push('Repository was reset to HEAD before checking out revision');
  }
  const old = before ?? null;
  if (found !== before && testing)
    return wouldBe(`Commit ID ${found} would be checked out at ${job.target}`, { ...changes, HEAD: { old, new: found } });
  const now = found === before ? undefined : await checkout(job, found);
  if (args.submodules) {
    const { identity } = args;
    await repository.run('submodule', ['update'], { opts: ['--init', '--recursive'], identity });
    comments.push('Submodules were updated');
  }
  if (now === undefined) comments.push('Already checked out at correct revision');
  else changes['HEAD'] = { old, new: now };
  return { result: true, comment: sentence(comments), changes };
}

/** The remote has the URL that is wanted. */
async function pointRemote({ repository, args, testing, comments, changes }: Job): Step {
  const { name, remote, https_user, https_pass } = args;
  const current = (await repository.remotes())[remote]?.fetch;
  if (current?.includes(name) === true) return undefined;
  if (testing) return wouldBe(`Remote ${remote} would be set to ${name}`, changes);
  await repository.run('remote_set', [name], { remote, https_user, https_pass });
  comments.push(`Remote ${remote} updated from '${current ?? 'None'}' to '${name}'`);
  return undefined;
}

async function clone({ repository, args, target, testing, comments, changes }: Job): Step {
  const { name, remote, force_clone } = args;
  const holds = existsSync(target) ? readdirSync(target) : undefined;
  if (holds !== undefined && force_clone) {
    if (testing)
      return wouldBe(
        `Target directory ${target} exists. Since force_clone=True, the contents of ${target} would be deleted, and ${name} would be ` +
          'cloned into this directory.',
      );
    const errors = holds.flatMap((one) => unremovable(join(target, one)));
    if (errors.length > 0) return fail(`Unable to remove\n${errors.join('\n')}`);
    changes['forced clone'] = true;
  } else if (holds !== undefined && holds.length > 0)
    return fail(
      `Target '${target}' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this ` +
        "directory's contents and proceed with cloning the remote repository",
    );
  if (testing) return wouldBe(`Repository ${name} would be cloned to ${target}`);
  try {
    await repository.reach('clone', [name], { opts: ['--no-checkout', ...(remote === 'origin' ? [] : ['--origin', remote])] }, true);
  } catch (error) {
    return fail(reason(error), comments, changes);
  }
  comments.push(`${name} cloned to ${target}`);
  return undefined;
}

async function fetch({ repository, args: { remote }, testing, comments, changes }: Job): Step {
  if (testing) return wouldBe(`Repository remote ${remote} would be fetched`, changes);
  const refspecs = [`refs/heads/*:refs/remotes/${remote}/*`, '+refs/tags/*:refs/tags/*'];
  try {
    const fetched = await repository.reach('fetch', [], { remote, force: true, refspecs });
    if (Object.keys(Object(fetched)).length > 0) comments.push(`Remote ${remote} was fetched, resulting in updated refs`);
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed) return fail(`Fetch failed:\n\n${error.message}`, comments, changes);
    throw error;
  }
}

/** The commit that a revision of the remote is, or why there is none. */
async function commitOf({ repository, args: { remote }, target, rev, isHash, changes }: Job): Promise<string | Outcome> {
  const missing = fail(`Revision '${rev}' does not exist`, [], changes);
  if (isHash) return (await repository.run('describe', [rev])) ? rev : missing;
  try {
    const refs = await repository.remoteRefs(target, { ignore_retcode: false });
    return refs[`refs/remotes/${remote}/${rev}`] ?? refs[`refs/tags/${rev}`] ?? missing;
  } catch (error) {
    if (error instanceof CommandFailed) return fail(`Failed to list refs for ${remote}: ${reason(error)}`, [], changes);
    throw error;
  }
}

/** Checks a commit out and answers what HEAD is then. */
async function checkout({ repository, args, target, comments }: Job, commit: string): Promise<string | undefined> {
  await repository.run('checkout', [commit], { force: args.force_checkout });
  comments.push(`Commit ID ${commit} was checked out at ${target}`);
  return await repository.revision();
}

export const detached = state({
  doc: 'A repository in which one commit is checked out, and no branch.',
  examples: [
    'website-prod:\n  git.detached:\n    - name: git@gitlab.example.com:user/website.git\n    - rev: v1.2\n    - target: /var/www/website',
  ],
  args: ARGS,
  check,
});
