import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type ArgsOf, CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { ACCESS, COMMON, fail, Repository, reason, wouldBe } from './repository.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the URL' },
  target: { type: 'any', required: true, doc: 'the directory' },
  branch: { type: 'any', doc: 'the branch that is checked out' },
  ...COMMON,
  ...ACCESS,
} as const;
type Args = ArgsOf<typeof ARGS>;

async function check(ctx: StateCtx, args: Args): Promise<Verdict> {
  if (args.target == null) return failed("'target' argument is required");
  const target = String(args.target);
  if (!isAbsolute(target)) return failed("'target' path must be absolute");
  const branch = args.branch == null ? undefined : String(args.branch);
  if (branch === '') return failed("Invalid 'branch' argument");
  const repository = new Repository(ctx, target, args);
  if (!existsSync(target)) return cloning(repository, args.name, branch);
  try {
    await repository.run('status');
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
  const there = `Repository already exists at ${target}`;
  if (branch === undefined) return inOrder(there);
  const current = String(await repository.run('current_branch'));
  if (current === branch) return inOrder(`${there} and is checked out to branch '${branch}'`);
  const changes = { branch: { old: current, new: branch } };
  return {
    predicted: wouldBe(`Branch would be changed to '${branch}'`, changes),
    apply: () => checkout(repository, branch, changes),
  };
}

function cloning(repository: Repository, name: string, branch: string | undefined): Verdict {
  const end = `${repository.place}${branch === undefined ? '' : ` with branch '${branch}'`}`;
  const changes = { new: `${name} => ${repository.place}` };
  return {
    predicted: wouldBe(`${name} would be cloned to ${end}`, changes),
    apply: async () => {
      try {
        await repository.reach('clone', [name], branch === undefined ? {} : { opts: ['--branch', branch] }, true);
      } catch (error) {
        if (error instanceof CommandFailed) return fail(`Clone failed: ${reason(error)}`);
        throw error;
      }
      return inOrder(`${name} cloned to ${end}`, changes);
    },
  };
}

async function checkout(repository: Repository, branch: string, changes: Outcome['changes']): Promise<Outcome> {
  const isKnown = (await repository.ask('rev_parse', [branch])) !== undefined;
  try {
    await repository.run('checkout', [isKnown ? branch : `origin/${branch}`], isKnown ? {} : { opts: ['-b', branch] });
  } catch (error) {
    if (error instanceof CommandFailed) return fail(`Failed to change branch to '${branch}': ${error.message}`);
    throw error;
  }
  return inOrder(`Branch changed to '${branch}'`, changes);
}

export const cloned = state({ doc: 'A repository that was cloned, whatever became of it since.', args: ARGS, check });
