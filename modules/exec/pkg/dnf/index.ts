import { type Ctx, call, execModule, type Ran, type Returnable } from '../../../define.ts';
import { NAME, optional, PKGS, REFRESH, SOURCES } from '../calls.ts';
import { changesBetween, problem } from '../changes.ts';
import { install } from '../install.ts';
import { keyword, keywordText, listOf } from '../kwargs.ts';
import { type PlainTool, plainCalls } from '../plain.ts';
import { describe, files, info, installed, normalizeName, owner, partsOf, resolveName } from '../rpm/query.ts';
import { compareVersions } from '../rpm/versions.ts';
import { act, ask, failureOf, text } from '../run.ts';
import { targetsOf } from '../targets.ts';
import type { InstallPlan, Versions } from '../tool.ts';
import { heldNames, holds, setLock } from './holds.ts';
import { dnfOf } from './program.ts';
import { repos } from './repos.ts';

const program = (ctx: Ctx): string => dnfOf(ctx.host) ?? 'dnf';

/** The options that the keywords of a call ask for: which repositories, and what of their configuration. */
const optionsOf = (ctx: Ctx, fromrepo = keywordText(ctx, 'fromrepo') ?? keywordText(ctx, 'repo')): string[] => {
  const each = (name: string): string[] => listOf(keyword(ctx, name)).map((value) => `--${name}=${value}`);
  const where = fromrepo === undefined ? [...each('disablerepo'), ...each('enablerepo')] : ['--disablerepo=*', `--enablerepo=${fromrepo}`];
  return [...where, ...each('disableexcludes'), ...each('branch'), ...each('setopt')];
};

const HEADERS = /^(installed packages|available packages|available upgrades|updated packages|upgraded packages)$/i;

/** Names, versions and repositories of `dnf list`: three words for each package, which yum breaks over lines where they are long. */
export const parseList = (ctx: Ctx, output: string): Versions => {
  const words = output
    .split('\n')
    .filter((line) => !HEADERS.test(line.trim()))
    .flatMap((line) => line.trim().split(/\s+/))
    .filter((word) => word !== '');
  const found = new Map<string, string[]>();
  for (let at = 0; at + 2 < words.length; at += 3) {
    const { name, arch } = partsOf(words[at] ?? '');
    const key = resolveName(ctx, name, arch ?? '');
    const versions = new Set([...(found.get(key) ?? []), (words[at + 1] ?? '').replace(/-+$/, '')]);
    found.set(
      key,
      [...versions].sort((one, other) => compareVersions(other, one)),
    );
  }
  return found;
};

const newest = (versions: Versions): Map<string, string> => new Map([...versions].map(([name, all]) => [name, all[0] ?? '']));

const list = async (ctx: Ctx, ...words: string[]): Promise<Versions> => {
  const ran = await ask(ctx, [program(ctx), '--quiet', ...words]);
  return ran.code === 0 ? parseList(ctx, text(ran.stdout)) : new Map();
};

const tool: PlainTool = {
  name: 'dnf',
  refreshes: true,
  serves: (host) => host.which('rpm') !== undefined && dnfOf(host) !== undefined,
  installed,
  /** True: there are upgrades, None: there are none, False: it failed. */
  async refresh(ctx) {
    await ask(ctx, [program(ctx), '--quiet', '--assumeyes', 'clean', 'expire-cache', ...optionsOf(ctx)]);
    const { code } = await ask(ctx, [program(ctx), '--quiet', '--assumeyes', 'check-update', ...optionsOf(ctx)]);
    return code === 100 ? true : code === 0 ? null : false;
  },
  candidates: async (ctx, names, fromrepo) => newest(await list(ctx, ...optionsOf(ctx, fromrepo), 'list', 'available', ...names)),
  offers: (ctx, names) => list(ctx, '--showduplicates', 'list', ...names),
  upgrades: async (ctx, fromrepo) => {
    const what = program(ctx).startsWith('dnf') ? '--upgrades' : 'updates';
    return Object.fromEntries(newest(await list(ctx, ...optionsOf(ctx, fromrepo), 'list', what)));
  },
  compare: compareVersions,
  normalize: normalizeName,
  // Only the name and the architecture may stand around a version, which dnf takes without its epoch.
  pinned(name, version) {
    const { name: bare, arch } = partsOf(name);
    return `${bare}-${version.replace(/^\d+:/, '')}${arch === null ? '' : `.${arch}`}`;
  },
  describe,
  remove: async (ctx, _action, words) => failureOf(await act(ctx, [program(ctx), '-y', 'remove', ...words])),
  held: heldNames,
  async setHeld(ctx, names, hold) {
    for (const name of names) await setLock(ctx, name, hold);
  },
  owner,
  files,
  info,
};

interface How {
  readonly skipVerify: boolean;
  readonly downloadOnly: boolean;
  readonly updateHolds: boolean;
}

