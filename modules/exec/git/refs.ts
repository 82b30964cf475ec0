import { basename } from 'node:path';
import { CallRefused, CommandFailed, call, type Returnable } from '../../define.ts';
import { command, flag, has, needed, text } from './command.ts';
import { COMMON, CWD, git, OPTIONS, placeOf, refuseOthers, tryGit } from './run.ts';
import { linesOf, listOf, optionWords } from './words.ts';

const REV = { type: 'string', default: 'HEAD', doc: 'the commit' } as const;

/** Branches, tags and commits: what they are, and making them. */
export const refs = {
  init: call({
    doc: 'Make a repository.',
    examples: ["tsalt '*' git.init /path/to/bare/repo.git bare=True"],
    args: {
      ...CWD,
      bare: flag('without a working tree'),
      template: text('the directory of templates'),
      separate_git_dir: text('where the repository lies'),
      shared: { type: 'any', doc: 'who may write: a word or a mode' },
      ...OPTIONS,
      ...COMMON,
    },
    changes: true,
    async run(ctx, args) {
      const mode = typeof args.shared === 'number' ? `0${args.shared}` : String(args.shared).toLowerCase();
      const words = [
        'init',
        ...(args.bare ? ['--bare'] : []),
        ...(args.template === undefined ? [] : [`--template=${args.template}`]),
        ...(args.separate_git_dir === undefined ? [] : [`--separate-git-dir=${args.separate_git_dir}`]),
        ...(args.shared == null ? [] : [`--shared=${mode}`]),
        ...optionWords(args.opts),
        await placeOf(ctx, args.cwd, args.user),
      ];
      // The directory need not be there yet.
      return git(ctx, { ...args, cwd: undefined }, words);
    },
  }),
  branch: command({
    doc: 'Make, or delete, a branch. True if that worked.',
    example: "branch /path/to/repo newbranch opts='--track origin/foo'",
    args: { ...CWD, name: text('the branch'), ...OPTIONS, ...COMMON },
    changes: true,
    words: ({ name, opts }) => ['branch', ...optionWords(opts), ...(name === undefined ? [] : [name])],
    answer: () => true,
  }),
  tag: command({
    doc: 'Make, or delete, a tag.',
    example: "tag /path/to/repo v0.2 message='A tag'",
    args: { ...CWD, name: needed('the tag'), ref: REV, message: text('a message: the tag has an author then'), ...OPTIONS, ...COMMON },
    changes: true,
    joined: true,
    words({ name, ref, message, opts }) {
      const options = optionWords(opts).filter((word) => !['-a', '--annotate'].includes(word));
      if (options.some((word) => word === '-m' || word.includes('--message')))
        throw new CallRefused('Tag messages must be passed in the "message" argument');
      const annotated = message === undefined ? [] : ['-a', '-m', message];
      return ['tag', ...annotated, ...options, name, ...(has(options, '-d', '--delete') ? [] : [ref])];
    },
  }),
  symbolic_ref: command({
    doc: 'Read, set or delete a symbolic ref.',
    example: 'symbolic_ref /path/to/repo HEAD',
    args: { ...CWD, ref: needed('the ref'), value: text('what it is to point at'), ...OPTIONS, ...COMMON },
    changes: true,
    words({ ref, value, opts }) {
      const options = optionWords(opts);
      if (value !== undefined && has(options, '-d', '--delete'))
        throw new CallRefused('Value cannot be set for symbolic ref if -d/--delete is included in opts');
      return ['symbolic-ref', ...options, ref, ...(value ? [value] : [])];
    },
  }),
  current_branch: command({
    doc: 'The branch that is checked out; `HEAD` where none is.',
    example: 'current_branch /path/to/repo',
    args: { ...CWD, ...COMMON },
    changes: false,
    words: () => ['rev-parse', '--abbrev-ref', 'HEAD'],
  }),
  describe: command({
    doc: 'A commit by the last tag before it.',
    example: 'describe /path/to/repo develop',
    args: { ...CWD, rev: REV, ...COMMON },
    changes: false,
    words: ({ rev }) => ['describe', '--always', rev],
  }),
  rev_parse: command({
    doc: 'What git rev-parse tells.',
    example: "rev_parse /path/to/repo HEAD opts='--short'",
    args: { ...CWD, rev: text('the commit'), ...OPTIONS, ...COMMON },
    changes: false,
    words: ({ rev, opts }) => ['rev-parse', ...optionWords(opts), ...(rev === undefined ? [] : [rev])],
  }),
  revision: command({
    doc: "A commit's hash.",
    example: 'revision /path/to/repo HEAD short=True',
    args: { ...CWD, rev: REV, short: flag('shortened'), ...COMMON },
    changes: false,
    words: ({ rev, short }) => ['rev-parse', ...(short ? ['--short'] : []), rev],
  }),
  list_branches: command({
    doc: 'Branches, or those of the remotes.',
    example: 'list_branches /path/to/repo remote=True',
    args: { ...CWD, remote: flag('those of the remotes'), ...COMMON },
    changes: false,
    words: ({ remote }) => ['for-each-ref', '--format', '%(refname:short)', `refs/${remote ? 'remotes' : 'heads'}/`],
    answer: linesOf,
  }),
  list_tags: command({
    doc: 'Tags.',
    example: 'list_tags /path/to/repo',
    args: { ...CWD, ...COMMON },
    changes: false,
    words: () => ['for-each-ref', '--format', '%(refname:short)', 'refs/tags/'],
    answer: linesOf,
  }),
  merge_base: call({
    doc: 'The best common ancestor of commits.\n\nKeyword `all`: a list of all of them.',
    examples: [
      "tsalt '*' git.merge_base /path/to/repo HEAD,upstream/mybranch",
      "tsalt '*' git.merge_base /path/to/repo refs=a,b is_ancestor=True",
    ],
    args: {
      ...CWD,
      refs: { type: 'any', doc: 'the commits: a list, or with commas between' },
      octopus: flag('of all of them'),
      is_ancestor: flag('whether the first is an ancestor of the second'),
      independent: flag('those that no other can be reached from'),
      fork_point: text('the ref a branch was forked from'),
      ...OPTIONS,
      ...COMMON,
    },
    extra: 'all',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      refuseOthers(ctx, ['all']);
      const all = Boolean(ctx.extra['all']);
      const { octopus, independent, is_ancestor: ancestor, fork_point: fork } = args;
      if (all && (independent || ancestor || fork))
        throw new CallRefused("The 'all' argument is not compatible with 'independent', 'is_ancestor', or 'fork_point'");
      if ([octopus, independent, ancestor, fork].filter(Boolean).length > 1)
        throw new CallRefused("Only one of 'octopus', 'independent', 'is_ancestor', and 'fork_point' is permitted");
      const commits = listOf(args.refs);
      if (ancestor && commits.length !== 2) throw new CallRefused("Two refs/commits are required if 'is_ancestor' is True");
      if (fork && commits.length > 1) throw new CallRefused("At most one ref/commit can be passed if 'fork_point' is specified");
      const how = octopus
        ? ['--octopus']
        : ancestor
          ? ['--is-ancestor']
          : independent
            ? ['--independent']
            : fork
              ? ['--fork-point', fork]
              : [];
      const words = ['merge-base', ...optionWords(args.opts), ...(all ? ['--all'] : []), ...how];
      const named = fork && commits.length === 0 ? ['HEAD'] : commits;
      if (ancestor) return (await tryGit(ctx, args, [...words, ...named])).retcode === 0;
      const found = linesOf(await git(ctx, args, [...words, ...named]));
      return all ? found : (found[0] ?? '');
    },
  }),
  merge_tree: call({
    doc: 'The result of a merge that is not done.',
    examples: ["tsalt '*' git.merge_tree /path/to/repo HEAD upstream/dev"],
    args: { ...CWD, ref1: needed('one commit'), ref2: needed('the other'), base: text('their ancestor'), ...COMMON },
    changes: false,
    async run(ctx, args) {
      const found = args.base ?? (await tryGit(ctx, args, ['merge-base', args.ref1, args.ref2])).stdout.split('\n')[0];
      if (!found) throw new CommandFailed(`Unable to determine merge base for ${args.ref1} and ${args.ref2}`);
      return git(ctx, args, ['merge-tree', found, args.ref1, args.ref2]);
    },
  }),
  archive: call({
    doc: 'Write an archive of a commit.\n\nKeyword `format`: `tar`, `zip`, ...; by the name of the file otherwise.',
    examples: ["tsalt '*' git.archive /path/to/repo /path/to/archive.tar.gz prefix=foo/ format=tgz"],
    args: {
      ...CWD,
      output: needed('the file'),
      rev: REV,
      prefix: text('put before names; the name of the directory by default'),
      git_opts: OPTIONS.git_opts,
      ...COMMON,
    },
    extra: 'format',
    changes: true,
    async run(ctx, args) {
      refuseOthers(ctx, ['format']);
      const prefix = args.prefix || `${basename(await placeOf(ctx, args.cwd, args.user))}/`;
      const format = ctx.extra['format'] == null ? [] : ['--format', String(ctx.extra['format'])];
      const named = args.prefix === '' ? [] : ['--prefix', prefix];
      await git(ctx, args, ['archive', ...named, ...format, '--output', await placeOf(ctx, args.output, args.user), args.rev]);
      return true;
    },
  }),
};
