import type { Ctx, Host, Returnable } from '../../define.ts';

/** Versions by package name; a kernel may be there in several. */
export type Versions = ReadonlyMap<string, readonly string[]>;
export interface Inventory {
  readonly installed: Versions;
  /** Removed, with their configuration left. */
  readonly removed: Versions;
  /** Installed, and wanted gone. */
  readonly purging: Versions;
}

/** How an installation is to be done; what a tool cannot do it ignores. */
export interface InstallOptions {
  readonly fromrepo?: string | undefined;
  readonly skipVerify: boolean;
  readonly onlyUpgrade: boolean;
  readonly newConfiguration: boolean;
  readonly recommends?: boolean | undefined;
  readonly forceYes: boolean;
  readonly downloadOnly: boolean;
  readonly env: Readonly<Record<string, string>>;
}
/** Package words as the tool takes them (`tree`, `tree=2.1`, `/path/tree.deb`), by what is to be done with them. */
export interface InstallPlan {
  readonly install: readonly string[];
  readonly downgrade: readonly string[];
  readonly reinstall: readonly string[];
}
export interface UpgradeOptions {
  readonly dist: boolean;
  readonly newConfiguration: boolean;
  readonly skipVerify: boolean;
  readonly downloadOnly: boolean;
  readonly allowDowngrades: boolean;
}
/** What a command that changes packages said: nothing, or why it failed. */
export type Complaint = string | undefined;

/** One system's package tool. To add one: write it in its own file, and name it in `tools` of index.ts. */
export interface PackageTool {
  readonly name: string;
  serves(host: Host): boolean;
  inventory(ctx: Ctx): Promise<Inventory>;
  /** True: fetched, null: unchanged, false: failed, by source. */
  refresh(ctx: Ctx, options: { readonly cacheSeconds: number; readonly failhard: boolean }): Promise<Record<string, boolean | null>>;
  /** The newest version on offer by name; names nobody offers are missing. */
  candidates(ctx: Ctx, names: readonly string[], fromrepo?: string): Promise<ReadonlyMap<string, string>>;
  /** All versions on offer, newest first. */
  offers(ctx: Ctx, names: readonly string[]): Promise<Versions>;
  upgrades(ctx: Ctx, dist: boolean, fromrepo?: string): Promise<Record<string, string>>;
  compare(one: string, other: string): number;
  normalize(ctx: Ctx, name: string): string;
  /** The word for a version of a package: `tree=2.1`. */
  pinned(name: string, version: string): string;
  /** Name and version of a package file. */
  describe(ctx: Ctx, path: string): Promise<{ readonly name: string; readonly version: string }>;
  install(ctx: Ctx, plan: InstallPlan, options: InstallOptions): Promise<readonly string[]>;
  remove(ctx: Ctx, action: 'remove' | 'purge', names: readonly string[]): Promise<Complaint>;
  autoremove(ctx: Ctx, purge: boolean): Promise<void>;
  autoremovable(ctx: Ctx, purge: boolean): Promise<readonly string[]>;
  upgrade(ctx: Ctx, options: UpgradeOptions): Promise<{ readonly complaint: Complaint; readonly result: Returnable }>;
  /** Package names by state: `install`, `hold`, `deinstall`, `purge`. */
  selections(ctx: Ctx, pattern?: string): Promise<Record<string, string[]>>;
  select(ctx: Ctx, name: string, state: string): Promise<boolean>;
  owner(ctx: Ctx, path: string): Promise<string>;
  files(ctx: Ctx, names: readonly string[]): Promise<Record<string, string[]> | string>;
  info(ctx: Ctx, names: readonly string[], failhard: boolean): Promise<Record<string, Record<string, string>>>;
}
