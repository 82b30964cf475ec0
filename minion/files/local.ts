import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fits, hashFile } from './hashes.ts';
import type { FileHash, FileSource, Listing, Wanted } from './source.ts';

/** Directories of each environment, first match wins (`file_roots`). */
export type Roots = Readonly<Record<string, readonly string[]>>;

/** The files of roots on this machine (`file_client: local`, `tsalt-call --local`). */
export class LocalFiles implements FileSource {
  readonly #roots: Roots;
  readonly #hashKind: string;

  constructor(roots: Roots, hashKind = 'sha256') {
    this.#roots = roots;
    this.#hashKind = hashKind;
  }

  async envs(): Promise<readonly string[]> {
    return Object.keys(this.#roots);
  }

  async list(what: Listing, env: string, prefix: string): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const root of this.#rootsOf(env))
      for await (const [path, kind] of walk(root, '')) if (kind === what || alsoDir(what, kind)) found.add(path);
    return [...found].filter((path) => path.startsWith(prefix)).sort();
  }

  async symlinks(): Promise<Readonly<Record<string, string>>> {
    return Object.create(null);
  }

  async hash(path: string, env: string): Promise<FileHash | undefined> {
    const found = await this.find(path, env);
    const sum = found === undefined ? undefined : await hashFile(found, this.#hashKind);
    return sum === undefined ? undefined : { kind: this.#hashKind, sum };
  }

  async mode(path: string, env: string): Promise<number | undefined> {
    const found = await this.find(path, env);
    return found === undefined ? undefined : (await stat(found)).mode & 0o7777;
  }

  async fetch(path: string, env: string, dest: string): Promise<boolean> {
    const found = await this.find(path, env);
    if (found === undefined) return false;
    await mkdir(dirname(dest), { recursive: true });
    const draft = `${dest}.${process.pid}.part`;
    await copyFile(found, draft, constants.COPYFILE_FICLONE);
    await rename(draft, dest);
    return true;
  }

  async fetchMany(wanted: readonly Wanted[], env: string): Promise<ReadonlySet<string>> {
    const there = new Set<string>();
    for (const { path, dest } of wanted) {
      const hash = await this.hash(path, env);
      if (hash === undefined) continue;
      if ((await fits(dest, hash)) || (await this.fetch(path, env, dest))) there.add(path);
    }
    return there;
  }

  /** The file itself; undefined when no root has it. */
  async find(path: string, env: string): Promise<string | undefined> {
    for (const root of this.#rootsOf(env)) {
      const full = join(root, path);
      const found = await stat(full).catch(() => undefined);
      if (found?.isFile() === true) return full;
    }
    return undefined;
  }

  /** An environment that is not named falls to `__env__`, as in Salt. */
  #rootsOf(env: string): readonly string[] {
    return this.#roots[env] ?? this.#roots['__env__'] ?? [];
  }
}

const alsoDir = (what: Listing, kind: Listing): boolean => what === 'dirs' && kind === 'emptyDirs';

async function* walk(root: string, below: string): AsyncGenerator<[string, Listing]> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch(() => []);
  if (below !== '') yield [below, entries.length === 0 ? 'emptyDirs' : 'dirs'];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(join(root, path)).catch(() => undefined) : entry;
    if (kind?.isDirectory() === true) yield* walk(root, path);
    else if (kind?.isFile() === true) yield [path, 'files'];
  }
}
