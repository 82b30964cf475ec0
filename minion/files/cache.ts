import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fits, hashFile } from './hashes.ts';
import type { FileHash, FileSource } from './source.ts';
import { inTurns } from './turns.ts';
import { placeOf, safeEnv, safePath } from './url.ts';
import { fetchWeb } from './web.ts';

/**
 * The files of the masters as this machine holds them: `cachedir/files/<env>/<path>`, and
 * `cachedir/extrn_files/<env>/<host>/<path>` for those of the web. All that calls and states need.
 */
export class FileCache {
  readonly source: FileSource;
  readonly #cachedir: string;

  constructor(source: FileSource, cachedir: string) {
    this.source = source;
    this.#cachedir = cachedir;
  }

  /** Where the copy of a file of `env` lies, whether or not it is there. @throws BadFileName */
  pathOf(path: string, env: string): string {
    return join(this.#cachedir, 'files', safeEnv(env), safePath(path));
  }

  /** Brings `name` (salt://, http://, file://, /path) here; answers its path, undefined when there is no such file. */
  async cache(name: string, env: string): Promise<string | undefined> {
    const place = placeOf(name, env);
    if (place.kind === 'local') return (await isFile(place.path)) ? place.path : undefined;
    if (place.kind === 'web') return await this.#cacheWeb(place.url, env);
    const hash = await this.source.hash(place.path, place.env);
    const dest = this.pathOf(place.path, place.env);
    if (hash === undefined) return undefined;
    if (await fits(dest, hash)) return dest;
    return (await this.source.fetch(place.path, place.env, dest, hash)) ? dest : undefined;
  }

  /** Brings many paths of one environment; answers where those that exist lie, in the order asked. */
  async cacheMany(paths: readonly string[], env: string): Promise<string[]> {
    const wanted = paths.map((path) => ({ path: safePath(path), dest: this.pathOf(path, env) }));
    const there = await this.source.fetchMany(wanted, env);
    return wanted.filter(({ path }) => there.has(path)).map(({ dest }) => dest);
  }

  /** Brings all files below `prefix` (and, if asked, its empty directories). */
  async cacheDir(prefix: string, env: string, emptyDirs = false): Promise<string[]> {
    const below = safePath(prefix);
    const inside = below === '' ? '' : `${below}/`;
    const files = (await this.source.list('files', env, below)).filter((path) => path.startsWith(inside));
    const cached = await this.cacheMany(files, env);
    if (!emptyDirs) return cached;
    const dirs = (await this.source.list('emptyDirs', env, below))
      .filter((path) => path.startsWith(inside))
      .map((path) => this.pathOf(path, env));
    for (const dir of dirs) await mkdir(dir, { recursive: true });
    return [...cached, ...dirs];
  }

  /** Copies `name` to `dest`, atomically. Undefined when there is no such file. */
  async copyTo(name: string, env: string, dest: string): Promise<string | undefined> {
    const cached = await this.cache(name, env);
    if (cached === undefined) return undefined;
    const draft = `${dest}.${process.pid}.part`;
    try {
      await copyFile(cached, draft, constants.COPYFILE_FICLONE);
      await rename(draft, dest);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return dest;
  }

  /** Copies all files below `prefix` into a directory, named as below the parent of `prefix`; answers what was written. */
  async copyDir(prefix: string, env: string, dest: string): Promise<string[]> {
    const parent = dirname(prefix) === '.' ? '' : dirname(prefix);
    const top = this.pathOf(parent, env);
    const directories = new Set<string>();
    return await inTurns(await this.cacheDir(prefix, env), (cached) => {
      const target = join(dest, relative(top, cached));
      const directory = dirname(target);
      if (!directories.has(directory)) mkdirSync(directory, { recursive: true });
      directories.add(directory);
      copyFileSync(cached, target, constants.COPYFILE_FICLONE);
      return target;
    });
  }

  /** The hash of a file, of a master's without fetching it. */
  async hash(name: string, env: string, kind: string): Promise<FileHash | undefined> {
    const place = placeOf(name, env);
    if (place.kind === 'salt') return await this.source.hash(place.path, place.env);
    const local = await this.cache(name, env);
    const sum = local === undefined ? undefined : await hashFile(local, kind);
    return sum === undefined ? undefined : { kind, sum };
  }

  /** Permission bits, as the source tells them. */
  async mode(name: string, env: string): Promise<number | undefined> {
    const place = placeOf(name, env);
    if (place.kind === 'salt') return await this.source.mode(place.path, place.env);
    return place.kind === 'local' ? (await stat(place.path).catch(() => undefined))?.mode : undefined;
  }

  /** Where the copy lies or would lie; asks nobody. */
  placeOf(name: string, env: string): string {
    const place = placeOf(name, env);
    if (place.kind === 'salt') return this.pathOf(place.path, place.env);
    return place.kind === 'web' ? this.#webPath(place.url, env) : place.path;
  }

  /** Where the copy lies, if one is here; asks nobody. */
  async cached(name: string, env: string): Promise<string | undefined> {
    const path = this.placeOf(name, env);
    return (await isFile(path)) ? path : undefined;
  }

  /** Paths of the copies of one environment, sorted. */
  async listCached(env: string): Promise<string[]> {
    const root = join(this.#cachedir, 'files', safeEnv(env));
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();
  }

  async #cacheWeb(url: URL, env: string): Promise<string> {
    const dest = this.#webPath(url, env);
    await mkdir(dirname(dest), { recursive: true });
    await fetchWeb(url, dest);
    return dest;
  }

  #webPath(url: URL, env: string): string {
    const name = safePath(decodeURIComponent(url.pathname)) || 'index';
    const query = url.search === '' ? '' : `-${Buffer.from(url.search.slice(1)).toString('base64url').slice(0, 80)}`;
    return join(this.#cachedir, 'extrn_files', safeEnv(env), url.host, `${name}${query}`);
  }
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() === true;
