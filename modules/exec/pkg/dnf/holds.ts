import { CallRefused, type Ctx, call } from '../../../define.ts';
import { NAME, PKGS, SOURCES, UNUSED } from '../calls.ts';
import { type Held, holdEach } from '../holds.ts';
import { installed } from '../rpm/query.ts';
import { act, ask, text } from '../run.ts';
import { dnfOf } from './program.ts';

const program = (ctx: Ctx): string => dnfOf(ctx.host) ?? 'dnf';

const pluginOf = (ctx: Ctx): string => {
  if (program(ctx) === 'tdnf') throw new CallRefused('Cannot proceed, no versionlock for tdnf');
  return program(ctx) === 'yum' ? 'yum-plugin-versionlock' : 'python3-dnf-plugin-versionlock';
};
const checkPlugin = async (ctx: Ctx): Promise<void> => {
  const plugin = pluginOf(ctx);
  if (!(await installed(ctx)).has(plugin)) throw new CallRefused(`Cannot proceed, ${plugin} is not installed.`);
};

/** The locks of `versionlock list`: `bash-0:5.1.8-6.el9.*`; yum writes the epoch first. */
export const parseLocks = (output: string): string[] =>
  output
    .split('\n')
    .map((line) => /(?:\d+:)?[\w+]+(?:[.-][^-\s]+)*-\S+/.exec(line)?.[0])
    .filter((lock) => lock !== undefined);
/** The name of a lock's package. */
export const lockedName = (lock: string): string =>
  lock
    .replace(/^\d+:/, '')
    .replace(/\.[^.]*$/, '')
    .replace(/-[^-]*-[^-]*$/, '');

const locks = async (ctx: Ctx): Promise<string[]> => {
  await checkPlugin(ctx);
  return parseLocks(text((await ask(ctx, [program(ctx), '--quiet', 'versionlock', 'list'])).stdout));
};

/** Names that are kept at their version. Throws CallRefused without the plugin that does it. */
export const heldNames = async (ctx: Ctx): Promise<string[]> => [...new Set((await locks(ctx)).map(lockedName))];

export const setLock = async (ctx: Ctx, name: string, hold: boolean): Promise<boolean> => {
  // yum removes a lock by the whole of it only.
  const words = hold || program(ctx) !== 'yum' ? [name] : (await locks(ctx)).filter((lock) => lockedName(lock) === name);
  return (await act(ctx, [program(ctx), 'versionlock', hold ? 'add' : 'delete', ...words])).code === 0;
};

const holding = async (ctx: Ctx, name: string, hold: boolean): Promise<Held> => {
  if ((await heldNames(ctx)).includes(name) === hold)
    return { result: true, comment: hold ? `Package ${name} is already set to be held.` : `Package ${name} is not being held.` };
  if (ctx.testing) return { result: null, comment: `Package ${name} is set to be ${hold ? 'held' : 'unheld'}.` };
  if (!(await setLock(ctx, name, hold))) return { result: false, comment: `Package ${name} was unable to be ${hold ? 'held' : 'unheld'}.` };
  return hold
    ? { result: true, comment: `Package ${name} is now being held.`, changes: { new: 'hold', old: '' } }
    : { result: true, comment: `Package ${name} is no longer held.`, changes: { new: '', old: 'hold' } };
};

export const holds = {
  hold: call({
    doc: 'Keep packages at their version, by the versionlock plugin.',
    examples: ["tsalt '*' pkg.hold <package name>"],
    args: { name: NAME, pkgs: PKGS, sources: SOURCES, normalize: { type: 'boolean', default: true, doc: 'not used' } },
    extra: UNUSED,
    changes: true,
    async run(ctx, args) {
      await checkPlugin(ctx);
      return holdEach(args, (name) => holding(ctx, name, true));
    },
  }),
  unhold: call({
    doc: 'Let packages be upgraded again.',
    examples: ["tsalt '*' pkg.unhold <package name>"],
    args: { name: NAME, pkgs: PKGS, sources: SOURCES },
    extra: UNUSED,
    changes: true,
    async run(ctx, args) {
      await checkPlugin(ctx);
      return holdEach(args, (name) => holding(ctx, name, false));
    },
  }),
  list_holds: call({
    doc: 'Packages that are kept at their version.',
    examples: ["tsalt '*' pkg.list_holds", "tsalt '*' pkg.list_holds full=False"],
    args: {
      pattern: { type: 'string', default: '[\\w+]+(?:[.-][^-]+)*', doc: 'a regular expression that names must match' },
      full: { type: 'boolean', default: true, doc: 'the whole lock, rather than the name' },
    },
    changes: false,
    async run(ctx, { pattern, full }) {
      const wanted = new RegExp(`^(?:\\d+:)?(?:${pattern})`);
      const found = (await locks(ctx)).filter((lock) => wanted.test(lock));
      return full ? found : [...new Set(found.map(lockedName))];
    },
  }),
};
