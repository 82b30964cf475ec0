import { CallRefused, CommandFailed, type Ctx, call, execModule, type Ran, type Returnable } from '../../../define.ts';
import { NAME, optional, PKGS, REFRESH, SOURCES } from '../calls.ts';
import { changesBetween, problem } from '../changes.ts';
import { install } from '../install.ts';
import { keyword } from '../kwargs.ts';
import { type PlainTool, plainCalls } from '../plain.ts';
import { describe, files, info, installed, normalizeName, owner, partsOf } from '../rpm/query.ts';
import { compareVersions } from '../rpm/versions.ts';
import { act, ask, failureOf, text } from '../run.ts';
import { targetsOf } from '../targets.ts';
import type { InstallPlan } from '../tool.ts';
import { holds, lockedNames, setLock } from './holds.ts';
import { parseInfo, parseRefresh, parseUpdates, parseVersions } from './parse.ts';
import { repos } from './repos.ts';

const zypper = (ctx: Ctx, ...words: string[]): Promise<Ran> => ask(ctx, ['zypper', '--non-interactive', ...words]);
/** Codes from 100 on tell of what is worth doing next (a reboot, a restart of zypper), not of a failure. */
const failed = (ran: Ran): string | undefined => (ran.code >= 100 && ran.code <= 103 ? undefined : failureOf(ran));

const tool: PlainTool = {
  name: 'zypper',
  refreshes: true,
  serves: (host) => host.which('zypper') !== undefined && host.which('rpm') !== undefined,
  installed,
  /** True: fetched, False: up to date, by repository. */
  async refresh(ctx) {
    const ran = await zypper(ctx, 'refresh', '--force');
    // 6: no repositories are defined.
    if (ran.code !== 0 && ran.code !== 6) throw new CommandFailed(`Zypper command failure: ${failureOf(ran)}`);
    return parseRefresh(text(ran.stdout));
  },
  async candidates(ctx, names) {
    const found = parseInfo(text((await zypper(ctx, '--no-refresh', 'info', '-t', 'package', ...names)).stdout));
    return new Map(Object.entries(found).map(([name, fields]) => [name, fields['version'] ?? '']));
  },
  async offers(ctx, names) {
    const argv = ['--no-refresh', '--xmlout', 'se', '-s', '-t', 'package', ...(names.length > 0 ? ['--match-exact', ...names] : [])];
    return parseVersions(text((await zypper(ctx, ...argv)).stdout));
  },
  async upgrades(ctx, fromrepo) {
    const ran = await zypper(ctx, '--no-refresh', '--xmlout', 'list-updates', ...(fromrepo === undefined ? [] : ['--repo', fromrepo]));
    if (failed(ran) !== undefined) throw new CommandFailed(`Zypper command failure: ${failed(ran)}`);
    return parseUpdates(text(ran.stdout));
  },
  compare: compareVersions,
  normalize: normalizeName,
  pinned: (name, version) => `${name}=${version}`,
  describe,
  remove: async (ctx, _action, words) =>
    failed(await act(ctx, ['zypper', '--non-interactive', 'remove', ...words.map((word) => word.replace('=', '-'))])),
  held: async () => [...(await lockedNames()).keys()],
  async setHeld(ctx, names, hold) {
    for (const name of names) await setLock(ctx, name, hold);
  },
  owner,
  files,
  info,
};

interface How {
  readonly refresh: boolean;
  readonly skipVerify: boolean;
  readonly downloadOnly: boolean;
  readonly recommends: boolean;
  readonly fromrepo: string | undefined;
}

const runPlan = async (ctx: Ctx, plan: InstallPlan, how: How): Promise<string[]> => {
  const before = [...(how.refresh ? [] : ['--no-refresh']), ...(how.skipVerify ? ['--no-gpg-checks'] : [])];
  const options = [
    ...['--auto-agree-with-licenses', '--name'],
    ...(how.downloadOnly ? ['--download-only'] : []),
    ...(how.fromrepo === undefined ? [] : ['--force', '--force-resolution', '--from', how.fromrepo]),
    ...(how.recommends ? [] : ['--no-recommends']),
  ];
  const errors: string[] = [];
  for (const [words, force] of [
    [plan.install, []],
    [plan.downgrade, ['--oldpackage']],
    [plan.reinstall, ['--force']],
  ] as const) {
    if (words.length === 0) continue;
    // A file is no name.
    const how = words.every((word) => word.startsWith('/')) ? options.filter((option) => option !== '--name') : options;
    const complaint = failed(await act(ctx, ['zypper', '--non-interactive', ...before, 'install', ...how, ...force, ...words]));
    if (complaint !== undefined) errors.push(complaint);
  }
  return errors;
};

