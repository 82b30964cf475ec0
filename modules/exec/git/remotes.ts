import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { command, flag, needed, text } from './command.ts';
import { COMMON, COMMON_END, CWD, type Given, git, IDENTITY, OPTIONS, placeOf, refuseOthers, SALTENV, tryGit } from './run.ts';
import { remoteOf } from './url.ts';
import { linesOf, listOf, optionWords, redacted } from './words.ts';

const WHO = { user: COMMON.user, password: COMMON.password } as const;
/** What calls end with that reach a remote by ssh. */
const BY_SSH = { ...IDENTITY, ignore_retcode: COMMON.ignore_retcode, ...SALTENV, output_encoding: COMMON.output_encoding } as const;
const HTTPS = { https_user: text('the user of an https URL'), https_pass: text('the password of an https URL') } as const;
const REMOTE = { type: 'string', default: 'origin', doc: 'the remote' } as const;

/** `git ls-remote`: hashes by ref. */
export const parseRefs = (output: string): Record<string, string> =>
  Object.fromEntries(
    linesOf(output)
      .map((line) => /^(\S+)\s+(.+)$/.exec(line))
      .filter((found) => found !== null)
      .map(([, hash = '', ref = '']) => [ref, hash]),
  );

interface Fetched {
  'new tags'?: string[];
  'new branches'?: string[];
  'updated branches'?: Record<string, { old: string; new: string }>;
  'updated tags'?: string[];
}
/** What git fetch tells of refs that changed. */
export const parseFetch = (output: string): Fetched => {
  const found: Fetched = {};
  for (const line of output.split('\n')) {
    const [, old, now, kind, name] = /^[\s*]*(?:([0-9a-f]+)\.\.([0-9a-f]+)|\[(?:new (tag|branch)|tag update)\])\s+(.+)->/.exec(line) ?? [];
    const ref = name?.trimEnd();
    if (ref === undefined) continue;
    if (kind === 'tag') found['new tags'] = [...(found['new tags'] ?? []), ref];
    else if (kind === 'branch') found['new branches'] = [...(found['new branches'] ?? []), ref];
    else if (old !== undefined && now !== undefined) found['updated branches'] = { ...found['updated branches'], [ref]: { old, new: now } };
    else found['updated tags'] = [...(found['updated tags'] ?? []), ref];
  }
  return found;
};

/** `git remote --verbose`: URLs to fetch from and to push to, by remote. */
const remotesOf = async (ctx: Ctx, given: Given, redact: boolean): Promise<Record<string, Record<string, string>>> => {
  const found: Record<string, Record<string, string>> = {};
  for (const line of linesOf(await git(ctx, given, ['remote', '--verbose']))) {
    const [, name, url = '', action = ''] = /^(\S+)\s+(.+)\s+\((fetch|push)\)/.exec(line) ?? [];
    if (name !== undefined) found[name] = { ...found[name], [action]: redact ? redacted(url) : url };
  }
  return found;
};

const oneRemote = async (ctx: Ctx, given: Given & { readonly cwd: string }, remote: string, redact: boolean): Promise<Returnable> => {
  const found = (await remotesOf(ctx, given, redact))[remote];
  if (found !== undefined) return found;
  throw new CommandFailed(`Remote '${remote}' not present in git checkout located at ${await placeOf(ctx, given.cwd, given.user)}`);
};

/** Writes a URL's user and password into a repository's configuration: by hand, for a command line is read by others. */
const keepSecret = async (ctx: Ctx, given: Given & { readonly cwd: string }, plain: string, full: string): Promise<void> => {
  if (plain === full) return;
  const folder = await git(ctx, given, ['rev-parse', '--git-dir']);
  const cwd = await placeOf(ctx, given.cwd, given.user);
  const path = join(isAbsolute(folder) ? folder : join(cwd, folder), 'config');
  const config = await readFile(path, 'utf8');
  const lines = config
    .split('\n')
    .map((line) => (/^\s*(push)?url = /.test(line) && line.endsWith(`= ${plain}`) ? line.replace(plain, () => full) : line));
  await writeFile(path, lines.join('\n'));
};

