import { type Ctx, call, type Returnable } from '../../define.ts';
import { asLists, commonCalls, namesGiven, REFRESH, UNUSED } from './calls.ts';
import { asTexts } from './changes.ts';
import { keywordFlag, keywordText } from './kwargs.ts';
import type { PackageTool } from './tool.ts';

/** What the calls below ask of a tool beside what all of them have. */
export interface PlainTool extends PackageTool {
  /** Packages that can be upgraded, with the version on offer. */
  upgrades(ctx: Ctx, fromrepo?: string): Promise<Record<string, string>>;
  /** Whether lists are fetched unless told otherwise: where that is quick. */
  readonly refreshes: boolean;
}

/** The newest version on offer of each name, empty if that, or a newer one, is installed; for one name a text. */
const latest = async (ctx: Ctx, tool: PlainTool, names: readonly string[]): Promise<Returnable> => {
  if (names.length === 0) return '';
  if (keywordFlag(ctx, 'refresh', tool.refreshes)) await tool.refresh(ctx);
  const installed = await tool.installed(ctx);
  const offered = await tool.candidates(ctx, names, keywordText(ctx, 'fromrepo'));
  const versionOf = (name: string): string => {
    const candidate = offered.get(name) ?? '';
    const current = (installed.get(name) ?? []).some((version) => tool.compare(version, candidate) >= 0);
    return current ? '' : candidate;
  };
  const [only, ...others] = names;
  return only !== undefined && others.length === 0 ? versionOf(only) : Object.fromEntries(names.map((name) => [name, versionOf(name)]));
};

const latestCall = (tool: PlainTool, as: string) =>
  call({
    doc: 'The newest version on offer of packages; empty where it is installed already.',
    examples: [`tsalt '*' pkg.${as} <package name>`, `tsalt '*' pkg.${as} <package1> <package2>`],
    args: {},
    rest: 'the packages',
    extra: 'refresh, fromrepo',
    changes: false,
    run: (ctx) => latest(ctx, tool, namesGiven(ctx)),
  });

const listPkgs = async (ctx: Ctx, tool: PlainTool, asList: boolean): Promise<Returnable> => {
  // Only dpkg knows of these.
  if (keywordFlag(ctx, 'removed') || keywordFlag(ctx, 'purge_desired')) return {};
  const installed = await tool.installed(ctx);
  return asList ? asLists(installed) : asTexts(installed);
};

/** The calls that the tools of systems other than Debian answer in the same way. */
export const plainCalls = (tool: PlainTool, wording?: string) => ({
  ...commonCalls(tool, wording),
  list_pkgs: call({
    doc: 'All installed packages with their versions.',
    examples: ["tsalt '*' pkg.list_pkgs", "tsalt '*' pkg.list_pkgs versions_as_list=True"],
    args: { versions_as_list: { type: 'boolean', default: false, doc: 'a list of versions each, rather than a text' } },
    extra: 'removed, purge_desired: nothing here',
    changes: false,
    run: (ctx, args) => listPkgs(ctx, tool, args.versions_as_list),
  }),
  latest_version: latestCall(tool, 'latest_version'),
  available_version: latestCall(tool, 'available_version'),
  upgrade_available: call({
    doc: 'Whether a newer version of a package is on offer.',
    examples: ["tsalt '*' pkg.upgrade_available <package name>"],
    args: { name: { type: 'string', required: true, doc: 'the package' } },
    extra: 'refresh, fromrepo',
    changes: false,
    run: async (ctx, { name }) => (await latest(ctx, tool, [name])) !== '',
  }),
  list_upgrades: call({
    doc: 'Packages that can be upgraded, with the version on offer.',
    examples: ["tsalt '*' pkg.list_upgrades"],
    args: { refresh: { ...REFRESH, default: tool.refreshes } },
    extra: 'fromrepo',
    changes: false,
    async run(ctx, args) {
      if (args.refresh) await tool.refresh(ctx);
      return tool.upgrades(ctx, keywordText(ctx, 'fromrepo'));
    },
  }),
  refresh_db: call({
    doc: `Fetch the package lists, by ${tool.name}.`,
    examples: ["tsalt '*' pkg.refresh_db"],
    args: {},
    extra: UNUSED,
    changes: true,
    run: (ctx) => tool.refresh(ctx),
  }),
  list_repo_pkgs: call({
    doc: 'All versions on offer of packages, or of all packages.',
    examples: ["tsalt '*' pkg.list_repo_pkgs bash"],
    args: {},
    rest: 'the packages',
    extra: UNUSED,
    changes: false,
    run: async (ctx) => asLists(await tool.offers(ctx, namesGiven(ctx))),
  }),
  normalize_name: call({
    doc: "A package's name without the system's own architecture.",
    examples: ["tsalt '*' pkg.normalize_name zsh.x86_64"],
    args: { name: { type: 'string', required: true, doc: 'the package' } },
    changes: false,
    run: (ctx, { name }) => tool.normalize(ctx, name),
  }),
});
