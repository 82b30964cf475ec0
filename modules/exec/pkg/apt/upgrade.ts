import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { REFRESH, UNUSED } from '../calls.ts';
import { changesBetween, problem } from '../changes.ts';
import { keyword, keywordNumber } from '../kwargs.ts';
import { downloaded } from './downloaded.ts';
import { parseRemovable, parseUpgrades } from './parse.ts';
import { apt, complaintOf, text } from './run.ts';
import { aptTool, configurationOptions, refresh, release } from './tool.ts';

/** What apt-get prints of an upgrade that it does not do. */
export const upgradesOf = async (ctx: Ctx, dist: boolean, fromrepo?: string): Promise<string> => {
  const ran = await apt(ctx, ['apt-get', '--just-print', dist ? 'dist-upgrade' : 'upgrade', ...release(fromrepo)]);
  if (ran.code !== 0) throw new CommandFailed(`Failed to get upgrades: ${text(ran.stderr).trim() || text(ran.stdout).trim()}`);
  return text(ran.stdout);
};

const commandFor = (ctx: Ctx, dist: boolean): string[] => [
  ...['apt-get', '-q', '-y', ...configurationOptions(Boolean(keyword(ctx, 'force_conf_new')))],
  ...(keyword(ctx, 'force_yes') ? ['--force-yes'] : []),
  ...(keyword(ctx, 'skip_verify') ? ['--allow-unauthenticated'] : []),
  ...(keyword(ctx, 'download_only') || keyword(ctx, 'downloadonly') ? ['--download-only'] : []),
  ...(keyword(ctx, 'allow_downgrades') ? ['--allow-downgrades'] : []),
  dist ? 'dist-upgrade' : 'upgrade',
];

export const upgrading = {
  upgrade: call({
    doc: 'Upgrade all packages, and return which versions changed.',
    examples: ["tsalt '*' pkg.upgrade", "tsalt '*' pkg.upgrade dist_upgrade=True"],
    args: {
      refresh: REFRESH,
      dist_upgrade: { type: 'boolean', default: false, doc: 'also remove or add packages where an upgrade needs that' },
    },
    extra: 'cache_valid_time (0), download_only, force_conf_new, allow_downgrades, skip_verify, force_yes',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (args.refresh) await refresh(ctx, { cacheSeconds: keywordNumber(ctx, 'cache_valid_time') });
      if (ctx.testing) return parseUpgrades(await upgradesOf(ctx, args.dist_upgrade));
      const before = await aptTool.installed(ctx);
      const ran = await apt(ctx, commandFor(ctx, args.dist_upgrade), { scope: true });
      const changes = changesBetween(before, await aptTool.installed(ctx));
      if (ran.code !== 0)
        throw problem('Problem encountered upgrading packages', [complaintOf(ran) ?? `apt-get ended with ${ran.code}`], changes);
      return changes;
    },
  }),
  autoremove: call({
    doc: 'Remove packages that were installed for others and are not needed any more.',
    examples: ["tsalt '*' pkg.autoremove", "tsalt '*' pkg.autoremove list_only=True"],
    args: {
      list_only: { type: 'boolean', default: false, doc: 'only tell their names' },
      purge: { type: 'boolean', default: false, doc: 'remove their configuration too' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const purge = args.purge ? ['--purge'] : [];
      if (args.list_only || ctx.testing)
        return parseRemovable(text((await apt(ctx, ['apt-get', '--assume-no', ...purge, 'autoremove'], { quiet: true })).stdout));
      const before = await aptTool.installed(ctx);
      await apt(ctx, ['apt-get', '--assume-yes', ...purge, 'autoremove'], { scope: true });
      return changesBetween(before, await aptTool.installed(ctx));
    },
  }),
  refresh_db: call({
    doc: 'Fetch the package lists; True: fetched, None: unchanged, False: failed, by source.',
    examples: ["tsalt '*' pkg.refresh_db"],
    args: {
      cache_valid_time: { type: 'number', default: 0, doc: 'do not fetch lists that are not older than this many seconds' },
      failhard: { type: 'boolean', default: false, doc: 'fail if any source fails' },
    },
    extra: `timeout: seconds; ${UNUSED}`,
    changes: true,
    run: (ctx, args) => {
      const timeout = keywordNumber(ctx, 'timeout');
      return refresh(ctx, { cacheSeconds: args.cache_valid_time, failhard: args.failhard, ...(timeout > 0 ? { timeout } : {}) });
    },
  }),
  list_downloaded: call({
    doc: 'Package files that were fetched, by name and version.',
    examples: ["tsalt '*' pkg.list_downloaded"],
    args: { root: { type: 'string', doc: 'the root of another tree' } },
    extra: UNUSED,
    changes: false,
    run: (ctx, { root }) => downloaded(ctx, root ?? '/'),
  }),
};