export const remotes = {
  clone: call({
    doc: 'Clone a repository. True if that worked.',
    examples: ["tsalt '*' git.clone /path/to/repo_parent_dir git://github.com/saltstack/salt.git"],
    args: {
      cwd: needed('where to; with name its parent'),
      url: text('where from'),
      name: text('the name of the directory'),
      ...OPTIONS,
      ...WHO,
      ...IDENTITY,
      ...HTTPS,
      ignore_retcode: COMMON.ignore_retcode,
      ...SALTENV,
      output_encoding: COMMON.output_encoding,
    },
    changes: true,
    async run(ctx, args) {
      if (!args.url) throw new CallRefused("Missing 'url' argument");
      const { url, full, env } = remoteOf(args.url, args.https_user, args.https_pass);
      const cwd = await placeOf(ctx, args.cwd, args.user);
      if (args.name !== undefined) await mkdir(cwd, { recursive: true });
      const words = ['clone', ...optionWords(args.opts), '--', url, args.name ?? cwd];
      await git(ctx, { ...args, cwd: args.name === undefined ? '/tmp' : cwd }, words, { env });
      await keepSecret(
        ctx,
        { ...args, git_opts: '', identity: undefined, cwd: args.name === undefined ? cwd : join(cwd, args.name) },
        url,
        full,
      );
      return true;
    },
  }),
  fetch: command({
    doc: 'Fetch from a remote, and return which refs are new or changed.',
    example: 'fetch /path/to/repo upstream',
    args: {
      ...CWD,
      remote: text('the remote'),
      force: flag('also where history was rewritten'),
      refspecs: { type: 'any', doc: 'what to fetch: a list, or with commas between' },
      ...OPTIONS,
      ...WHO,
      ...BY_SSH,
    },
    changes: true,
    joined: true,
    words: ({ remote, force, refspecs, opts }) => [
      'fetch',
      ...(force ? ['--force'] : []),
      ...optionWords(opts).filter((word) => !['-f', '--force'].includes(word)),
      ...(remote ? [remote] : []),
      ...listOf(refspecs),
    ],
    answer: (output) => ({ ...parseFetch(output) }),
  }),
  pull: command({
    doc: 'Fetch and merge.',
    example: "pull /path/to/repo opts='--rebase origin master'",
    args: {
      ...CWD,
      ...OPTIONS,
      ...WHO,
      ...BY_SSH,
    },
    changes: true,
    words: ({ opts }) => ['pull', ...optionWords(opts)],
  }),
  push: command({
    doc: 'Push to a remote.',
    example: 'push /path/to/repo origin issue21:upstream/master',
    args: {
      ...CWD,
      remote: text('the remote'),
      ref: text('what to push'),
      ...OPTIONS,
      ...WHO,
      ...BY_SSH,
    },
    extra: 'none',
    changes: true,
    words: ({ remote, ref, opts }) => ['push', ...optionWords(opts), ...[remote, ref].filter((word) => word !== undefined)],
  }),
  ls_remote: call({
    doc: 'The refs of a remote, with their hashes.',
    examples: [
      "tsalt '*' git.ls_remote /path/to/repo origin master",
      "tsalt '*' git.ls_remote remote=https://example.org/repo.git opts='--tags'",
    ],
    args: {
      cwd: text('a repository that has the remote'),
      remote: { ...REMOTE, doc: 'the remote, or a URL' },
      ref: text('only this ref'),
      ...OPTIONS,
      ...WHO,
      ...IDENTITY,
      ...HTTPS,
      ...COMMON_END,
      ...SALTENV,
    },
    changes: false,
    async run(ctx, args) {
      const { url, env } = remoteOf(args.remote, args.https_user, args.https_pass);
      return parseRefs(await git(ctx, args, ['ls-remote', ...optionWords(args.opts), url, ...(args.ref ? [args.ref] : [])], { env }));
    },
  }),
  remote_refs: call({
    doc: 'The refs at a URL, with their hashes.\n\nKeyword `filter`: only refs of this pattern.',
    examples: ["tsalt '*' git.remote_refs https://example.org/repo.git heads=True"],
    args: {
      url: needed('where'),
      heads: flag('only branches'),
      tags: flag('only tags'),
      ...WHO,
      ...IDENTITY,
      ...HTTPS,
      ...COMMON_END,
      ...SALTENV,
    },
    extra: 'filter',
    changes: false,
    async run(ctx, args) {
      refuseOthers(ctx, ['filter']);
      const { url, env } = remoteOf(args.url, args.https_user, args.https_pass);
      const kinds = [...(args.heads ? ['--heads'] : []), ...(args.tags ? ['--tags'] : [])];
      const filter = ctx.extra['filter'] ? [String(ctx.extra['filter'])] : [];
      return parseRefs(await git(ctx, args, ['ls-remote', ...kinds, url, ...filter], { env }));
    },
  }),
  remotes: call({
    doc: 'The remotes of a repository, with their URLs.',
    examples: ["tsalt '*' git.remotes /path/to/repo"],
    args: { ...CWD, ...WHO, redact_auth: { type: 'boolean', default: true, doc: 'hide passwords' }, ...COMMON_END },
    changes: false,
    run: (ctx, args) => remotesOf(ctx, args, args.redact_auth),
  }),
  remote_get: call({
    doc: 'The URLs of a remote.',
    examples: ["tsalt '*' git.remote_get /path/to/repo upstream"],
    args: { ...CWD, remote: REMOTE, ...WHO, redact_auth: { type: 'boolean', default: true, doc: 'hide passwords' }, ...COMMON_END },
    changes: false,
    run: (ctx, args) => oneRemote(ctx, args, args.remote, args.redact_auth),
  }),
  remote_set: call({
    doc: 'Add a remote, or give it another URL.',
    examples: ["tsalt '*' git.remote_set /path/to/repo git@github.com:user/repo.git remote=upstream"],
    args: {
      ...CWD,
      url: needed('the URL'),
      remote: REMOTE,
      ...WHO,
      ...HTTPS,
      push_url: text('another URL to push to'),
      push_https_user: text('the user of push_url'),
      push_https_pass: text('the password of push_url'),
      ...COMMON_END,
    },
    changes: true,
    async run(ctx, args) {
      const fetching = remoteOf(args.url, args.https_user, args.https_pass);
      const pushing = args.push_url ? remoteOf(args.push_url, args.push_https_user, args.push_https_pass) : undefined;
      if (args.remote in (await remotesOf(ctx, args, true))) await git(ctx, args, ['remote', 'rm', args.remote]);
      await git(ctx, args, ['remote', 'add', args.remote, fetching.url]);
      if (pushing !== undefined) await git(ctx, args, ['remote', 'set-url', '--push', args.remote, pushing.url]);
      for (const { url, full } of [fetching, ...(pushing === undefined ? [] : [pushing])]) await keepSecret(ctx, args, url, full);
      return oneRemote(ctx, args, args.remote, true);
    },
  }),
  submodule: call({
    doc: 'Run a command of git submodule.',
    examples: ["tsalt '*' git.submodule /path/to/repo update opts='--init --recursive'"],
    args: {
      ...CWD,
      command: needed('`update`, `sync`, ...'),
      ...OPTIONS,
      ...WHO,
      ...BY_SSH,
    },
    extra: 'none',
    changes: true,
    async run(ctx, args) {
      refuseOthers(ctx, ['init']);
      if (ctx.extra['init'])
        throw new CallRefused(
          "The 'init' argument is no longer supported. Either set 'command' to 'init', or include '--init' in the 'opts' argument and set " +
            "'command' to 'update'.",
        );
      return git(ctx, args, ['submodule', args.command, ...optionWords(args.opts)]);
    },
  }),
  version: call({
    doc: "Git's version, as a text or as a list.",
    examples: ["tsalt '*' git.version", "tsalt '*' git.version versioninfo=True"],
    args: { versioninfo: flag('a list of its numbers') },
    changes: false,
    async run(ctx, { versioninfo }) {
      const told = (await tryGit(ctx, {}, ['--version'])).stdout.split('(')[0]?.trim().split(/\s+/).at(-1) ?? 'unknown';
      return versioninfo ? told.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)) : told;
    },
  }),
};
