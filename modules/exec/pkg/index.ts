import { CommandFailed, type Ctx, call, execModule, type Host, type Returnable } from '../../define.ts';
import { aptTool } from './apt.ts';
import { asTexts, changesBetween, problem } from './changes.ts';
import { setHolds } from './holds.ts';
import { compareWith, install, uninstall } from './install.ts';
import { nameFits } from './targets.ts';
import type { PackageTool, Versions } from './tool.ts';

/** The first that serves the host is used. */
const tools: readonly PackageTool[] = [aptTool];
const toolFor = (host: Host): PackageTool | undefined => tools.find((tool) => tool.serves(host));
const toolOf = (ctx: Ctx): PackageTool => {
  const tool = toolFor(ctx.host);
  if (tool === undefined) throw new CommandFailed('No package tool that is known is on this system: looked for apt');
  return tool;
};

const name = { type: 'string', doc: 'one package, or several separated by commas' } as const;
const pkgs = { type: 'list', doc: 'packages: names, or maps of a name to a version' } as const;
const sources = { type: 'list', doc: 'package files: maps of a name to a path or URL' } as const;
const refresh = { type: 'boolean', default: true, doc: 'fetch the package lists first' } as const;
const cacheTime = { type: 'number', default: 0, doc: 'do not fetch lists that are not older than this many seconds' } as const;
const optional = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
const failing = "the publication's __pub_ keys";

const envOf = (env: Returnable | undefined): Record<string, string> =>
  Object.fromEntries(
    (Array.isArray(env) ? env : [env]).flatMap((part) => Object.entries(part ?? {}).map(([key, value]) => [key, String(value)])),
  );

/** One value for one name without a glob, else a map. */
const single = (asked: readonly string[], values: Record<string, Returnable>): Returnable => {
  const found = Object.values(values);
  return asked.length === 1 && found.length === 1 && !asked[0]?.includes('*') ? (found[0] ?? '') : values;
};
const namesGiven = (ctx: Ctx): string[] => ctx.rest.map(String);

const versionOf = async (ctx: Ctx, asList: boolean): Promise<Returnable> => {
  const names = namesGiven(ctx);
  if (names.length === 0) return {};
  const { installed } = await toolOf(ctx).inventory(ctx);
  const found: Record<string, Returnable> = {};
  for (const glob of names) {
    for (const key of glob.includes('*') ? [...installed.keys()].filter((held) => nameFits(glob, held)) : [glob]) {
      const versions = installed.get(key) ?? [];
      found[key] = asList ? versions : versions.join(',');
    }
  }
  return single(names, found);
};

interface Latest {
  readonly versions: Record<string, string>;
  /** The names the package tool has heard of. */
  readonly known: readonly string[];
}

/** The newest version on offer of each name, empty if that, or a newer one, is installed. */
const latest = async (
  ctx: Ctx,
  names: readonly string[],
  how: { fromrepo?: string | undefined; showInstalled: boolean },
): Promise<Latest> => {
  const tool = toolOf(ctx);
  const { installed } = await tool.inventory(ctx);
  const offered = await tool.candidates(ctx, names, how.fromrepo);
  const wanted = (key: string): string => {
    const candidate = offered.get(key) ?? '';
    const current = (installed.get(key) ?? []).some((version) => tool.compare(version, candidate) >= 0);
    return candidate !== '' && (how.showInstalled || !current) ? candidate : '';
  };
  return { versions: Object.fromEntries(names.map((key) => [key, wanted(key)])), known: names.filter((key) => offered.has(key)) };
};

/** As in Salt, a text if exactly one of the names is known, else a map of all: an unknown package is an empty text in a map. */
const latestCall = (as: string) =>
  call({
    doc: 'The newest version on offer of packages; empty where it is installed already.',
    examples: [`tsalt '*' pkg.${as} <package name>`, `tsalt '*' pkg.${as} <package1> <package2> fromrepo=unstable`],
    args: {},
    rest: 'the packages',
    extra: 'refresh (True), fromrepo, show_installed (False), cache_valid_time (0)',
    changes: false,
    async run(ctx) {
      const names = namesGiven(ctx);
      if (names.length === 0) return '';
      if (!/^(false|no|off|0)$/i.test(String(ctx.extra['refresh'] ?? true))) {
        await toolOf(ctx).refresh(ctx, { cacheSeconds: Number(ctx.extra['cache_valid_time'] ?? 0), failhard: false });
      }
      const fromrepo = ctx.extra['fromrepo'] == null ? undefined : String(ctx.extra['fromrepo']);
      const { versions, known } = await latest(ctx, names, { fromrepo, showInstalled: ctx.extra['show_installed'] === true });
      const [only] = known;
      return known.length === 1 && only !== undefined ? (versions[only] ?? '') : versions;
    },
  });

