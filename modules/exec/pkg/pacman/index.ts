import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../../define.ts';
import { NAME, optional, PKGS, SOURCES } from '../calls.ts';
import { changesBetween, problem } from '../changes.ts';
import { install } from '../install.ts';
import { type PlainTool, plainCalls } from '../plain.ts';
import { compareVersions } from '../rpm/versions.ts';
import { act, ask, failureOf, text } from '../run.ts';
import type { InstallPlan, Versions } from '../tool.ts';
import { parseFiles, parseGroups, parseInfo, parsePairs, parseRefresh, parseRepoPackages } from './parse.ts';

const pacman = async (ctx: Ctx, ...words: string[]): Promise<string> => text((await ask(ctx, ['pacman', ...words])).stdout);
const installed = async (ctx: Ctx): Promise<Versions> =>
  new Map([...parsePairs(await pacman(ctx, '-Q'))].map(([name, version]) => [name, [version]]));

const tool: PlainTool = {
  name: 'pacman',
  refreshes: false,
  serves: (host) => host.which('pacman') !== undefined && host.osFamily !== 'Debian',
  installed,
  /** True: fetched, False: up to date, by database. */
  async refresh(ctx) {
    const ran = await act(ctx, ['pacman', '-Sy']);
    if (ran.code !== 0) throw new CommandFailed(`Error refreshing package database: ${failureOf(ran)}`);
    return parseRefresh(text(ran.stdout));
  },
  candidates: async (ctx, names) => parsePairs(await pacman(ctx, '-Sp', '--needed', '--print-format', '%n %v', ...names)),
  async offers(ctx, names) {
    const all = parseRepoPackages(await pacman(ctx, '-Sl'));
    return names.length === 0 ? all : new Map([...all].filter(([name]) => names.includes(name)));
  },
  async upgrades(ctx) {
    const ran = await ask(ctx, ['pacman', '-S', '-p', '-u', '--print-format', '%n %v']);
    if (ran.code !== 0) throw new CommandFailed(`Error listing upgrades: ${failureOf(ran)}`);
    return Object.fromEntries(parsePairs(text(ran.stdout)));
  },
  // alpm compares as rpm does.
  compare: compareVersions,
  normalize: (_ctx, name) => name,
  pinned: (name, version) => `${name}=${version}`,
  async describe(ctx, path) {
    const ran = await ask(ctx, ['pacman', '-Qp', path]);
    const [found] = parsePairs(text(ran.stdout));
    if (found === undefined) throw new CommandFailed(`Unable to get info for ${path}: ${failureOf(ran) ?? 'pacman tells nothing'}`);
    return { name: found[0], version: found[1] };
  },
  remove: async (ctx, action, words) => {
    const names = words.map((word) => word.split('=')[0] ?? word);
    return failureOf(await act(ctx, ['pacman', action === 'purge' ? '-Rsc' : '-R', '--noprogressbar', '--noconfirm', ...names]));
  },
  held: async () => [],
  setHeld: async () => undefined,
  owner: async (ctx, path) => (await pacman(ctx, '-Qqo', path)).trim(),
  files: async (ctx, names) => parseFiles(await pacman(ctx, '-Ql', ...names)),
  async info(ctx, names) {
    const ran = await ask(ctx, ['pacman', '-Qi', ...names]);
    if (ran.code !== 0) throw new CommandFailed(`Error getting packages information: ${failureOf(ran)}`);
    return parseInfo(text(ran.stdout));
  },
};

interface How {
  readonly refresh: boolean;
  readonly sysupgrade: boolean;
}
const runPlan = async (ctx: Ctx, plan: InstallPlan, how: How): Promise<string[]> => {
  const options = ['--noprogressbar', '--noconfirm'];
  const verb = (word: string): string => (word.startsWith('/') ? '-U' : '-S');
  const errors: string[] = [];
  for (const [words, needed] of [
    [[...plan.install, ...plan.downgrade], ['--needed']],
    [plan.reinstall, []],
  ] as const) {
    const [first] = words;
    if (first === undefined) continue;
    const more = verb(first) === '-U' ? [] : [...(how.refresh ? ['-y'] : []), ...(how.sysupgrade ? ['-u'] : [])];
    const complaint = failureOf(
      await act(ctx, ['pacman', verb(first), ...more, ...options, ...(verb(first) === '-U' ? [] : needed), ...words]),
    );
    if (complaint !== undefined) errors.push(complaint);
  }
  return errors;
};

