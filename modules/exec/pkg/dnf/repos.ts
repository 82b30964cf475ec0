import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CallRefused, type Ctx, call, type Returnable } from '../../../define.ts';
import { UNUSED } from '../calls.ts';
import { keyword, listOf } from '../kwargs.ts';
import { parseRepos, type RepoFile, writeRepos } from './repo_file.ts';

const LINKS = ['baseurl', 'mirrorlist', 'metalink'];
const CONFIGS = ['/etc/yum/yum.conf', '/etc/yum.conf', '/etc/dnf/dnf.conf', '/etc/tdnf/tdnf.conf'];
const REPO = { type: 'string', required: true, doc: 'the id: what stands between brackets' } as const;
const BASEDIR = { type: 'any', doc: 'directories of .repo files; those of the configuration by default' } as const;

/** The directories of .repo files: those asked for, or `reposdir` of the first configuration there is. */
const directories = async (given: Returnable | undefined): Promise<string[]> => {
  if (given != null && given !== '') return listOf(given);
  for (const path of CONFIGS) {
    const config = parseRepos(await readFile(path, 'utf8').catch(() => ''));
    const reposdir = config.sections.get('main')?.fields.get('reposdir');
    if (reposdir !== undefined) return listOf(reposdir.replaceAll('\n', ','));
  }
  return ['/etc/yum/repos.d', '/etc/yum.repos.d'];
};

interface Placed {
  readonly path: string;
  readonly file: RepoFile;
}

const readAll = async (folders: readonly string[]): Promise<Placed[]> => {
  const found: Placed[] = [];
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.repo')).sort();
    for (const name of names) found.push({ path: join(folder, name), file: parseRepos(await readFile(join(folder, name), 'utf8')) });
  }
  return found;
};

const shown = (file: RepoFile, repo: string): Record<string, Returnable> => {
  const section = file.sections.get(repo);
  if (section === undefined) return {};
  return { ...Object.fromEntries(section.fields), ...(section.comments.length > 0 ? { comments: section.comments } : {}) };
};
const holderOf = (all: readonly Placed[], repo: string): Placed | undefined => all.findLast(({ file }) => file.sections.has(repo));

const deleteRepo = async (repo: string, folders: readonly string[]): Promise<string> => {
  const holder = holderOf(await readAll(folders), repo);
  if (holder === undefined) return `Error: the ${repo} repo does not exist in [${folders.map((folder) => `'${folder}'`).join(', ')}]`;
  if (holder.file.sections.size === 1) {
    await rm(holder.path);
    return `File ${holder.path} containing repo ${repo} has been removed`;
  }
  holder.file.sections.delete(repo);
  await writeFile(holder.path, writeRepos(holder.file));
  return `Repo ${repo} has been removed from ${holder.path}`;
};

/** What keywords ask to be set, and what they ask, by being empty, to be deleted. */
const wishesOf = (ctx: Ctx): { readonly set: Record<string, Returnable>; readonly remove: Set<string> } => {
  const given = Object.entries(ctx.extra).filter(([name]) => !name.startsWith('__') && name !== 'saltenv');
  const isEmpty = (value: Returnable): boolean => value !== 0 && !value;
  const set = Object.fromEntries(given.filter(([, value]) => !isEmpty(value)));
  if (given.filter(([name]) => LINKS.includes(name)).length > 1)
    throw new CallRefused(`One and only one of ${LINKS.join(', ')} can be used`);
  const link = LINKS.find((name) => name in set);
  const remove = new Set(given.filter(([, value]) => isEmpty(value)).map(([name]) => name));
  if (link !== undefined) for (const other of LINKS) if (other !== link) remove.add(other);
  if (remove.has('name')) throw new CallRefused('The repo name cannot be deleted');
  return { set, remove };
};

