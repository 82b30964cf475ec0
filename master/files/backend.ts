/** A place that files for minions come from: directories, git. All paths are relative, with `/`, without `salt://`. */
export interface FileBackend {
  readonly name: string;
  /** The environments it serves (`base`, ...). */
  envs(): Promise<readonly string[]>;
  /** Where a file lies on this machine. Undefined: not here, or not to be served. */
  find(path: string, saltenv: string): Promise<FoundFile | undefined>;
  list(saltenv: string): Promise<Listing>;
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
