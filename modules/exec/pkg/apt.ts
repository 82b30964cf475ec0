import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, type Ctx, type Ran } from '../../define.ts';
import { fileOwner, filesOf, infoOf, inventory } from './dpkg.ts';
import type { Complaint, InstallOptions, InstallPlan, PackageTool, UpgradeOptions, Versions } from './tool.ts';
import { compareVersions } from './versions.ts';

const QUIET = {
  APT_LISTBUGS_FRONTEND: 'none',
  APT_LISTCHANGES_FRONTEND: 'none',
  DEBIAN_FRONTEND: 'noninteractive',
  UCF_FORCE_CONFFOLD: '1',
};
/** What apt writes is read here, so it must be in English. */
const ENGLISH = { LC_ALL: 'C.UTF-8', LANGUAGE: 'C' };
const LOCKED = /Could not get lock|Unable to (?:acquire the dpkg frontend )?lock|is another process using it/;

interface RunOptions {
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Outside the minion's own unit: upgrading the minion must not kill the upgrade. */
  readonly scope?: boolean;
  readonly quiet?: boolean;
}

/** Runs an apt program; waits, 2 minutes in all, while another one holds the lock. */
export const apt = async (ctx: Ctx, argv: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const scoped = options.scope && existsSync('/run/systemd/system') && ctx.config['systemd.scope'] !== false;
  const words = scoped ? ['systemd-run', '--scope', '--description', '"salt.loaded.int.module.aptpkg"', ...argv] : argv;
  const how = { env: { ...ENGLISH, ...QUIET, ...options.env }, ...(options.timeout ? { timeout: options.timeout } : {}) };
  let ran = await ctx.spawn(words, how);
  for (let wait = 2; LOCKED.test(text(ran.stderr)) && wait <= 64; wait *= 2) {
    ctx.log.warn(`Another program holds the lock of the package system, trying again in ${wait} s`);
    await sleep(wait * 1000, undefined, { signal: ctx.signal });
    ran = await ctx.spawn(words, how);
  }
  if (ran.code !== 0 && !options.quiet) logFailure(ctx, argv, ran);
  return ran;
};

const text = (bytes: Buffer): string => bytes.toString('utf8');
const logFailure = (ctx: Ctx, [program = '']: readonly string[], ran: Ran): void => {
  ctx.log.error(`Command '${program}' failed with return code: ${ran.code}`);
  if (ran.stdout.length > 0) ctx.log.error(`stdout: ${text(ran.stdout).trimEnd()}`);
  if (ran.stderr.length > 0) ctx.log.error(`stderr: ${text(ran.stderr).trimEnd()}`);
};
/** A failed program's reason. Salt counts a failure only where something is said. */
const complaintOf = (ran: Ran): Complaint => {
  const said = text(ran.stderr).trimEnd();
  if (ran.code === 0 || said === '') return undefined;
  return LOCKED.test(said) ? `${said}\nAnother program is changing packages: wait for it to end, then try again.` : said;
};

const confOptions = (fresh: boolean): string[] =>
  (fresh ? ['confnew'] : ['confold', 'confdef']).flatMap((option) => ['-o', `DPkg::Options::=--force-${option}`]);

const installPrefix = (options: InstallOptions): string[] => [
  'apt-get',
  '-q',
  '-y',
  ...(options.forceYes ? ['--force-yes'] : []),
  ...confOptions(options.newConfiguration),
  ...(options.recommends === undefined ? [] : [options.recommends ? '--install-recommends' : '--no-install-recommends']),
  ...(options.onlyUpgrade ? ['--only-upgrade'] : []),
  ...(options.skipVerify ? ['--allow-unauthenticated'] : []),
  ...(options.fromrepo ? ['-t', options.fromrepo] : []),
  ...(options.downloadOnly ? ['--download-only'] : []),
];

