import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { FileBackend, FoundFile, Listing } from '../backend.ts';

export interface RootsOptions {
  /** Salt's `file_roots`: directories of each environment, first come first served. */
  readonly roots: Readonly<Record<string, readonly string[]>>;
  /** Whether symbolic links are followed; the ones that leave every root are not, unless they end below `linkTargets`. */
  readonly followLinks: boolean;
  /** Salt's `fileserver_ignoresymlinks`: links are neither listed nor served. */
  readonly ignoreLinks: boolean;
  /** Directories outside the roots that links may lead to. */
  readonly linkTargets: readonly string[];
  /** Salt's `file_ignore_regex` and `file_ignore_glob`, as one test of a relative path. */
  readonly ignored: (path: string) => boolean;
  /** How long a listing is used before the directories are read again, in ms. */
  readonly listingMs: number;
  readonly log: Log;
}

/** Minions may ask for any environment: listings of so many are kept. */
const MOST_LISTINGS = 64;

/** Files from directories of this machine (Salt's `roots`). */
export function rootsBackend(options: RootsOptions): FileBackend {
  const listings = new Map<string, { readonly at: number; readonly listing: Promise<Listing> }>();
  const named = new Map(Object.entries(options.roots));
  const dynamic = named.get('__env__') ?? [];
  const rootsOf = (saltenv: string): readonly string[] =>
    named.get(saltenv) ?? (/^\w[\w.-]*$/.test(saltenv) ? dynamic.map((root) => root.replaceAll('__env__', saltenv)) : []);

  return {
    name: 'roots',
    envs: async () =>
      Object.keys(options.roots)
        .filter((name) => name !== '__env__')
        .sort(),
    find: async (asked, saltenv) => {
      const path = posix.normalize(asked);
      if (options.ignored(path)) return undefined;
      for (const root of rootsOf(saltenv)) {
        const found = await findIn(root, path, rootsOf(saltenv), options);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: async (saltenv) => {
      const kept = listings.get(saltenv);
      if (kept !== undefined && Date.now() - kept.at < options.listingMs) return await kept.listing;
      const listing = listAll(rootsOf(saltenv), options);
      listings.delete(saltenv);
      for (const oldest of listings.keys()) if (listings.size < MOST_LISTINGS || !listings.delete(oldest)) break;
      listings.set(saltenv, { at: Date.now(), listing });
      return await listing;
    },
  };
}

async function findIn(root: string, path: string, roots: readonly string[], options: RootsOptions): Promise<FoundFile | undefined> {
  const full = join(root, path);
  try {
    const real = await realpath(full);
    if (real !== full && !(await mayLead(real, full, root, roots, options))) return undefined;
    const at = await stat(real);
    if (!at.isFile()) return undefined;
    const numbers = [at.mode, at.ino, at.dev, at.nlink, at.uid, at.gid, at.size, at.atimeMs / 1000, at.mtimeMs / 1000, at.ctimeMs / 1000];
    return { path: real, size: at.size, mtimeMs: at.mtimeMs, stat: numbers.map(Math.trunc) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') options.log.warn(`cannot serve ${full}: ${messageOf(error)}`);
    return undefined;
  }
}

/** Whether the file behind a link may be served: links must not lead minions to the master's other files. */
async function mayLead(real: string, full: string, root: string, roots: readonly string[], options: RootsOptions): Promise<boolean> {
  const below = async (directory: string): Promise<boolean> => {
    const base = await realpath(directory).catch(() => undefined);
    return base !== undefined && real.startsWith(base.endsWith(sep) ? base : base + sep);
  };
  // Only the root itself is a link, or a directory above it: the file is where it seems to be.
  if (real === join(await realpath(root), relative(root, full))) return true;
  if (!options.followLinks || options.ignoreLinks) return false;
  for (const directory of [...roots, ...options.linkTargets]) if (await below(directory)) return true;
  options.log.warn(`${full} leads out of file_roots to ${real}: not served (name the directory in fileserver_symlink_targets to allow it)`);
  return false;
}

interface Collected {
  readonly files: Set<string>;
  readonly dirs: Set<string>;
  readonly emptyDirs: Set<string>;
  readonly links: Record<string, string>;
}

async function listAll(roots: readonly string[], options: RootsOptions): Promise<Listing> {
  const into: Collected = { files: new Set(), dirs: new Set(), emptyDirs: new Set(), links: Object.create(null) };
  for (const root of roots) await walk(root, '', roots, into, options, new Set());
  const sorted = (set: ReadonlySet<string>): string[] => [...set].sort();
  return { files: sorted(into.files), dirs: sorted(into.dirs), emptyDirs: sorted(into.emptyDirs), links: into.links };
}

/** `above`: real paths of the directories on the way here, so that a link to one of them ends the walk. */
async function walk(
  root: string,
  at: string,
  roots: readonly string[],
  into: Collected,
  options: RootsOptions,
  above: ReadonlySet<string>,
): Promise<void> {
  const here = join(root, at);
  const entries = await readdir(here, { withFileTypes: true }).catch(() => []);
  if (entries.length === 0 && at !== '') into.emptyDirs.add(at);
  const real = await realpath(here).catch(() => here);
  if (above.has(real)) return;
  for (const entry of entries) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    if (options.ignored(path) || (options.ignoreLinks && entry.isSymbolicLink())) continue;
    const kind = entry.isSymbolicLink()
      ? await linkKind(root, path, roots, into, options)
      : entry.isDirectory()
        ? 'dir'
        : entry.isFile()
          ? 'file'
          : 'other';
    if (kind === 'file') into.files.add(path);
    if (kind !== 'dir') continue;
    into.dirs.add(path);
    await walk(root, path, roots, into, options, new Set([...above, real]));
  }
}

async function linkKind(
  root: string,
  path: string,
  roots: readonly string[],
  into: Collected,
  options: RootsOptions,
): Promise<'file' | 'dir' | 'other'> {
  const full = join(root, path);
  into.links[path] = await readlink(full).catch(() => '');
  const real = await realpath(full).catch(() => undefined);
  if (real === undefined || !(await mayLead(real, full, root, roots, options))) return 'other';
  const target = await stat(real).catch(() => undefined);
  return target?.isDirectory() ? 'dir' : target?.isFile() ? 'file' : 'other';
}
