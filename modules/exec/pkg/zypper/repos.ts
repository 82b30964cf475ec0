import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { UNUSED } from '../calls.ts';
import { parseRepos } from '../dnf/repo_file.ts';
import { isTrue, keyword, keywordText } from '../kwargs.ts';
import { act, failureOf } from '../run.ts';

const FOLDER = '/etc/zypp/repos.d';
const REPO = { type: 'string', required: true, doc: 'its alias' } as const;
const ROOT = { type: 'string', doc: 'the root of another tree' } as const;

const shown = (alias: string, fields: ReadonlyMap<string, string>): Record<string, Returnable> => ({
  ...Object.fromEntries(
    [...fields].map(([name, value]) => [name, value === '0' || value === '1' ? value === '1' : value === 'NONE' ? null : value]),
  ),
  alias,
});

/** All repositories by alias: yes and no as booleans. */
const listRepos = async (root = '/'): Promise<Record<string, Record<string, Returnable>>> => {
  const folder = join(root, FOLDER);
  const found: Record<string, Record<string, Returnable>> = {};
  for (const name of (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.repo')).sort()) {
    const { sections } = parseRepos(await readFile(join(folder, name), 'utf8'));
    for (const [alias, { fields }] of sections) found[alias] = shown(alias, fields);
  }
  return found;
};

const run = async (ctx: Ctx, ...words: string[]): Promise<void> => {
  const complaint = failureOf(await act(ctx, ['zypper', '--non-interactive', ...words]));
  if (complaint !== undefined) throw new CommandFailed(`Zypper command failure: ${complaint}`);
};

/** Keywords of mod_repo, and what zypper's `mr` has for each. */
const changesOf = (ctx: Ctx): string[] => {
  const flag = (name: string, yes: string, no: string): string[] =>
    keyword(ctx, name) === undefined ? [] : [isTrue(keyword(ctx, name)) ? yes : no];
  const text = (name: string, option: string): string[] =>
    keywordText(ctx, name) === undefined ? [] : [`${option}=${keywordText(ctx, name)}`];
  return [
    ...flag('enabled', '--enable', '--disable'),
    ...flag('refresh', '--refresh', '--no-refresh'),
    ...flag('cache', '--keep-packages', '--no-keep-packages'),
    ...flag('gpgcheck', '--gpgcheck', '--no-gpgcheck'),
    ...text('priority', '--priority'),
    ...text('humanname', '--name'),
  ];
};

export const repos = {
  list_repos: call({
    doc: 'All repositories, by alias.',
    examples: ["tsalt '*' pkg.list_repos"],
    args: { root: ROOT },
    extra: UNUSED,
    changes: false,
    run: (_ctx, { root }) => listRepos(root),
  }),
  get_repo: call({
    doc: 'What is known of one repository; empty if there is none such.',
    examples: ["tsalt '*' pkg.get_repo alias"],
    args: { repo: REPO, root: ROOT },
    extra: UNUSED,
    changes: false,
    run: async (_ctx, { repo, root }) => (await listRepos(root))[repo] ?? {},
  }),
  del_repo: call({
    doc: 'Delete a repository.',
    examples: ["tsalt '*' pkg.del_repo alias"],
    args: { repo: REPO, root: ROOT },
    changes: true,
    async run(ctx, { repo, root }) {
      if (!(repo in (await listRepos(root)))) throw new CommandFailed(`Repository '${repo}' not found.`);
      await run(ctx, 'rr', '--loose-auth', '--loose-query', repo);
      return { [repo]: true, message: `Repository '${repo}' has been removed.` };
    },
  }),
  mod_repo: call({
    doc: 'Add a repository, or change it.',
    examples: ["tsalt '*' pkg.mod_repo alias url=http://host/path enabled=True"],
    args: { repo: REPO },
    extra: 'url, enabled, refresh, cache, gpgcheck, priority, humanname, gpgautoimport',
    changes: true,
    async run(ctx, { repo }): Promise<Returnable> {
      const known = await listRepos();
      const url = keywordText(ctx, 'url') ?? keywordText(ctx, 'mirrorlist') ?? keywordText(ctx, 'baseurl');
      if (!(repo in known)) {
        if (url === undefined)
          throw new CommandFailed(`Repository '${repo}' not found, and neither 'baseurl' nor 'mirrorlist' was specified`);
        await run(ctx, 'ar', url, repo);
      }
      const changes = changesOf(ctx);
      if (changes.length > 0) await run(ctx, 'mr', ...changes, repo);
      if (isTrue(keyword(ctx, 'gpgautoimport'))) await run(ctx, '--gpg-auto-import-keys', 'refresh', repo);
      return (await listRepos())[repo] ?? {};
    },
  }),
};