const place = async (repo: string, folders: readonly string[], set: Readonly<Record<string, Returnable>>): Promise<Placed> => {
  const all = await readAll(folders);
  const holder = holderOf(all, repo);
  if (holder !== undefined) return holder;
  const absent = 'The repo does not exist and needs to be created, but';
  for (const folder of folders) {
    if ((await readdir(folder).catch(() => undefined)) === undefined) continue;
    if (!('name' in set)) throw new CallRefused(`${absent} a name was not given`);
    if (!LINKS.some((link) => link in set)) throw new CallRefused(`${absent} none of ${LINKS.join(', ')} was given`);
    const sections = new Map([[repo, { fields: new Map<string, string>(), comments: [] }]]);
    return { path: join(folder, `${repo}.repo`), file: { header: [], sections } };
  }
  const shownFolders = `[${folders.map((folder) => `'${folder}'`).join(', ')}]`;
  throw new CallRefused(`${absent} none of the following basedir directories exist: ${shownFolders}`);
};

const modifyRepo = async (ctx: Ctx, repo: string, folders: readonly string[]): Promise<Returnable> => {
  const { set, remove } = wishesOf(ctx);
  const { path, file } = await place(repo, folders, set);
  const section = file.sections.get(repo);
  if (section === undefined) throw new CallRefused(`The repo ${repo} is not in ${path}`);
  for (const link of LINKS) {
    const others = LINKS.filter((other) => other !== link);
    if (remove.has(link) && others.every((other) => !(other in set) && !section.fields.has(other)))
      throw new CallRefused(`Cannot delete ${link} without specifying ${others.join(' or ')}`);
  }
  for (const name of remove) section.fields.delete(name);
  for (const [name, value] of Object.entries(set)) {
    if (name === 'comments') section.comments = [value].flat().map(String);
    else section.fields.set(name, typeof value === 'boolean' ? (value ? '1' : '0') : String(value));
  }
  await writeFile(path, writeRepos(file));
  return { [path]: Object.fromEntries([...file.sections.keys()].map((name) => [name, shown(file, name)])) };
};

export const repos = {
  list_repos: call({
    doc: 'All repositories, by id, with the file each stands in.',
    examples: ["tsalt '*' pkg.list_repos", "tsalt '*' pkg.list_repos basedir=/path/to/dir,/path/to/another/dir"],
    args: { basedir: BASEDIR },
    extra: UNUSED,
    changes: false,
    async run(ctx, { basedir }) {
      const all = await readAll(await directories(basedir ?? keyword(ctx, 'basedir')));
      return Object.fromEntries(
        all.flatMap(({ path, file }) => [...file.sections.keys()].map((name) => [name, { ...shown(file, name), file: path }] as const)),
      );
    },
  }),
  get_repo: call({
    doc: 'What is known of one repository; empty if there is none such.',
    examples: ["tsalt '*' pkg.get_repo myrepo"],
    args: { repo: REPO, basedir: BASEDIR },
    extra: UNUSED,
    changes: false,
    async run(_ctx, { repo, basedir }) {
      const holder = holderOf(await readAll(await directories(basedir)), repo);
      return holder === undefined ? {} : shown(holder.file, repo);
    },
  }),
  del_repo: call({
    doc: 'Delete a repository; a file that holds nothing else goes with it.',
    examples: ["tsalt '*' pkg.del_repo myrepo"],
    args: { repo: REPO, basedir: BASEDIR },
    extra: UNUSED,
    changes: true,
    run: async (_ctx, { repo, basedir }) => deleteRepo(repo, await directories(basedir)),
  }),
  mod_repo: call({
    doc: 'Add a repository, or change it: each keyword is one of its options, an empty one deletes it.',
    examples: [
      "tsalt '*' pkg.mod_repo reponame enabled=1 gpgcheck=1",
      "tsalt '*' pkg.mod_repo reponame name='A repo' baseurl=http://example.org/",
    ],
    args: { repo: REPO, basedir: BASEDIR },
    extra: 'the options: name, baseurl, mirrorlist, metalink, enabled, gpgcheck, gpgkey, comments, ...',
    changes: true,
    run: async (ctx, { repo, basedir }) => modifyRepo(ctx, repo, await directories(basedir)),
  }),
};
