import { CommandFailed, type Ctx, call, execModule, type Ran, type Returnable } from '../../../define.ts';
import { NAME, optional, PKGS, SOURCES } from '../calls.ts';
import { changesBetween, problem } from '../changes.ts';
import { install } from '../install.ts';
import { type PlainTool, plainCalls } from '../plain.ts';
import { act, ask, failureOf, text } from '../run.ts';
import type { InstallPlan, Versions } from '../tool.ts';
import { nameAndVersion, parseFiles, parseInfo, parseInstalled, parsePolicy, parseUpgrades } from './parse.ts';
import { compareVersions } from './versions.ts';

const apk = (ctx: Ctx, ...words: string[]): Promise<Ran> => ask(ctx, ['apk', ...words]);
const installed = async (ctx: Ctx): Promise<Versions> => parseInstalled(text((await apk(ctx, 'info', '-v')).stdout));
const policy = async (ctx: Ctx, names: readonly string[]): Promise<Versions> =>
  names.length === 0 ? new Map() : parsePolicy(text((await apk(ctx, 'policy', ...names)).stdout));

const tool: PlainTool = {
  name: 'apk',
  refreshes: false,
  serves: (host) => host.which('apk') !== undefined && host.osFamily !== 'Debian',
  installed,
  /** True for each index that was fetched, False for one that could not be. */
  async refresh(ctx) {
    const ran = await act(ctx, ['apk', 'update']);
    const said = `${text(ran.stdout)}\n${text(ran.stderr)}`;
    const fetched = [...said.matchAll(/^fetch (\S+)/gm)].map(([, source = '']) => [source, true] as const);
    const failed = [...said.matchAll(/^(?:ERROR|WARNING): (?:Ignoring |unable to select )?(\S+?):? /gm)].map(
      ([, source = '']) => [source, false] as const,
    );
    if (ran.code !== 0 && fetched.length === 0) throw new CommandFailed(`Error refreshing package database: ${failureOf(ran)}`);
    return Object.fromEntries([...fetched, ...failed.filter(([source]) => source.includes('/'))]);
  },
  candidates: async (ctx, names) => new Map([...(await policy(ctx, names))].map(([name, versions]) => [name, versions[0] ?? ''])),
  async offers(ctx, names) {
    if (names.length > 0) return policy(ctx, names);
    return parseInstalled(text((await apk(ctx, 'search', '-v')).stdout).replace(/ - .*$/gm, ''));
  },
  upgrades: async (ctx) => parseUpgrades(text((await apk(ctx, 'upgrade', '-s')).stdout)),
  compare: compareVersions,
  normalize: (_ctx, name) => name,
  pinned: (name, version) => `${name}=${version}`,
  // A file's name is all that apk tells of it.
  async describe(_ctx, path) {
    const found = nameAndVersion(path.replace(/^.*\//, '').replace(/\.apk$/, ''));
    if (found === undefined) throw new CommandFailed(`Unable to get info for ${path}: it is not named as a package is`);
    return found;
  },
  remove: async (ctx, action, words) => {
    const names = words.map((word) => word.split('=')[0] ?? word);
    return failureOf(await act(ctx, ['apk', 'del', ...(action === 'purge' ? ['--purge'] : []), ...names]));
  },
  held: async () => [],
  setHeld: async () => undefined,
  async owner(ctx, path) {
    const [, owner = ''] = /is owned by (\S+)/.exec(text((await apk(ctx, 'info', '-W', path)).stdout)) ?? [];
    return nameAndVersion(owner)?.name ?? owner;
  },
  async files(ctx, names) {
    const all = names.length > 0 ? names : [...(await installed(ctx)).keys()];
    return parseFiles(text((await apk(ctx, 'info', '-L', ...all)).stdout));
  },
  async info(ctx, names) {
    const ran = await apk(ctx, 'info', '-a', ...names);
    if (ran.code !== 0) throw new CommandFailed(`Error getting packages information: ${failureOf(ran)}`);
    return parseInfo(text(ran.stdout));
  },
};

const runPlan = async (ctx: Ctx, plan: InstallPlan): Promise<string[]> => {
  const errors: string[] = [];
  for (const [words, verb] of [
    [[...plan.install, ...plan.downgrade], ['add']],
    [plan.reinstall, ['fix', '--reinstall']],
  ] as const) {
    if (words.length === 0) continue;
    // A file is not signed by a key of the system.
    const trust = words.some((word) => word.startsWith('/')) ? ['--allow-untrusted'] : [];
    const complaint = failureOf(await act(ctx, ['apk', ...verb, ...trust, ...words]));
    if (complaint !== undefined) errors.push(complaint);
  }
  return errors;
};

export default execModule({
  name: 'pkg',
  doc: 'Packages of Alpine, by apk.',
  serves: (host) => tool.serves(host) || 'apk is not on this system',
  calls: {
    ...plainCalls(tool),
    install: call({
      doc: 'Install packages, and return which versions changed.',
      examples: ["tsalt '*' pkg.install tree", `tsalt '*' pkg.install pkgs='["foo", "bar"]'`],
      args: { name: NAME, refresh: optional('fetch the package lists first'), pkgs: PKGS, sources: SOURCES },
      extra: 'version: of the one package; reinstall',
      changes: true,
      run(ctx, args) {
        const asked = { ...args, version: ctx.extra['version'], reinstall: Boolean(ctx.extra['reinstall']) };
        return install(ctx, tool, { ...asked, normalize: true, cacheSeconds: 0, ignoreEpoch: false }, (plan) => runPlan(ctx, plan));
      },
    }),
    upgrade: call({
      doc: 'Upgrade all packages, or those named, and return which versions changed.',
      examples: ["tsalt '*' pkg.upgrade"],
      args: { name: NAME, pkgs: PKGS, refresh: { type: 'boolean', default: true, doc: 'fetch the package lists first' } },
      extra: 'not used',
      changes: true,
      async run(ctx, { name, pkgs, refresh }): Promise<Returnable> {
        if (refresh) await tool.refresh(ctx);
        if (ctx.testing) return tool.upgrades(ctx);
        const names = pkgs?.length ? pkgs.map(String) : (name ?? '').split(',').filter((each) => each !== '');
        const before = await installed(ctx);
        const words = names.length > 0 ? ['add', '-u', ...names] : ['upgrade'];
        const complaint = failureOf(await act(ctx, ['apk', ...words]));
        const changes = changesBetween(before, await installed(ctx));
        if (complaint !== undefined) throw problem('Problem encountered upgrading packages', [complaint], changes);
        return changes;
      },
    }),
  },
});