/** Does what a plan says. Held packages are left alone, which is an error, unless they may be let go for this. */
const runPlan = async (ctx: Ctx, plan: InstallPlan, how: How): Promise<string[]> => {
  const held = await heldNames(ctx).catch(() => []);
  const isHeld = (word: string): boolean => held.some((name) => word === name || word.startsWith(`${name}-`));
  const all = Object.values(plan).flat();
  const kept = how.updateHolds ? [] : all.filter(isHeld);
  const released = how.updateHolds ? held.filter((name) => all.some((word) => word === name || word.startsWith(`${name}-`))) : [];
  for (const name of released) await setLock(ctx, name, false);
  const options = [...optionsOf(ctx), ...(how.skipVerify ? ['--nogpgcheck'] : []), ...(how.downloadOnly ? ['--downloadonly'] : [])];
  const errors: string[] = [];
  for (const [verb, words] of Object.entries(plan)) {
    const targets = (words as readonly string[]).filter((word) => !kept.includes(word));
    if (targets.length === 0) continue;
    const best = program(ctx).startsWith('dnf') && verb === 'install' ? ['--best', '--allowerasing'] : [];
    const ran: Ran = await act(ctx, [program(ctx), '-y', ...options, verb, ...best, ...targets], { mergeStderr: true });
    if (ran.code !== 0) errors.push(text(ran.stdout).trimEnd());
  }
  for (const name of released) await setLock(ctx, name, true);
  if (kept.length === 0) return errors;
  const names = kept.map((word) => held.find((name) => word === name || word.startsWith(`${name}-`)) ?? word);
  return [
    ...errors,
    `The following package(s) could not be updated because they are being held: ${names.join(', ')}. Set 'update_holds' to True to ` +
      'temporarily unhold these packages so that they can be updated.',
  ];
};

const upgrade = async (
  ctx: Ctx,
  args: { name?: string | undefined; pkgs?: readonly Returnable[] | undefined; minimal: boolean },
  how: string[],
) => {
  const targets = args.name || args.pkgs?.length ? await targetsOf(ctx, tool, { ...args, normalize: true }) : undefined;
  const names = targets?.kind === 'repository' ? [...targets.wanted.keys()] : [];
  const before = await installed(ctx);
  const verb = args.minimal ? 'upgrade-minimal' : 'upgrade';
  const ran = await act(ctx, [program(ctx), '--quiet', '-y', ...optionsOf(ctx), ...how, verb, ...names]);
  const changes = changesBetween(before, await installed(ctx));
  const complaint = failureOf(ran);
  if (complaint !== undefined) throw problem('Problem encountered upgrading packages', [complaint], changes);
  return changes;
};

export default execModule({
  name: 'pkg',
  doc: 'Packages of Fedora, Red Hat and their like, by dnf or yum, and rpm.',
  serves: (host) => tool.serves(host) || 'neither dnf nor yum is on this system',
  calls: {
    ...plainCalls(tool, 'Error occurred removing package(s)'),
    install: call({
      doc: 'Install packages, and return which versions changed.',
      examples: ["tsalt '*' pkg.install tree", `tsalt '*' pkg.install pkgs='["foo", {"bar": "1.2.3-4.el9"}]'`],
      args: {
        name: NAME,
        refresh: optional('fetch the package lists first'),
        skip_verify: optional('take packages that are not signed'),
        pkgs: PKGS,
        sources: SOURCES,
        downloadonly: optional('fetch, and install nothing'),
        reinstall: optional('install again what is there in that version'),
        normalize: { type: 'boolean', default: true, doc: "drop the system's own architecture from names" },
        update_holds: optional('let packages go that are held, and hold them again'),
        saltenv: { type: 'string', default: 'base', doc: 'the environment of sources' },
        ignore_epoch: optional('compare versions without their epochs'),
      },
      extra: 'version: of the one package, also as a wish (`>=1.2`) or a glob; fromrepo, enablerepo, disablerepo, disableexcludes, setopt',
      changes: true,
      run(ctx, args) {
        const asked = { ...args, version: keyword(ctx, 'version'), cacheSeconds: 0, ignoreEpoch: args.ignore_epoch };
        const how = { skipVerify: args.skip_verify, downloadOnly: args.downloadonly, updateHolds: args.update_holds };
        const wording = (plan: InstallPlan): string =>
          `Error occurred installing${plan.reinstall.length > 0 ? '/reinstalling' : ''} package(s)`;
        return install(ctx, tool, asked, (plan) => runPlan(ctx, plan, how), wording);
      },
    }),
    upgrade: call({
      doc: 'Upgrade all packages, or those named, and return which versions changed.',
      examples: ["tsalt '*' pkg.upgrade", "tsalt '*' pkg.upgrade minimal=True"],
      args: {
        name: NAME,
        pkgs: PKGS,
        refresh: REFRESH,
        skip_verify: optional('take packages that are not signed'),
        normalize: { type: 'boolean', default: true, doc: "drop the system's own architecture from names" },
        minimal: optional('only to the versions that mend faults'),
        obsoletes: { type: 'boolean', default: true, doc: 'remove what is obsolete' },
        diff_attr: { type: 'any', doc: 'not used' },
      },
      extra: 'fromrepo, enablerepo, disablerepo, disableexcludes, setopt',
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        if (args.refresh) await tool.refresh(ctx);
        if (ctx.testing) return tool.upgrades(ctx);
        return upgrade(ctx, args, [...(args.obsoletes ? [] : ['--setopt=obsoletes=False']), ...(args.skip_verify ? ['--nogpgcheck'] : [])]);
      },
    }),
    parse_arch: call({
      doc: 'Name and architecture that a package is asked for by.',
      examples: ["tsalt '*' pkg.parse_arch zsh.x86_64"],
      args: { name: { type: 'string', required: true, doc: 'the package' } },
      changes: false,
      run: (_ctx, { name }) => partsOf(name),
    }),
    clean_metadata: call({
      doc: 'Fetch the package lists anew: the same as refresh_db.',
      examples: ["tsalt '*' pkg.clean_metadata"],
      args: {},
      extra: 'fromrepo, enablerepo, disablerepo',
      changes: true,
      run: (ctx) => tool.refresh(ctx),
    }),
    ...holds,
    ...repos,
  },
});
