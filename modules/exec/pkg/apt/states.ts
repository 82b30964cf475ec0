import { readFile } from 'node:fs/promises';
import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { NAME, PKGS, SOURCES, UNUSED } from '../calls.ts';
import { holdEach, selectHold } from '../holds.ts';
import { parseSelections } from './parse.ts';
import { apt, text } from './run.ts';
import { aptTool, select, selections } from './tool.ts';

const STATES = ['install', 'hold', 'deinstall', 'purge'];

const holding = (as: 'hold' | 'unhold', doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' pkg.${as} <package name>`, `tsalt '*' pkg.${as} pkgs='["foo", "bar"]'`],
    args: { name: NAME, pkgs: PKGS, sources: SOURCES },
    extra: UNUSED,
    changes: true,
    run: (ctx, args) =>
      holdEach(args, async (name) =>
        selectHold(ctx, name, as === 'hold', await selections(ctx, name), (state) => select(ctx, name, state)),
      ),
  });

type Selection = Readonly<Record<string, readonly Returnable[]>>;

/** Package names by state, from the file or the argument that has them. */
const selectionOf = async (ctx: Ctx, path: string | undefined, given: Returnable | undefined, saltenv: string): Promise<Selection> => {
  if (path !== undefined && given !== undefined)
    throw new CallRefused(
      "The 'selection' and 'path' arguments to pkg.set_selections are mutually exclusive, and cannot be specified together",
    );
  if (path !== undefined) {
    const cached = await ctx.call('cp.cache_file', [path, saltenv]);
    if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`Unable to fetch ${path} from saltenv '${saltenv}'`);
    return parseSelections(await readFile(cached, 'utf8'));
  }
  const read = typeof given === 'string' ? await ctx.call('slsutil.deserialize', ['yaml', given]) : given;
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new CallRefused(`Improperly-formatted selection: ${given}`);
  const bad = Object.keys(read).filter((state) => !STATES.includes(state));
  if (bad.length > 0) throw new CallRefused(`Invalid state(s): ${bad.join(', ')}`);
  return Object.fromEntries(Object.entries(read).map(([state, names]) => [state, [names as Returnable].flat() as Returnable[]]));
};

const setSelections = async (ctx: Ctx, wanted: Selection, clear: boolean): Promise<Returnable> => {
  if (clear && !ctx.testing) {
    const ran = await apt(ctx, ['dpkg', '--clear-selections']);
    if (ran.code !== 0) throw new CommandFailed(`Running dpkg --clear-selections failed: ${text(ran.stderr).trimEnd()}`);
  }
  const now = new Map(Object.entries(await selections(ctx)).flatMap(([state, names]) => names.map((name) => [name, state] as const)));
  const changes: Record<string, Returnable> = {};
  for (const [state, names] of Object.entries(wanted)) {
    for (const name of names.map(String)) {
      if (now.get(name) === state || ctx.testing) continue;
      if (await select(ctx, name, state)) changes[name] = { old: now.get(name) ?? null, new: state };
    }
  }
  return changes;
};

export const states = {
  hold: holding('hold', 'Keep packages at their version.'),
  unhold: holding('unhold', 'Let packages be upgraded again.'),
  list_holds: call({
    doc: 'Packages that are kept at their version.',
    examples: ["tsalt '*' pkg.list_holds"],
    args: {},
    extra: UNUSED,
    changes: false,
    run: (ctx) => aptTool.held(ctx),
  }),
  get_selections: call({
    doc: 'Package names by state: install, hold, deinstall, purge.',
    examples: ["tsalt '*' pkg.get_selections", "tsalt '*' pkg.get_selections 'python-*' state=hold"],
    args: { pattern: { type: 'string', doc: 'a glob' }, state: { type: 'string', doc: 'only this state' } },
    changes: false,
    async run(ctx, { pattern, state }): Promise<Returnable> {
      const found = await selections(ctx, pattern);
      return state === undefined ? found : { [state]: found[state] ?? [] };
    },
  }),
  set_selections: call({
    doc: 'Set the states of packages, and return which changed.',
    examples: [`tsalt '*' pkg.set_selections selection='{"hold": ["openssh-server"]}'`, "tsalt '*' pkg.set_selections salt://path/to/file"],
    args: {
      path: { type: 'string', doc: 'a file as `dpkg --get-selections` writes it' },
      selection: { type: 'any', doc: 'names by state: install, hold, deinstall, purge' },
      clear: { type: 'boolean', default: false, doc: 'set all packages to deinstall first' },
      saltenv: { type: 'string', default: 'base', doc: 'the environment of path' },
    },
    changes: true,
    async run(ctx, { path, selection, clear, saltenv }) {
      if (path === undefined && (selection == null || selection === '')) return {};
      return setSelections(ctx, await selectionOf(ctx, path, selection ?? undefined, saltenv), clear);
    },
  }),
};
