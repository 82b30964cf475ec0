import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { UNUSED } from '../calls.ts';
import { keywordText } from '../kwargs.ts';
import { modifyRepo } from './modify.ts';
import { expandPpa } from './ppa.ts';
import { LineSource, lineOf, repoOf } from './sources/line.ts';
import { SourceList } from './sources/list.ts';
import { type Source, withoutSlash } from './sources/source.ts';
import { refresh } from './tool.ts';

const REPO = { type: 'string', required: true, doc: 'the whole entry, as in a .list file, or `ppa:owner/name`' } as const;

interface Listed {
  readonly type: string;
  readonly uri: string;
  readonly dist: string;
  readonly comps: readonly string[];
  readonly [key: string]: Returnable;
}

/** One map for each type, URI and suite of an entry. */
const listedOf = (source: Source): Listed[] =>
  source.uris.flatMap((uri) =>
    source.suites.flatMap((dist) =>
      source.types.map((type) => ({
        file: source.file,
        comps: source.comps,
        disabled: source.disabled,
        enabled: !source.disabled,
        dist,
        suites: source.suites,
        type,
        types: source.types,
        uri,
        uris: source.uris,
        line: source instanceof LineSource ? source.line : lineOf(source, type, uri, dist).toString(),
        architectures: source.architectures,
        signedby: source.signedby,
      })),
    ),
  );

const listRepos = async (ctx: Ctx): Promise<Record<string, Listed[]>> => {
  const repos: Record<string, Listed[]> = {};
  for (const source of (await SourceList.read(ctx)).valid)
    for (const listed of listedOf(source)) repos[listed.uri] = [...(repos[listed.uri] ?? []), listed];
  return repos;
};

/** The repository of that type, URI and suite that has one of the components asked for; empty if there is none. */
const findRepo = async (ctx: Ctx, text: string): Promise<Returnable> => {
  const repo = repoOf(expandPpa(ctx, text, keywordText(ctx, 'ppa_auth')));
  const [type, uri = '', dist] = [repo.types[0], repo.uris[0], repo.suites[0]];
  const fits = (listed: Listed): boolean =>
    listed.type === type && withoutSlash(listed.uri) === withoutSlash(uri) && listed.dist === dist && sharesComponent(repo, listed);
  return (
    Object.values(await listRepos(ctx))
      .flat()
      .find(fits) ?? {}
  );
};
const sharesComponent = (repo: Source, { comps }: { readonly comps: readonly string[] }): boolean =>
  repo.comps.length === 0 || repo.comps.some((comp) => comps.includes(comp));

/** Takes a repository out of the entries that have it, and tells from which files. */
const deleteRepo = async (ctx: Ctx, text: string): Promise<string> => {
  const name = expandPpa(ctx, text, keywordText(ctx, 'ppa_auth'));
  const repo = repoOf(name);
  const list = await SourceList.read(ctx);
  const matching = list.valid.filter((source) => covers(source, repo, name !== text));
  if (matching.length === 0) throw new CommandFailed(`Repo ${name} doesn't exist in the sources.list(s)`);
  for (const source of matching) {
    takeOut(source, repo);
    if (source.suites.length === 0 || (source.comps.length === 0 && repo.comps.length > 0)) list.remove(source);
  }
  const gone = await list.save();
  const told = [...new Set(matching.map(({ file }) => file))].map((file) =>
    gone.includes(file) ? `File ${file} containing repo '${name}' has been removed.` : `Repo '${name}' has been removed from ${file}.\n`,
  );
  await refresh(ctx, {});
  return told.join('');
};

/** Whether an entry has a repository's type, architectures, URI, suite and one of its components. A PPA has its sources, too. */
const covers = (source: Source, repo: Source, isPpa: boolean): boolean => {
  const [type = '', uri = '', suite = ''] = [repo.types[0], repo.uris[0], repo.suites[0]];
  const sameType = source.types.includes(type) || (isPpa && type === 'deb' && source.types.includes('deb-src'));
  return (
    sameType &&
    source.architectures.join() === repo.architectures.join() &&
    source.uris.map(withoutSlash).includes(withoutSlash(uri)) &&
    source.suites.includes(suite) &&
    (source.comps.some((comp) => repo.comps.includes(comp)) || (source.comps.length === 0 && repo.comps.length === 0))
  );
};

const takeOut = (source: Source, repo: Source): void => {
  const left = source.comps.filter((comp) => !repo.comps.includes(comp));
  const isWhole = left.length === 0 && repo.comps.every((comp) => source.comps.includes(comp));
  if (isWhole) source.suites = source.suites.filter((suite) => suite !== repo.suites[0]);
  else source.comps = left;
};

export const repos = {
  list_repos: call({
    doc: 'All repositories of the sources of apt, also those that are disabled, by URI.',
    examples: ["tsalt '*' pkg.list_repos", "tsalt '*' pkg.list_repos disabled=True"],
    args: {},
    extra: UNUSED,
    changes: false,
    run: (ctx) => listRepos(ctx),
  }),
  get_repo: call({
    doc: 'What is known of one repository; empty if there is none such.',
    examples: [`tsalt '*' pkg.get_repo "deb http://deb.debian.org/debian bookworm main"`],
    args: { repo: REPO },
    extra: 'ppa_auth: `user:password` of a private PPA',
    changes: false,
    run: (ctx, { repo }) => findRepo(ctx, repo),
  }),
  del_repo: call({
    doc: 'Delete a repository; a file in sources.list.d that holds nothing else goes with it.',
    examples: [`tsalt '*' pkg.del_repo "deb http://deb.debian.org/debian bookworm main"`],
    args: { repo: REPO },
    extra: 'ppa_auth: `user:password` of a private PPA',
    changes: true,
    run: (ctx, { repo }) => deleteRepo(ctx, repo),
  }),
  mod_repo: call({
    doc:
      'Add a repository, or change it.\n\nKeywords: file, comps and architectures (with commas between), disabled or enabled, dist, ' +
      'uri, trusted, signedby by the entry itself, comments, refresh (True), keyid with keyserver, key_url or key_text, consolidate.',
    examples: [
      `tsalt '*' pkg.mod_repo "deb http://example.org/debian stable main" file=/etc/apt/sources.list.d/example.list`,
      `tsalt '*' pkg.mod_repo "deb [signed-by=/etc/apt/keyrings/example.gpg] http://example.org/debian stable main" aptkey=False`,
    ],
    args: {
      repo: REPO,
      saltenv: { type: 'string', default: 'base', doc: 'the environment of key_url' },
      aptkey: { type: 'boolean', default: true, doc: 'keys go to apt-key; False: to the file that signed-by names' },
    },
    extra: 'see above',
    changes: true,
    run: (ctx, args) => modifyRepo(ctx, args, (name) => findRepo(ctx, name)),
  }),
};