export default execModule({
  name: 'pkg',
  doc: 'Packages of SUSE, by zypper and rpm.',
  serves: (host) => tool.serves(host) || 'zypper is not on this system',
  calls: {
    ...plainCalls(tool),
    install: call({
      doc: 'Install packages, and return which versions changed.',
      examples: ["tsalt '*' pkg.install tree", `tsalt '*' pkg.install pkgs='["foo", {"bar": "<1.2.3-4"}]'`],
      args: {
        name: NAME,
        refresh: optional('fetch the package lists first'),
        fromrepo: { type: 'string', doc: 'the repository to take packages from' },
        pkgs: PKGS,
        sources: SOURCES,
        downloadonly: { type: 'boolean', doc: 'fetch, and install nothing' },
        skip_verify: optional('take packages that are not signed'),
        version: { type: 'any', doc: 'the version of the one package, also as a wish or a glob' },
        ignore_repo_failure: optional('not used'),
        no_recommends: optional('install no recommended packages'),
        root: { type: 'string', doc: 'not used' },
      },
      extra: 'reinstall',
      changes: true,
      run(ctx, args) {
        const reinstall = Boolean(keyword(ctx, 'reinstall'));
        const asked = { ...args, reinstall, normalize: true, cacheSeconds: 0, ignoreEpoch: false };
        const how = { refresh: args.refresh, skipVerify: args.skip_verify, downloadOnly: args.downloadonly ?? false };
        return install(ctx, tool, asked, (plan) =>
          runPlan(ctx, plan, { ...how, recommends: !args.no_recommends, fromrepo: args.fromrepo }),
        );
      },
    }),
    upgrade: call({
      doc: 'Upgrade all packages, or those named, and return which versions changed.',
      examples: ["tsalt '*' pkg.upgrade", "tsalt '*' pkg.upgrade dist_upgrade=True fromrepo='[\"MyRepo\"]'"],
      args: {
        name: NAME,
        pkgs: PKGS,
        refresh: REFRESH,
        dryrun: optional('tell what would be done'),
        dist_upgrade: optional('to another release'),
        fromrepo: { type: 'list', doc: 'the repositories to take packages from' },
        novendorchange: optional('packages stay those of their vendor'),
        skip_verify: optional('take packages that are not signed'),
        no_recommends: optional('install no recommended packages'),
        root: { type: 'string', doc: 'not used' },
        diff_attr: { type: 'any', doc: 'not used' },
      },
      extra: 'not used',
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        if (args.refresh) await tool.refresh(ctx);
        const targets = args.name || args.pkgs?.length ? await targetsOf(ctx, tool, { ...args, normalize: true }) : undefined;
        const words = [
          ...(args.skip_verify ? ['--no-gpg-checks'] : []),
          ...[args.dist_upgrade ? 'dist-upgrade' : 'update', '--auto-agree-with-licenses'],
          ...(args.dryrun || ctx.testing ? ['--dry-run'] : []),
          ...(args.fromrepo ?? []).flatMap((repo) => [args.dist_upgrade ? '--from' : '--repo', String(repo)]),
          ...(args.dist_upgrade && args.novendorchange ? ['--no-allow-vendor-change'] : []),
          ...(args.dist_upgrade && args.no_recommends ? ['--no-recommends'] : []),
          ...(targets?.kind === 'repository' ? targets.wanted.keys() : []),
        ];
        const before = await installed(ctx);
        const ran = await act(ctx, ['zypper', '--non-interactive', ...words]);
        const changes = changesBetween(before, await installed(ctx));
        const complaint = failed(ran);
        if (complaint !== undefined) throw problem('Problem encountered upgrading packages', [complaint], changes);
        return args.dryrun ? text(ran.stdout).trim() : changes;
      },
    }),
    info_available: call({
      doc: 'What is known of packages on offer.',
      examples: ["tsalt '*' pkg.info_available <package1>"],
      args: {},
      rest: 'the packages',
      extra: 'refresh (True)',
      changes: false,
      async run(ctx): Promise<Returnable> {
        if (ctx.rest.length === 0) throw new CallRefused('pkg.info_available: name the packages');
        if (keyword(ctx, 'refresh') !== false) await tool.refresh(ctx);
        const found = parseInfo(text((await zypper(ctx, 'info', '-t', 'package', ...ctx.rest.map(String))).stdout));
        const shown = ({ name: _, installed: there, ...fields }: Record<string, string>): Returnable =>
          there === undefined ? fields : { ...fields, installed: /^yes/i.test(there) };
        return Object.fromEntries(Object.entries(found).map(([name, fields]) => [name, shown(fields)]));
      },
    }),
    parse_arch: call({
      doc: 'Name and architecture that a package is asked for by.',
      examples: ["tsalt '*' pkg.parse_arch zsh.x86_64"],
      args: { name: { type: 'string', required: true, doc: 'the package' } },
      changes: false,
      run: (_ctx, { name }) => partsOf(name),
    }),
    ...holds,
    ...repos,
  },
});
