import { stat } from 'node:fs/promises';
import { CommandFailed, type Ctx, type Ran } from '../../../define.ts';
import type { InstallPlan, PackageTool } from '../tool.ts';
import { binaryInfo, fileOwner, filesOf, inventory } from './dpkg.ts';
import { infoInstalled } from './info.ts';
import { parseOffers, parsePolicy, parseSelections, parseUpdate } from './parse.ts';
import { apt, complaintOf, text } from './run.ts';
import { compareVersions } from './versions.ts';

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

export const configurationOptions = (fresh: boolean): string[] =>
  (fresh ? ['confnew'] : ['confold', 'confdef']).flatMap((option) => ['-o', `DPkg::Options::=--force-${option}`]);

const installPrefix = (options: InstallOptions): string[] => [
  'apt-get',
  '-q',
  '-y',
  ...(options.forceYes ? ['--force-yes'] : []),
  ...configurationOptions(options.newConfiguration),
  ...(options.recommends === undefined ? [] : [options.recommends ? '--install-recommends' : '--no-install-recommends']),
  ...(options.onlyUpgrade ? ['--only-upgrade'] : []),
  ...(options.skipVerify ? ['--allow-unauthenticated'] : []),
  ...(options.fromrepo ? ['-t', options.fromrepo] : []),
  ...(options.downloadOnly ? ['--download-only'] : []),
];

/** Does what a plan says; returns what went wrong. */
export const runPlan = async (ctx: Ctx, plan: InstallPlan, options: InstallOptions): Promise<readonly string[]> => {
  const prefix = installPrefix(options);
  const commands = [
    { words: plan.install, extra: [] },
    { words: plan.downgrade, extra: ['--allow-downgrades'] },
    { words: plan.reinstall, extra: ['--reinstall'] },
  ].filter(({ words }) => words.length > 0);
  const complaints: string[] = [];
  for (const { words, extra } of commands) {
    const complaint = complaintOf(await apt(ctx, [...prefix, ...extra, 'install', ...words], { scope: true, env: options.env }));
    if (complaint !== undefined) complaints.push(complaint);
  }
  return complaints;
};

/** True: fetched, None: unchanged, False: failed, by source; empty if the lists are younger than `cacheSeconds`. */
export const refresh = async (
  ctx: Ctx,
  { cacheSeconds = 0, failhard = false, timeout }: { cacheSeconds?: number; failhard?: boolean; timeout?: number },
): Promise<Record<string, boolean | null>> => {
  if (cacheSeconds > 0) {
    const lists = await stat('/var/lib/apt/lists').catch(() => undefined);
    if (lists !== undefined && lists.mtimeMs / 1000 + cacheSeconds > Date.now() / 1000) return {};
  }
  const sources = parseUpdate(text((await update(ctx, timeout)).stdout));
  const failed = Object.entries(sources).filter(([, result]) => result === false);
  if (failhard && failed.length > 0) throw new CommandFailed(`Error getting repos: ${failed.map(([source]) => source).join(', ')}`);
  return sources;
};

/** apt-get may hang on sources that do not fit together: then the fetched files are thrown away, and it is tried once more. */
const update = async (ctx: Ctx, timeout = Number(ctx.config['aptpkg_refresh_db_timeout'] ?? 30)): Promise<Ran> => {
  let ran = await apt(ctx, ['apt-get', '-q', 'update'], { timeout });
  if (ran.timedOut) {
    await apt(ctx, ['apt-get', '-q', 'clean']);
    ran = await apt(ctx, ['apt-get', '-q', 'update']);
  }
  if (ran.code !== 0) throw new CommandFailed(text(ran.stderr).trim());
  return ran;
};

export const release = (fromrepo: string | undefined): string[] => (fromrepo ? ['-o', `APT::Default-Release=${fromrepo}`] : []);

export const selections = async (ctx: Ctx, pattern = '*'): Promise<Record<string, string[]>> =>
  parseSelections(text((await apt(ctx, ['dpkg', '--get-selections', pattern], { quiet: true })).stdout));

/** Sets the state of a package: `install`, `hold`, `deinstall`, `purge`. */
export const select = async (ctx: Ctx, name: string, state: string): Promise<boolean> => {
  const ran = await apt(ctx, ['dpkg', '--set-selections'], { stdin: `${name} ${state}\n` });
  if (ran.code !== 0) ctx.log.error(`failed to set state ${state} for package ${name}`);
  return ran.code === 0;
};

export const aptTool: PackageTool = {
  name: 'apt',
  serves: (host) => host.which('apt-get') !== undefined && host.which('dpkg-query') !== undefined,
  async installed(ctx) {
    const { installed, purging } = await inventory(ctx);
    return new Map([...purging, ...installed]);
  },
  removed: async (ctx) => (await inventory(ctx)).removed,
  refresh: (ctx, cacheSeconds = 0) => refresh(ctx, { cacheSeconds }),
  candidates: async (ctx, names, fromrepo) =>
    parsePolicy(text((await apt(ctx, ['apt-cache', '-q', 'policy', ...names, ...release(fromrepo)])).stdout)),
  async offers(ctx, names) {
    const argv = names.length > 0 ? ['apt-cache', 'show', ...names] : ['apt-cache', 'dump'];
    return parseOffers(text((await apt(ctx, argv, { quiet: true })).stdout));
  },
  compare: compareVersions,
  normalize(ctx, name) {
    const [, bare = name, arch] = /^(.*):([^:]+)$/.exec(name) ?? [];
    return arch === undefined || [ctx.grains['osarch'], 'all', 'any'].includes(arch) ? bare : name;
  },
  pinned: (name, version) => `${name}=${version}`,
  describe: (ctx, path) => binaryInfo(ctx, path),
  // apt-get removes by name, whatever the version.
  remove: async (ctx, action, words) => {
    const names = words.map((word) => word.split('=')[0] ?? word);
    return complaintOf(await apt(ctx, ['apt-get', '-q', '-y', action, ...names], { scope: true }));
  },
  held: async (ctx) => (await selections(ctx))['hold'] ?? [],
  async setHeld(ctx, names, hold) {
    for (const name of names) await select(ctx, name, hold ? 'hold' : 'install');
  },
  owner: fileOwner,
  files: filesOf,
  info: infoInstalled,
};
