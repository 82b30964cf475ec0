import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { flag, needed, text } from './command.ts';
import { COMMON, CWD, type Given, git, OPTIONS, placeOf, refuseOthers, tryGit } from './run.ts';
import { linesOf, optionWords } from './words.ts';

/** `git worktree list --porcelain`: fields of each. */
export const parseWorktrees = (output: string): Record<string, string>[] =>
  output
    .trim()
    .split('\n\n')
    .map((part) =>
      Object.fromEntries(
        part.split('\n').map((line) => {
          const [, name = '', value = ''] = /^(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
          return name === 'detached' ? ['branch', 'detached'] : [name, value];
        }),
      ),
    );

const isWorktree = async (ctx: Ctx, given: Given): Promise<boolean> => {
  const { retcode, stdout } = await tryGit(ctx, { ...given, ignore_retcode: true }, ['rev-parse', '--show-toplevel']).catch(() => ({
    retcode: 1,
    stdout: '',
  }));
  if (retcode !== 0) return false;
  return /^gitdir:\s+\//.test(await readFile(join(stdout, '.git'), 'utf8').catch(() => ''));
};

const describe = async (ctx: Ctx, given: Given, found: Record<string, string>, stale: boolean): Promise<Returnable> => {
  const { HEAD = '', branch = '' } = found;
  if (branch !== 'detached') return { stale, HEAD, detached: false, branch: branch.replace('refs/heads/', '') };
  const tags = linesOf(await git(ctx, given, ['tag', '--points-at', HEAD]));
  return { stale, HEAD, detached: true, branch: null, ...(tags.length > 0 ? { tags } : {}) };
};

export const worktrees = {
  is_worktree: call({
    doc: 'Whether a directory is a further working tree of a repository.',
    examples: ["tsalt '*' git.is_worktree /path/to/repo"],
    args: { ...CWD, user: COMMON.user, password: COMMON.password, output_encoding: COMMON.output_encoding },
    changes: false,
    run: (ctx, args) => isWorktree(ctx, args),
  }),
  list_worktrees: call({
    doc: 'The working trees of a repository.\n\nKeyword `all`: also those whose directory is gone.',
    examples: ["tsalt '*' git.list_worktrees /path/to/repo", "tsalt '*' git.list_worktrees /path/to/repo all=True"],
    args: {
      ...CWD,
      stale: flag('only those whose directory is gone'),
      user: COMMON.user,
      password: COMMON.password,
      output_encoding: COMMON.output_encoding,
    },
    extra: 'all',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      refuseOthers(ctx, ['all']);
      const all = Boolean(ctx.extra['all']);
      if (all && args.stale) throw new CommandFailed("'all' and 'stale' cannot both be set to True");
      const found: Record<string, Returnable> = {};
      for (const tree of parseWorktrees(await git(ctx, args, ['worktree', 'list', '--porcelain']))) {
        const { worktree = '', HEAD, branch } = tree;
        if (worktree === '' || !HEAD || !branch) continue;
        const stale = !((await stat(worktree).catch(() => undefined))?.isDirectory() ?? false);
        if (all || stale === args.stale) found[worktree] = await describe(ctx, args, tree, stale);
      }
      return found;
    },
  }),
  worktree_add: call({
    doc: 'Add a working tree.\n\nKeyword `branch`: the new branch; by the name of the directory otherwise.',
    examples: ["tsalt '*' git.worktree_add /path/to/repo/main ../hotfix ref=origin/master branch=hotfix21"],
    args: {
      ...CWD,
      worktree_path: needed('the directory'),
      ref: text('what to check out'),
      reset_branch: { type: 'boolean', doc: 'also if there is such a branch' },
      force: { type: 'boolean', doc: 'also if the branch is checked out elsewhere' },
      detach: flag('on no branch'),
      ...OPTIONS,
      ...COMMON,
    },
    extra: 'branch',
    changes: true,
    async run(ctx, args) {
      refuseOthers(ctx, ['branch']);
      const branch = ctx.extra['branch'];
      if (branch && args.detach) throw new CallRefused("Only one of 'branch' and 'detach' is allowed");
      const onBranch = [
        args.reset_branch ? '-B' : '-b',
        String(branch || basename(args.worktree_path)),
        ...(args.force ? ['--force'] : []),
      ];
      const how = args.detach ? ['--detach'] : onBranch;
      const words = ['worktree', 'add', ...how, ...optionWords(args.opts), args.worktree_path, ...(args.ref ? [args.ref] : [])];
      return git(ctx, args, words, { joined: true });
    },
  }),
  worktree_prune: call({
    doc: 'Forget working trees whose directory is gone.',
    examples: ["tsalt '*' git.worktree_prune /path/to/repo dry_run=True"],
    args: {
      ...CWD,
      dry_run: flag('only tell'),
      verbose: { type: 'boolean', default: true, doc: 'tell which' },
      expire: text('only those that are older'),
      ...OPTIONS,
      ...COMMON,
    },
    changes: true,
    async run(ctx, args) {
      const how = [...(args.dry_run ? ['--dry-run'] : []), ...(args.verbose ? ['--verbose'] : [])];
      const words = ['worktree', 'prune', ...how, ...(args.expire ? ['--expire', args.expire] : []), ...optionWords(args.opts)];
      // Which stream git tells it on changed with 2.36.
      return git(ctx, args, words, { joined: true });
    },
  }),
  worktree_rm: call({
    doc: 'Remove a working tree.',
    examples: ["tsalt '*' git.worktree_rm /path/to/worktree"],
    args: { ...CWD, user: COMMON.user, output_encoding: COMMON.output_encoding },
    changes: true,
    async run(ctx, args) {
      const path = await placeOf(ctx, args.cwd, args.user);
      if (!existsSync(path)) throw new CommandFailed(`${path} does not exist`);
      if (!(await isWorktree(ctx, args))) throw new CommandFailed(`${path} is not a git worktree`);
      await rm(path, { recursive: true, force: true });
      return true;
    },
  }),
};