const GROUP_KINDS = ['mandatory', 'optional', 'default', 'conditional'];

export default execModule({
  name: 'pkg',
  doc: 'Packages of Arch and its like, by pacman.',
  serves: (host) => tool.serves(host) || 'pacman is not on this system',
  calls: {
    ...plainCalls(tool),
    install: call({
      doc: 'Install packages, and return which versions changed.',
      examples: ["tsalt '*' pkg.install tree", `tsalt '*' pkg.install pkgs='["foo", "bar"]'`],
      args: {
        name: NAME,
        refresh: optional('fetch the package lists first'),
        sysupgrade: { type: 'boolean', doc: 'upgrade all packages too' },
        pkgs: PKGS,
        sources: SOURCES,
      },
      extra: 'version: of the one package; reinstall',
      changes: true,
      run(ctx, args) {
        const how = { refresh: args.refresh, sysupgrade: args.sysupgrade ?? false };
        const asked = { ...args, version: ctx.extra['version'], reinstall: Boolean(ctx.extra['reinstall']) };
        // pacman itself fetches the lists, by -y.
        const rest = { refresh: false, normalize: true, cacheSeconds: 0, ignoreEpoch: false };
        return install(ctx, tool, { ...asked, ...rest }, (plan) => runPlan(ctx, plan, how));
      },
    }),
    upgrade: call({
      doc: 'Upgrade all packages, and return which versions changed.',
      examples: ["tsalt '*' pkg.upgrade"],
      args: { refresh: optional('fetch the package lists first'), root: { type: 'string', doc: 'the root of another tree' } },
      extra: 'not used',
      changes: true,
      async run(ctx, { refresh, root }): Promise<Returnable> {
        if (ctx.testing) return tool.upgrades(ctx);
        const before = await installed(ctx);
        const more = [...(refresh ? ['-y'] : []), ...(root === undefined ? [] : ['-r', root])];
        const complaint = failureOf(await act(ctx, ['pacman', '-Su', '--noprogressbar', '--noconfirm', ...more]));
        const changes = changesBetween(before, await installed(ctx));
        if (complaint !== undefined) throw problem('Problem encountered upgrading packages', [complaint], changes);
        return changes;
      },
    }),
    group_list: call({
      doc: 'Groups: those installed, in part or whole, and the others.',
      examples: ["tsalt '*' pkg.group_list"],
      args: {},
      changes: false,
      async run(ctx): Promise<Returnable> {
        const [available, there] = [parseGroups(await pacman(ctx, '-Sgg')), parseGroups(await pacman(ctx, '-Qg'))];
        const whole = (group: string): boolean => there.get(group)?.length === available.get(group)?.length;
        const known = [...available.keys()].sort();
        return {
          installed: known.filter((group) => there.has(group) && whole(group)),
          partially_installed: known.filter((group) => there.has(group) && !whole(group)),
          available: known.filter((group) => !there.has(group)),
        };
      },
    }),
    group_info: call({
      doc: 'The packages of a group; all are of the kind `default`.',
      examples: ["tsalt '*' pkg.group_info xorg"],
      args: { name: { type: 'string', required: true, doc: 'the group' } },
      changes: false,
      async run(ctx, { name }) {
        const members = parseGroups(await pacman(ctx, '-Sgg', name)).get(name) ?? [];
        return Object.fromEntries(GROUP_KINDS.map((kind) => [kind, kind === 'default' ? [...new Set(members)].sort() : []]));
      },
    }),
  },
});
