import type { Ctx, Host, Returnable } from '../../define.ts';

/** Versions by package name; a kernel may be there in several. */
export type Versions = ReadonlyMap<string, readonly string[]>;

/** What to install, as the tool takes it (`tree`, `tree=2.1`, `/path/tree.deb`), by what is to be done with it. */
export interface InstallPlan {
  readonly install: readonly string[];
  readonly downgrade: readonly string[];
  readonly reinstall: readonly string[];
}
/** What a command that changes packages said: nothing, or why it failed. */
export type Complaint = string | undefined;

/** How one system's package tool is asked. To add one: a folder beside `apt/`, and a line in minion/builtins.ts. */
export interface PackageTool {
  /** The program, for messages. */
  readonly name: string;
  serves(host: Host): boolean;
  /** What is installed, versions of one name sorted. */
  installed(ctx: Ctx): Promise<Versions>;
  /** Removed, with configuration left. Only dpkg knows this. */
  readonly removed?: (ctx: Ctx) => Promise<Versions>;
  /** Fetches the lists; what each tool tells of it is its own. */
  refresh(ctx: Ctx, cacheSeconds?: number): Promise<Returnable>;
  /** The newest version on offer by name; names nobody offers are missing. */
  candidates(ctx: Ctx, names: readonly string[], fromrepo?: string): Promise<ReadonlyMap<string, string>>;
  /** All versions on offer, newest first. */
  offers(ctx: Ctx, names: readonly string[]): Promise<Versions>;
  compare(one: string, other: string): number;
  normalize(ctx: Ctx, name: string): string;
  /** The word for a version of a package: `tree=2.1`. */
  pinned(name: string, version: string): string;
  /** Name and version of a package file. */
  describe(ctx: Ctx, path: string): Promise<{ readonly name: string; readonly version: string }>;
  remove(ctx: Ctx, action: 'remove' | 'purge', names: readonly string[]): Promise<Complaint>;
  /** Names kept at their version. */
  held(ctx: Ctx): Promise<readonly string[]>;
  /** Lets go of, or keeps, packages around an installation that names them. */
  setHeld(ctx: Ctx, names: readonly string[], hold: boolean): Promise<void>;
  owner(ctx: Ctx, path: string): Promise<string>;
  files(ctx: Ctx, names: readonly string[]): Promise<Record<string, string[]> | string>;
  info(ctx: Ctx, names: readonly string[]): Promise<Returnable>;
}
