/** A hash as Salt writes it. */
export interface FileHash {
  /** `sha256`, `md5`, ... */
  readonly kind: string;
  /** Lower-case hex. */
  readonly sum: string;
}

export type Listing = 'files' | 'dirs' | 'emptyDirs';

/** Where the files of the environments are: a master, or roots on this machine. */
export interface FileSource {
  envs(): Promise<readonly string[]>;
  list(what: Listing, env: string, prefix: string): Promise<readonly string[]>;
  symlinks(env: string, prefix: string): Promise<Readonly<Record<string, string>>>;
  /** Undefined when there is no such file. */
  hash(path: string, env: string): Promise<FileHash | undefined>;
  /** Permission bits, if the source tells them. */
  mode(path: string, env: string): Promise<number | undefined>;
  /**
   * Brings one file to `dest`, atomically; what a cut transfer left there is used.
   * False when there is no such file. @throws FileDiffers, TimedOut
   */
  fetch(path: string, env: string, dest: string, hash: FileHash | undefined): Promise<boolean>;
  /**
   * Brings many, those whose bytes at `dest` are already right left alone.
   * Answers which of them exist, in any order.
   */
  fetchMany(wanted: readonly Wanted[], env: string): Promise<ReadonlySet<string>>;
}

export interface Wanted {
  readonly path: string;
  readonly dest: string;
}