const removing = (action: 'remove' | 'purge', doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' pkg.${action} <package name>`, `tsalt '*' pkg.${action} pkgs='["foo", "bar"]'`],
    args: { name, pkgs },
    extra: failing,
    changes: true,
    run: (ctx, args) => uninstall(ctx, toolOf(ctx), action, args),
  });

const holding = (as: 'hold' | 'unhold', doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' pkg.${as} <package name>`],
    args: { name, pkgs, sources },
    extra: failing,
    changes: true,
    run: (ctx, args) => setHolds(ctx, toolOf(ctx), args, as === 'hold'),
  });

const asLists = (versions: Versions): Returnable => Object.fromEntries(versions);

export default execModule({
  name: 'pkg',
  doc: 'Packages, by the tool that this system uses.',
  serves: (host) => toolFor(host) !== undefined || 'no package tool that is known (apt) is on this system',
  calls: {
    install: call({
      doc: 'Install packages, and return which versions changed.',
      examples: [
        "tsalt '*' pkg.install tree",
        `tsalt '*' pkg.install pkgs='["foo", {"bar": "1.2.3-0ubuntu0"}]'`,
        `tsalt '*' pkg.install sources='[{"foo": "salt://foo.deb"}]'`,
      ],
      args: {
        name,
        refresh: { ...refresh, default: false },
        fromrepo: { type: 'string', doc: 'the release to take packages from' },
        skip_verify: optional('take packages that are not signed'),
        debconf: { type: 'string', doc: 'answers to set before, as debconf.set_file takes them' },
        pkgs,
        sources,
        reinstall: optional('install again what is there in that version'),
        downloadonly: optional('fetch, and install nothing'),
        ignore_epoch: optional('compare versions without their epochs'),
        normalize: { type: 'boolean', default: true, doc: "drop the system's own architecture from names" },
        version: { type: 'any', doc: 'the version to install, for one package' },
        force_yes: optional("apt-get's --force-yes"),
        force_conf_new: optional('replace changed configuration files'),
        install_recommends: { type: 'boolean', doc: 'install recommended packages too, or not' },
        only_upgrade: optional('upgrade what is installed, and install nothing new'),
        cache_valid_time: cacheTime,
        env: { type: 'any', doc: 'environment variables for the tool' },
      },
      extra: failing,
      changes: true,
      async run(ctx, args) {
        if (args.debconf !== undefined) await ctx.call('debconf.set_file', [args.debconf]);
        return install(ctx, toolOf(ctx), {
          ...args,
          cacheSeconds: args.cache_valid_time,
          ignoreEpoch: args.ignore_epoch,
          options: {
            fromrepo: args.sources?.length ? undefined : args.fromrepo,
            skipVerify: args.skip_verify,
            onlyUpgrade: args.only_upgrade,
            newConfiguration: args.force_conf_new,
            recommends: args.install_recommends,
            forceYes: args.force_yes,
            downloadOnly: args.downloadonly,
            env: envOf(args.env),
          },
        });
      },
    }),
    remove: removing('remove', 'Remove packages, and return which versions went; their configuration stays.'),
    purge: removing('purge', 'Remove packages and their configuration, and return which versions went.'),
    autoremove: call({
      doc: 'Remove packages that were installed for others and are not needed any more.',
      examples: ["tsalt '*' pkg.autoremove", "tsalt '*' pkg.autoremove list_only=True"],
      args: { list_only: optional('only tell their names'), purge: optional('remove their configuration too') },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const tool = toolOf(ctx);
        if (args.list_only || ctx.testing) return tool.autoremovable(ctx, args.purge);
        const before = (await tool.inventory(ctx)).installed;
        await tool.autoremove(ctx, args.purge);
        return changesBetween(before, (await tool.inventory(ctx)).installed);
      },
    }),
    upgrade: call({
      doc: 'Upgrade all packages, and return which versions changed.',
      examples: ["tsalt '*' pkg.upgrade", "tsalt '*' pkg.upgrade dist_upgrade=True"],
      args: {
        refresh,
        dist_upgrade: optional('also remove or add packages where an upgrade needs that'),
        cache_valid_time: cacheTime,
        force_conf_new: optional('replace changed configuration files'),
        skip_verify: optional('take packages that are not signed'),
        download_only: optional('fetch, and install nothing'),
        downloadonly: optional('the same'),
        allow_downgrades: optional('go back to older versions where asked to'),
      },
      extra: failing,
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const tool = toolOf(ctx);
        if (args.refresh) await tool.refresh(ctx, { cacheSeconds: args.cache_valid_time, failhard: false });
        if (ctx.testing) return tool.upgrades(ctx, args.dist_upgrade);
        const before = (await tool.inventory(ctx)).installed;
        const { complaint } = await tool.upgrade(ctx, {
          dist: args.dist_upgrade,
          newConfiguration: args.force_conf_new,
          skipVerify: args.skip_verify,
          downloadOnly: args.download_only || args.downloadonly,
          allowDowngrades: args.allow_downgrades,
        });
        const changes = changesBetween(before, (await tool.inventory(ctx)).installed);
        if (complaint !== undefined) throw problem('upgrading packages', [complaint], changes);
        return changes;
      },
    }),
    version: call({
      doc: 'The installed version of packages; empty where one is not installed.',
      examples: ["tsalt '*' pkg.version <package name>", "tsalt '*' pkg.version 'python3-*' bash"],
      args: {},
      rest: 'the packages, also as globs',
      extra: 'versions_as_list (False)',
      changes: false,
      run: (ctx) => versionOf(ctx, ctx.extra['versions_as_list'] === true),
    }),
    list_pkgs: call({
      doc: 'All installed packages with their versions.',
      examples: ["tsalt '*' pkg.list_pkgs", "tsalt '*' pkg.list_pkgs versions_as_list=True"],
      args: {
        versions_as_list: optional('a list of versions each, rather than a text'),
        removed: optional('instead those removed, with configuration left'),
        purge_desired: optional('only those installed and wanted gone'),
      },
      extra: failing,
      changes: false,
      async run(ctx, args) {
        const { installed, removed, purging } = await toolOf(ctx).inventory(ctx);
        const versions = args.removed ? removed : args.purge_desired ? purging : new Map([...purging, ...installed]);
        return args.versions_as_list ? asLists(versions) : asTexts(versions);
      },
    }),
    latest_version: latestCall('latest_version'),
    available_version: latestCall('available_version'),
    upgrade_available: call({
      doc: 'Whether a newer version of a package is on offer.',
      examples: ["tsalt '*' pkg.upgrade_available <package name>"],
      args: { name: { ...name, required: true }, refresh },
      extra: failing,
      changes: false,
      async run(ctx, args) {
        if (args.refresh) await toolOf(ctx).refresh(ctx, { cacheSeconds: 0, failhard: false });
        return (await latest(ctx, [args.name], { showInstalled: false })).versions[args.name] !== '';
      },
    }),
    list_upgrades: call({
      doc: 'Packages that can be upgraded, with the version on offer.',
      examples: ["tsalt '*' pkg.list_upgrades"],
      args: {
        refresh,
        dist_upgrade: { type: 'boolean', default: true, doc: 'as pkg.upgrade' },
        cache_valid_time: cacheTime,
        fromrepo: { type: 'string', doc: 'the release to look at' },
      },
      extra: failing,
      changes: false,
      async run(ctx, args) {
        const tool = toolOf(ctx);
        if (args.refresh) await tool.refresh(ctx, { cacheSeconds: args.cache_valid_time, failhard: false });
        return tool.upgrades(ctx, args.dist_upgrade, args.fromrepo);
      },
    }),
    refresh_db: call({
      doc: 'Fetch the package lists; True: fetched, None: unchanged, False: failed, by source.',
      examples: ["tsalt '*' pkg.refresh_db"],
      args: { cache_valid_time: cacheTime, failhard: optional('fail if any source fails') },
      extra: failing,
      changes: true,
      run: (ctx, args) => toolOf(ctx).refresh(ctx, { cacheSeconds: args.cache_valid_time, failhard: args.failhard }),
    }),
    version_cmp: call({
      doc: 'Compare two versions: -1, 0 or 1.',
      examples: ["tsalt '*' pkg.version_cmp '0.2.4-0ubuntu1' '0.2.4.1-0ubuntu1'"],
      args: {
        pkg1: { type: 'string', required: true, doc: 'one version' },
        pkg2: { type: 'string', required: true, doc: 'the other version' },
        ignore_epoch: optional('compare without epochs'),
      },
      extra: failing,
      changes: false,
      run: (ctx, args) => Math.sign(compareWith(toolOf(ctx), args.ignore_epoch)(args.pkg1, args.pkg2)),
    }),
    normalize_name: call({
      doc: "A package's name without the system's own architecture.",
      examples: ["tsalt '*' pkg.normalize_name zsh:amd64"],
      args: { name: { ...name, required: true } },
      changes: false,
      run: (ctx, args) => toolOf(ctx).normalize(ctx, args.name),
    }),
    list_repo_pkgs: call({
      doc: 'All versions on offer of packages, or of all packages.',
      examples: ["tsalt '*' pkg.list_repo_pkgs bash"],
      args: {},
      rest: 'the packages',
      extra: failing,
      changes: false,
      run: async (ctx) => asLists(await toolOf(ctx).offers(ctx, namesGiven(ctx))),
    }),
    hold: holding('hold', 'Keep packages at their version.'),
    unhold: holding('unhold', 'Let packages be upgraded again.'),
    get_selections: call({
      doc: 'Package names by state: install, hold, deinstall, purge.',
      examples: ["tsalt '*' pkg.get_selections", "tsalt '*' pkg.get_selections 'python-*' state=hold"],
      args: { pattern: { type: 'string', doc: 'a glob' }, state: { type: 'string', doc: 'only this state' } },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const states = await toolOf(ctx).selections(ctx, args.pattern);
        return args.state === undefined ? states : { [args.state]: states[args.state] ?? [] };
      },
    }),
    list_holds: call({
      doc: 'Packages that are kept at their version.',
      examples: ["tsalt '*' pkg.list_holds"],
      args: {},
      extra: failing,
      changes: false,
      run: async (ctx) => (await toolOf(ctx).selections(ctx))['hold'] ?? [],
    }),
    owner: call({
      doc: 'The package a path belongs to; empty if to none.',
      examples: ["tsalt '*' pkg.owner /usr/bin/apachectl"],
      args: {},
      rest: 'the paths',
      extra: failing,
      changes: false,
      async run(ctx) {
        const owners: Record<string, string> = {};
        for (const path of namesGiven(ctx)) owners[path] = await toolOf(ctx).owner(ctx, path);
        return ctx.rest.length === 0 ? '' : single(namesGiven(ctx), owners);
      },
    }),
    file_list: call({
      doc: 'All files of packages, in one list.',
      examples: ["tsalt '*' pkg.file_list httpd"],
      args: {},
      rest: 'the packages',
      extra: failing,
      changes: false,
      async run(ctx): Promise<Returnable> {
        const packages = await toolOf(ctx).files(ctx, namesGiven(ctx));
        return typeof packages === 'string' ? packages : { errors: [], files: [...new Set(Object.values(packages).flat())].sort() };
      },
    }),
    file_dict: call({
      doc: 'The files of packages, by package.',
      examples: ["tsalt '*' pkg.file_dict httpd"],
      args: {},
      rest: 'the packages',
      extra: failing,
      changes: false,
      async run(ctx): Promise<Returnable> {
        const packages = await toolOf(ctx).files(ctx, namesGiven(ctx));
        return typeof packages === 'string' ? packages : { errors: [], packages };
      },
    }),
    info_installed: call({
      doc: 'What is known of installed packages.',
      examples: ["tsalt '*' pkg.info_installed <package1>"],
      args: {},
      rest: 'the packages',
      extra: 'failhard (True): fail if one is not known',
      changes: false,
      run: (ctx) => toolOf(ctx).info(ctx, namesGiven(ctx), ctx.extra['failhard'] !== false),
    }),
  },
});
