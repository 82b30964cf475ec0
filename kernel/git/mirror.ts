import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { type Access, accessTo, type Credentials, shownUrl, writeHelper } from './access.ts';
import { type Git, gitIn } from './program.ts';
import { type GitTree, readTree } from './tree.ts';

export type RefType = 'branch' | 'tag' | 'sha';

export interface MirrorOptions {
  readonly url: string;
  /** Under which the copy is kept; its URL when it has none. */
  readonly name?: string | undefined;
  /** Below which the copies of all remotes lie. */
  readonly directory: string;
  readonly credentials: Credentials;
  readonly refspecs: readonly string[];
  /** Commits of each branch that are fetched; 0 is all. */
  readonly depth: number;
  /** Seconds a fetch may take. */
  readonly timeout: number;
  readonly log: Log;
}

/** Branches and tags with the commits they mean. */
interface Refs {
  readonly branch: ReadonlyMap<string, string>;
  readonly tag: ReadonlyMap<string, string>;
}

const NONE: Refs = { branch: new Map(), tag: new Map() };
/** Commits whose files are kept, and how long (ms) those of a commit that nobody asks for stay. */
const TREES = 64;
const UNUSED_MS = 3600_000;
const UNKNOWN_COMMITS = 1000;

/**
 * A bare copy of a remote. `fetch` is the one thing that waits for the network; all else answers from what the last
 * good fetch brought, whatever became of the remote since.
 */