const install = async (ctx: Ctx, plan: InstallPlan, options: InstallOptions): Promise<readonly string[]> => {
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

/** What apt-get update did with each source, from its `Get:`, `Hit:`, `Ign:` and `Err:` lines. */
export const parseUpdate = (output: string): Record<string, boolean | null> => {
  const sources: Record<string, boolean | null> = {};
  for (const line of output.split('\n')) {
    const [, what, source = ''] = /^(Get|Hit|Ign|Err)\S*\s+(.*)$/.exec(line.trim()) ?? [];
    if (what === undefined) continue;
    const name = source.split(/\s+/).join(' ');
    if (what === 'Get') sources[name.replace(/ \[.+B\]$/, '')] = true;
    else sources[name] = what === 'Hit' ? null : false;
  }
  return sources;
};

const refresh: PackageTool['refresh'] = async (ctx, { cacheSeconds, failhard }) => {
  if (cacheSeconds > 0) {
    const lists = await stat('/var/lib/apt/lists').catch(() => undefined);
    if (lists !== undefined && lists.mtimeMs / 1000 + cacheSeconds > Date.now() / 1000) return {};
  }
  const timeout = Number(ctx.config['aptpkg_refresh_db_timeout'] ?? 30);
  let ran = await apt(ctx, ['apt-get', '-q', 'update'], { timeout });
  if (ran.timedOut) {
    // A half-written cache can make apt hang; without it, it gets all the time it needs.
    await apt(ctx, ['apt-get', '-q', 'clean']);
    ran = await apt(ctx, ['apt-get', '-q', 'update']);
  }
  if (ran.code !== 0) throw new CommandFailed(text(ran.stderr).trim());
  const sources = parseUpdate(text(ran.stdout));
  const failed = [...text(ran.stdout).matchAll(/^Err\S*\s+(.*)$/gm)].map(([, source = '']) => source.trim());
  if (failhard && failed.length > 0) throw new CommandFailed(`Error getting repos: ${failed.join(', ')}`);
  return sources;
};

/** The candidates that `apt-cache policy` names; empty for a package it knows but does not offer. */
export const parsePolicy = (output: string): ReadonlyMap<string, string> => {
  const candidates = new Map<string, string>();
  let name = '';
  for (const line of output.split('\n')) {
    if (/^\S.*:$/.test(line)) name = line.slice(0, -1);
    const [, candidate] = /^\s+Candidate: (\S+)/.exec(line) ?? [];
    if (candidate !== undefined) candidates.set(name, candidate === '(none)' ? '' : candidate);
  }
  return candidates;
};

const candidates: PackageTool['candidates'] = async (ctx, names, fromrepo) => {
  const repo = fromrepo ? ['-o', `APT::Default-Release=${fromrepo}`] : [];
  return parsePolicy(text((await apt(ctx, ['apt-cache', '-q', 'policy', ...names, ...repo])).stdout));
};

/** Versions by package from `apt-cache show` or `dump`. */
export const parseOffers = (output: string): Versions => {
  const offers = new Map<string, string[]>();
  let name = '';
  for (const line of output.split('\n')) {
    const [, field, value = ''] = /^\s*(Package|Version):\s*(\S+)/.exec(line) ?? [];
    if (field === 'Package') name = value;
    if (field === 'Version') offers.set(name, [...(offers.get(name) ?? []), value]);
  }
  return offers;
};

/** What `apt-get --just-print` would configure: `Conf bash (5.2.15-2+b13 Debian:12.11/stable [amd64])`. */
export const parseUpgrades = (output: string): Record<string, string> =>
  Object.fromEntries([...output.matchAll(/^Conf (\S+) \((\S+)/gm)].map(([, name = '', version = '']) => [name, version]));

const upgrades: PackageTool['upgrades'] = async (ctx, dist, fromrepo) => {
  const repo = fromrepo ? ['-o', `APT::Default-Release=${fromrepo}`] : [];
  const ran = await apt(ctx, ['apt-get', '--just-print', dist ? 'dist-upgrade' : 'upgrade', ...repo]);
  if (ran.code !== 0) throw new CommandFailed(`Failed to get upgrades: ${text(ran.stderr).trim() || text(ran.stdout).trim()}`);
  return parseUpgrades(text(ran.stdout));
};

const upgrade = async (ctx: Ctx, options: UpgradeOptions): ReturnType<PackageTool['upgrade']> => {
  const words = [
    ...['apt-get', '-q', '-y', ...confOptions(options.newConfiguration)],
    ...(options.skipVerify ? ['--allow-unauthenticated'] : []),
    ...(options.downloadOnly ? ['--download-only'] : []),
    ...(options.allowDowngrades ? ['--allow-downgrades'] : []),
    options.dist ? 'dist-upgrade' : 'upgrade',
  ];
  const ran = await apt(ctx, words, { scope: true });
  const result = { pid: ran.pid, retcode: ran.code, stdout: text(ran.stdout).trimEnd(), stderr: text(ran.stderr).trimEnd() };
  return { complaint: ran.code === 0 ? undefined : (complaintOf(ran) ?? `apt-get ended with ${ran.code}`), result };
};

/** The indented names after `The following packages will be REMOVED:`. */
export const parseRemovable = (output: string): string[] => {
  const [, names = ''] = /The following packages will be REMOVED:\n((?: .*\n?)*)/.exec(output) ?? [];
  return names
    .split(/\s+/)
    .filter((name) => name !== '')
    .sort();
};

const selections: PackageTool['selections'] = async (ctx, pattern = '*') => {
  const states: Record<string, string[]> = {};
  const ran = await apt(ctx, ['dpkg', '--get-selections', pattern], { quiet: true });
  for (const line of text(ran.stdout).split('\n')) {
    const [name, state] = line.split(/\s+/);
    if (!name || !state) continue;
    states[state] = [...(states[state] ?? []), name];
  }
  return states;
};

export const aptTool: PackageTool = {
  name: 'apt',
  serves: (host) => host.which('apt-get') !== undefined && host.which('dpkg-query') !== undefined,
  inventory,
  refresh,
  candidates,
  async offers(ctx, names) {
    const argv = names.length > 0 ? ['apt-cache', 'show', ...names] : ['apt-cache', 'dump'];
    return parseOffers(text((await apt(ctx, argv, { quiet: true })).stdout));
  },
  upgrades,
  compare: compareVersions,
  normalize(ctx, name) {
    const [, bare = name, arch] = /^(.*):([^:]+)$/.exec(name) ?? [];
    return arch === undefined || [ctx.grains['osarch'], 'all', 'any'].includes(arch) ? bare : name;
  },
  pinned: (name, version) => `${name}=${version}`,
  async describe(ctx, path) {
    const ran = await apt(ctx, ['dpkg-deb', '-f', path, 'Package', 'Version']);
    const [, name, version] = /^Package: (\S+)\nVersion: (\S+)/.exec(text(ran.stdout)) ?? [];
    if (name === undefined || version === undefined) throw new CommandFailed(`Unable to get info for ${path}: ${text(ran.stderr).trim()}`);
    return { name, version };
  },
  install,
  remove: async (ctx, action, names) => complaintOf(await apt(ctx, ['apt-get', '-q', '-y', action, ...names], { scope: true })),
  async autoremove(ctx, purge) {
    await apt(ctx, ['apt-get', '--assume-yes', ...(purge ? ['--purge'] : []), 'autoremove'], { scope: true });
  },
  async autoremovable(ctx, purge) {
    const ran = await apt(ctx, ['apt-get', '--assume-no', ...(purge ? ['--purge'] : []), 'autoremove'], { quiet: true });
    return parseRemovable(text(ran.stdout));
  },
  upgrade,
  selections,
  async select(ctx, name, state) {
    const ran = await ctx.spawn(['dpkg', '--set-selections'], { stdin: `${name} ${state}\n`, env: ENGLISH });
    if (ran.code !== 0) ctx.log.error(`failed to set state ${state} for package ${name}`);
    return ran.code === 0;
  },
  owner: fileOwner,
  files: filesOf,
  info: infoOf,
};
