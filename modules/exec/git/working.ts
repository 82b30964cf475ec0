import { CallRefused, CommandFailed, call } from '../../define.ts';
import { command, flag, has, needed, text } from './command.ts';
import { COMMON, COMMON_END, CWD, git, IDENTITY, OPTIONS, tryGit } from './run.ts';
import { listOf, optionWords } from './words.ts';

const STATES: Readonly<Record<string, string>> = { M: 'modified', A: 'new', D: 'deleted', '??': 'untracked' };

/** `git status -z --porcelain`: paths by state. */
export const parseStatus = (output: string): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  for (const line of output.split('\0')) {
    const [, state = '', path] = /^\s*(\S+)\s+([\s\S]*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const name = STATES[state] ?? state;
    found[name] = [...(found[name] ?? []), path];
  }
  return found;
};

/** What changes, or tells of, the working tree and the index. */
export const working = {
  add: command({
    doc: 'Add a file, or a directory, to the index.',
    example: 'add /path/to/repo foo/bar.py',
    args: { ...CWD, filename: needed('the path'), ...OPTIONS, ...COMMON },
    changes: true,
    words: ({ filename, opts }) => [
      ...['add', '--verbose', ...optionWords(opts).filter((word) => !['-v', '--verbose'].includes(word))],
      ...['--', filename],
    ],
  }),
  rm: command({
    doc: 'Remove a file from the index and the working tree.',
    example: 'rm /path/to/repo foo/bar.py',
    args: { ...CWD, filename: needed('the path'), ...OPTIONS, ...COMMON },
    changes: true,
    words: ({ filename, opts }) => ['rm', ...optionWords(opts), '--', filename],
  }),
  commit: command({
    doc: 'Commit what is in the index.',
    example: "commit /path/to/repo 'The commit message'",
    args: {
      ...CWD,
      message: needed('the message'),
      ...OPTIONS,
      user: COMMON.user,
      password: COMMON.password,
      filename: text('commit only this path'),
      ignore_retcode: COMMON.ignore_retcode,
      output_encoding: COMMON.output_encoding,
    },
    changes: true,
    words: ({ message, opts, filename }) => ['commit', '-m', message, ...optionWords(opts), ...(filename ? ['--', filename] : [])],
  }),
  checkout: command({
    doc: 'Check out a revision, and return what git tells of it.',
    example: 'checkout /path/to/repo somebranch',
    args: { ...CWD, rev: text('the branch, tag or commit'), force: flag('throw away local changes'), ...OPTIONS, ...COMMON },
    changes: true,
    joined: true,
    words({ rev, force, opts }) {
      const options = optionWords(opts);
      if (rev === undefined && !has(options, '-b', '-B')) throw new CallRefused("'rev' argument is required unless -b or -B in opts");
      return ['checkout', ...(force ? ['--force'] : []), ...options, ...(rev === undefined ? [] : [rev])];
    },
  }),
  discard_local_changes: command({
    doc: 'Throw away changes of the working tree.',
    example: 'discard_local_changes /path/to/repo path=foo',
    args: { ...CWD, path: { type: 'string', default: '.', doc: 'the path' }, ...COMMON },
    changes: true,
    joined: true,
    words: ({ path }) => ['checkout', '--', path],
  }),
  reset: command({
    doc: 'Reset the index, or the working tree.',
    example: "reset /path/to/repo opts='--hard origin/master'",
    args: { ...CWD, ...OPTIONS, user: COMMON.user, password: COMMON.password, ...IDENTITY, ...COMMON_END },
    changes: true,
    words: ({ opts }) => ['reset', ...optionWords(opts)],
  }),
  stash: command({
    doc: 'Put changes aside, or get them back.',
    example: 'stash /path/to/repo pop',
    args: { ...CWD, action: { type: 'string', default: 'save', doc: '`save`, `pop`, `list`, ...' }, ...OPTIONS, ...COMMON },
    changes: true,
    words: ({ action, opts }) => ['stash', action, ...optionWords(opts)],
  }),
  status: command({
    doc: 'Paths that are not as they were committed, by state.',
    example: 'status /path/to/repo',
    args: { ...CWD, ...COMMON },
    changes: false,
    words: () => ['status', '-z', '--porcelain'],
    answer: parseStatus,
  }),
  diff: call({
    doc: 'The difference between the working tree, the index and commits.',
    examples: ["tsalt '*' git.diff /path/to/repo HEAD~1 paths=file.py", "tsalt '*' git.diff /path/to/repo no_index=True paths=old,new"],
    args: {
      ...CWD,
      item1: text('a commit'),
      item2: text('another commit'),
      ...OPTIONS,
      user: COMMON.user,
      password: COMMON.password,
      no_index: flag('of two paths, whether git knows them or not'),
      cached: flag('between the index and a commit'),
      paths: { type: 'any', doc: 'only of these paths' },
      output_encoding: COMMON.output_encoding,
    },
    changes: false,
    async run(ctx, args) {
      if (args.no_index && args.cached) throw new CommandFailed("The 'no_index' and 'cached' options cannot be used together");
      const commits = [args.item1, args.cached ? undefined : args.item2].filter((item) => item !== undefined && item !== '') as string[];
      const items = args.no_index ? ['--no-index'] : [...(args.cached ? ['--cached'] : []), ...commits];
      const words = ['diff', ...optionWords(args.opts), ...items, ...(args.paths == null ? [] : ['--', ...listOf(args.paths)])];
      // That two files differ, git tells by its return code.
      if (args.no_index) return (await tryGit(ctx, { ...args, ignore_retcode: true }, words, { joined: true })).stdout;
      return git(ctx, args, words, { joined: true });
    },
  }),
  merge: command({
    doc: 'Merge a commit.',
    example: "merge /path/to/repo upstream/master opts='--no-ff'",
    args: {
      ...CWD,
      rev: text('the commit; the upstream branch by default'),
      ...OPTIONS,
      user: COMMON.user,
      password: COMMON.password,
      ...IDENTITY,
      ...COMMON_END,
    },
    extra: 'none',
    changes: true,
    words: ({ rev, opts }) => ['merge', ...optionWords(opts), ...(rev ? [rev] : [])],
  }),
  rebase: command({
    doc: 'Rebase the current branch.',
    example: "rebase /path/to/repo 'origin/master --onto=mybranch'",
    args: { ...CWD, rev: { type: 'string', default: 'master', doc: 'the branch to rebase on' }, ...OPTIONS, ...COMMON },
    changes: true,
    words({ rev, opts }) {
      if (has(optionWords(opts), '-i', '--interactive')) throw new CallRefused('Interactive rebases are not supported');
      return ['rebase', ...optionWords(opts), ...optionWords(rev)];
    },
  }),
};