export class GitMirror implements AsyncDisposable {
  readonly url: string;
  readonly #options: MirrorOptions;
  readonly #place: string;
  readonly #git: Git;
  readonly #closing = new AbortController();
  readonly #trees = new Map<string, Promise<GitTree>>();
  readonly #commits = new Map<string, Promise<string | undefined>>();
  /** Branches and tags that were asked for: the files of their next commits are laid out before they are served. */
  readonly #wanted = new Map<string, readonly [RefType, string]>();
  #refs = NONE;
  #generation = 0;
  #opened: Promise<void> | undefined;
  #fetching: Promise<boolean> | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.url = shownUrl(options.url);
    this.#place = join(options.directory, placeName(options.name ?? options.url));
    this.#git = gitIn(join(this.#place, 'repository'), this.#closing.signal, options.log);
  }

  get directory(): string {
    return this.#place;
  }

  /** Whether anything was ever fetched. */
  async isFilled(): Promise<boolean> {
    await this.#open();
    return this.#refs.branch.size + this.#refs.tag.size > 0;
  }

  /** Changes whenever branches or tags may have. */
  get generation(): number {
    return this.#generation;
  }

  /** Names of branches, or tags. */
  async names(type: 'branch' | 'tag'): Promise<readonly string[]> {
    await this.#open();
    return [...this.#refs[type].keys()];
  }

  /** The files of the first of `types` that has this name; undefined when there is none, or nothing was fetched yet. */
  async tree(name: string, types: readonly RefType[]): Promise<GitTree | undefined> {
    await this.#open();
    for (const type of types) {
      const commit = type === 'sha' ? await this.#commit(name) : this.#refs[type].get(name);
      if (commit === undefined) continue;
      if (type !== 'sha') this.#wanted.set(`${type} ${name}`, [type, name]);
      return await this.#tree(commit);
    }
    return undefined;
  }

  /** Brings the copy up to date; true when a branch or tag changed. @throws GitFailed, RangeError */
  async fetch(): Promise<boolean> {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return await this.#fetching;
  }

  /** Keeps it from being fetched, also over a restart. False when it was so already. */
  async lock(): Promise<boolean> {
    await mkdir(this.#place, { recursive: true, mode: 0o700 });
    return await writeFile(this.#lock, `${process.pid}\n`, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return false;
      },
    );
  }

  async isLocked(): Promise<boolean> {
    return (await stat(this.#lock).catch(() => undefined)) !== undefined;
  }

  async unlock(): Promise<boolean> {
    const locked = await this.isLocked();
    await rm(this.#lock, { force: true, recursive: true });
    return locked;
  }

  /** Forgets everything; the next fetch begins anew. */
  async clear(): Promise<void> {
    await this.#fetching?.catch(() => undefined);
    this.#refs = NONE;
    this.#generation += 1;
    this.#opened = undefined;
    this.#trees.clear();
    this.#commits.clear();
    await rm(this.#place, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the daemon stops'));
    await this.#fetching?.catch(() => undefined);
  }

  get #lock(): string {
    return join(this.#place, 'update.lk');
  }

  async #open(): Promise<void> {
    this.#opened ??= this.#prepare();
    await this.#opened;
  }

  async #prepare(): Promise<void> {
    try {
      await mkdir(this.#place, { recursive: true, mode: 0o700 });
      const repository = join(this.#place, 'repository');
      await this.#git(['init', '--quiet', '--bare']);
      await removeStaleLocks(repository, this.#options.timeout * 1000);
      // Files are served as they are kept: no attribute of the repository may turn them into something else.
      await mkdir(join(repository, 'info'), { recursive: true });
      await writeFile(join(repository, 'info/attributes'), '* -text -eol -filter -ident -working-tree-encoding\n');
      this.#refs = await this.#readRefs();
      this.#generation += 1;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  async #fetch(): Promise<boolean> {
    await this.#open();
    if (await this.isLocked()) {
      this.#options.log.warn(`${this.url} is locked and was not fetched (tsalt-run fileserver.clear_lock lets it)`);
      return false;
    }
    const { depth, refspecs, timeout } = this.#options;
    const access = await this.#access();
    const shallow = depth > 0 ? [`--depth=${depth}`] : [];
    await this.#git(['fetch', '--quiet', '--prune', '--force', ...shallow, '--', access.url, ...refspecs], { access, timeout });
    return await this.#take(await this.#readRefs());
  }

  async #access(): Promise<Access> {
    return accessTo(this.#options.url, this.#options.credentials, await writeHelper(this.#options.directory));
  }

  /** The files of what is in use are laid out first, so that nobody waits for them. */
  async #take(refs: Refs): Promise<boolean> {
    const changed = !same(refs.branch, this.#refs.branch) || !same(refs.tag, this.#refs.tag);
    for (const [key, [type, name]] of this.#wanted) {
      const commit = type === 'sha' ? undefined : refs[type].get(name);
      if (commit === undefined) this.#wanted.delete(key);
      else await this.#tree(commit);
    }
    this.#refs = refs;
    this.#generation += 1;
    this.#commits.clear();
    await this.#prune();
    return changed;
  }

  async #readRefs(): Promise<Refs> {
    const format = '%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)';
    const listed = await this.#git(['for-each-ref', `--format=${format}`, 'refs/remotes/origin/', 'refs/tags/']);
    const refs = { branch: new Map<string, string>(), tag: new Map<string, string>() };
    for (const line of listed.toString().split('\n')) {
      const [name = '', kind, object = '', inner, target = ''] = line.split('\0');
      const commit = kind === 'commit' ? object : inner === 'commit' ? target : undefined;
      if (commit === undefined) continue;
      if (name.startsWith('refs/tags/')) refs.tag.set(name.slice('refs/tags/'.length), commit);
      else if (name !== 'refs/remotes/origin/HEAD') refs.branch.set(name.slice('refs/remotes/origin/'.length), commit);
    }
    return refs;
  }

  /** The commit an (abbreviated) id means. */
  async #commit(id: string): Promise<string | undefined> {
    if (!/^[0-9a-f]{4,64}$/i.test(id)) return undefined;
    const known = this.#commits.get(id);
    if (known !== undefined) return await known;
    const looked = this.#git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${id}^{commit}`]).then(
      (found) => found.toString().trim(),
      () => undefined,
    );
    if (this.#commits.size >= UNKNOWN_COMMITS) this.#commits.clear();
    this.#commits.set(id, looked);
    return await looked;
  }

  async #tree(commit: string): Promise<GitTree> {
    const known = this.#trees.get(commit);
    this.#trees.delete(commit);
    const reading = known ?? readTree(this.#git, commit, join(this.#place, 'trees'));
    this.#trees.set(commit, reading);
    if (known === undefined) reading.catch(() => this.#trees.delete(commit));
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > TREES && oldest !== undefined) this.#trees.delete(oldest);
    return await reading;
  }

  /** Removes files of commits that nobody asked for within the last hour. */
  async #prune(): Promise<void> {
    const place = join(this.#place, 'trees');
    const now = new Date();
    for (const commit of this.#trees.keys()) {
      if (this.#isCurrent(commit)) await utimes(join(place, commit), now, now).catch(() => undefined);
    }
    for (const name of await readdir(place).catch(() => [])) {
      if (this.#isCurrent(name)) continue;
      const found = await stat(join(place, name)).catch(() => undefined);
      if (found === undefined || now.getTime() - found.mtimeMs < UNUSED_MS) continue;
      this.#trees.delete(name);
      await rm(join(place, name), { recursive: true, force: true }).catch((error: unknown) =>
        this.#options.log.warn(`${join(place, name)} could not be removed: ${messageOf(error)}`),
      );
    }
  }

  #isCurrent(commit: string): boolean {
    return [...this.#wanted.values()].some(([type, name]) => type !== 'sha' && this.#refs[type].get(name) === commit);
  }
}

const same = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, commit]) => b.get(name) === commit);

/** A name that can be a directory, and tells a person which remote it is. */
function placeName(id: string): string {
  const words = shownUrl(id)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(-60);
  return `${words}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

/** What a killed git left behind would keep every later one from working. */
async function removeStaleLocks(repository: string, ageMs: number): Promise<void> {
  for (const entry of await readdir(repository, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.lock')) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > ageMs) await rm(path, { force: true });
  }
}
