import { CallRefused, type Ctx, call, type Returnable } from '../../../define.ts';
import { namesGiven, UNUSED } from '../calls.ts';
import { isTrue, keywordFlag, keywordNumber, keywordText } from '../kwargs.ts';
import { parseUpgrades } from './parse.ts';
import { aptTool, refresh } from './tool.ts';
import { upgradesOf } from './upgrade.ts';

interface How {
  readonly fromrepo?: string | undefined;
  readonly showInstalled: boolean;
}

/**
 * The newest version on offer of each name, empty if that, or a newer one, is installed. As in Salt a text if exactly one
 * name is known, and a map of all if none or several are; what only another architecture offers is named with it.
 */
const latest = async (ctx: Ctx, asked: readonly string[], how: How): Promise<Returnable> => {
  const installed = await aptTool.installed(ctx);
  const offered = await aptTool.candidates(ctx, asked, how.fromrepo);
  const versionOf = (name: string): string => {
    const candidate = offered.get(name) ?? '';
    const current = (installed.get(name) ?? []).some((version) => aptTool.compare(version, candidate) >= 0);
    return candidate !== '' && (how.showInstalled || !current) ? candidate : '';
  };
  const known = asked.filter((name) => offered.has(name));
  const foreign = asked
    .filter((name) => !offered.has(name))
    .flatMap((name) => [...offered.keys()].filter((key) => key.startsWith(`${name}:`)));
  const names = [...known, ...foreign];
  const [only] = names;
  if (names.length === 1 && only !== undefined) return versionOf(only);
  return Object.fromEntries([...asked.map((name) => [name, '']), ...names.map((name) => [name, versionOf(name)])]);
};

const latestCall = (as: string) =>
  call({
    doc: 'The newest version on offer of packages; empty where it is installed already.',
    examples: [`tsalt '*' pkg.${as} <package name>`, `tsalt '*' pkg.${as} <package1> <package2> fromrepo=unstable`],
    args: {},
    rest: 'the packages',
    extra: 'refresh (True), fromrepo, show_installed (False), cache_valid_time (0)',
    changes: false,
    async run(ctx) {
      if (ctx.extra['repo'] !== undefined) throw new CallRefused("The 'repo' argument is invalid, use 'fromrepo' instead");
      const names = namesGiven(ctx);
      if (names.length === 0) return '';
      if (keywordFlag(ctx, 'refresh', true)) await refresh(ctx, { cacheSeconds: keywordNumber(ctx, 'cache_valid_time') });
      return latest(ctx, names, { fromrepo: keywordText(ctx, 'fromrepo'), showInstalled: keywordFlag(ctx, 'show_installed') });
    },
  });

export const newer = {
  latest_version: latestCall('latest_version'),
  available_version: latestCall('available_version'),
  upgrade_available: call({
    doc: 'Whether a newer version of a package is on offer.',
    examples: ["tsalt '*' pkg.upgrade_available <package name>"],
    args: { name: { type: 'string', required: true, doc: 'the package' } },
    extra: 'refresh (True)',
    changes: false,
    async run(ctx, { name }) {
      if (keywordFlag(ctx, 'refresh', true)) await refresh(ctx, {});
      const found = await latest(ctx, [name], { showInstalled: false });
      return (typeof found === 'string' ? found : (found as Record<string, string>)[name]) !== '';
    },
  }),
  list_upgrades: call({
    doc: 'Packages that can be upgraded, with the version on offer.',
    examples: ["tsalt '*' pkg.list_upgrades"],
    args: {
      refresh: { type: 'boolean', default: true, doc: 'fetch the package lists first' },
      dist_upgrade: { type: 'boolean', default: true, doc: 'as pkg.upgrade' },
    },
    extra: `cache_valid_time (0), fromrepo; ${UNUSED}`,
    changes: false,
    async run(ctx, args) {
      if (isTrue(args.refresh)) await refresh(ctx, { cacheSeconds: keywordNumber(ctx, 'cache_valid_time') });
      return parseUpgrades(await upgradesOf(ctx, args.dist_upgrade, keywordText(ctx, 'fromrepo')));
    },
  }),
};
