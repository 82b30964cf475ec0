import { lstatSync, readdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgsOf } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { COMMON, fail, Repository, sentence, wouldBe } from './repository.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the directory' },
  force: { type: 'boolean', default: false, doc: 'in place of what is in the directory' },
  bare: { type: 'boolean', default: true, doc: 'without a working tree' },
  template: { type: 'any', doc: 'the directory of templates' },
  separate_git_dir: { type: 'any', doc: 'where the repository itself is' },
  shared: { type: 'any', doc: 'who may write to it' },
  ...COMMON,
} as const;
type Args = ArgsOf<typeof ARGS>;

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

async function check(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, bare, force } = args;
  const kind = bare ? 'bare ' : '';
  const repository = new Repository(ctx, name, args);
  const isThere = isDirectory(name);
  if (isThere && bare && isFile(join(name, 'HEAD'))) return inOrder('');
  if (isThere && !bare && (isDirectory(join(name, '.git')) || (await repository.isWorktree()))) return inOrder('');
  if (isThere && !force && readdirSync(name).length > 0)
    return fail(
      `Target '${name}' exists, is non-empty, and is not a git repository. Set the 'force' option to True to remove this directory's ` +
        'contents and proceed with initializing a repository',
    );
  const forced = isThere && force;
  const predicted = forced
    ? wouldBe(
        `Target directory ${name} exists. Since force=True, the contents of ${name} would be deleted, and a ${kind}repository would be ` +
          'initialized in its place.',
        { new: name, 'forced init': true },
      )
    : wouldBe(`New ${kind}repository would be created`, { new: name });
  return { predicted, apply: () => init(repository, args, forced) };
}

async function init(repository: Repository, args: Args, forced: boolean): Promise<Outcome> {
  const { name, bare, template, separate_git_dir, shared } = args;
  if (forced) {
    try {
      if (lstatSync(name).isSymbolicLink()) unlinkSync(name);
      else rmSync(name, { recursive: true });
    } catch (error) {
      return fail(`Unable to remove ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await repository.run('init', [], { bare, template, separate_git_dir, shared });
  const told = [
    `Initialized ${bare ? 'bare ' : ''}repository in ${name}`,
    ...(template ? [`Template directory set to ${String(template)}`] : []),
    ...(separate_git_dir ? [`Gitdir set to ${String(separate_git_dir)}`] : []),
  ];
  return inOrder(sentence(told), { ...(forced ? { 'forced init': true } : {}), new: name });
}

export const present = state({ doc: 'A repository that is there, if only an empty one.', args: ARGS, check });
