/** A place that files for minions come from: directories, git. All paths are relative, with `/`, without `salt://`. */
export interface FileBackend {
  readonly name: string;
  /** The environments it serves (`base`, ...). */
  envs(): Promise<readonly string[]>;
  /** Where a file lies on this machine. Undefined: not here, or not to be served. */
  find(path: string, saltenv: string): Promise<FoundFile | undefined>;
  list(saltenv: string): Promise<Listing>;
  /** Of backends that keep copies of something elsewhere. */
  readonly upkeep?: Upkeep;
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** What the runner `fileserver` can ask of a backend. A pattern is a glob of URLs. */
export interface Upkeep {
  /** Brings the copies up to date, all or those of remotes that are named so; resolves when that was tried. */
  update(remotes: readonly string[] | undefined): Promise<void>;
  /** Answers what went wrong. */
  clearCache(): Promise<readonly string[]>;
  lock(pattern: string | undefined): Promise<Done>;
  clearLock(pattern: string | undefined): Promise<Done>;
}

/** What was done and what was not, each told in words. */
export interface Done {
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

export interface FoundFile {
  /** Absolute path on the master. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** Python's `list(os.stat(...))`: mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime. */
  readonly stat: readonly number[];
}

/** Everything in an environment, each list sorted. */
export interface Listing {
  readonly files: readonly string[];
  readonly dirs: readonly string[];
  readonly emptyDirs: readonly string[];
  /** Link to target, both as Salt prints them. */
  readonly links: Readonly<Record<string, string>>;
}

/** A path as minions may name it: relative, below its root, without tricks. */
export function isServable(path: string): boolean {
  if (path === '' || path.startsWith('/') || path.includes('\0') || path.includes('\\')) return false;
  return !path.split('/').some((part) => part === '..');
}

/** Several listings as one; of links with one name the first counts. */
export function joined(listings: readonly Listing[]): Listing {
  const [only] = listings;
  if (only !== undefined && listings.length === 1) return only;
  const all = (pick: (listing: Listing) => readonly string[]): string[] => [...new Set(listings.flatMap(pick))].sort();
  return {
    files: all((listing) => listing.files),
    dirs: all((listing) => listing.dirs),
    emptyDirs: all((listing) => listing.emptyDirs),
    links: Object.assign(Object.create(null), ...[...listings].reverse().map((listing) => listing.links)),
  };
}
