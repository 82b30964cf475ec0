import { readFile } from 'node:fs/promises';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { NAME, PKGS } from '../calls.ts';
import { type Held, holdEach } from '../holds.ts';
import { installed } from '../rpm/query.ts';
import { act } from '../run.ts';

const LOCKS = '/etc/zypp/locks';
const ROOT = { type: 'string', doc: 'not used' } as const;

/** The locks of /etc/zypp/locks: paragraphs of `name: value`, by the name of the package. */
export const parseLocks = (text: string): Map<string, Record<string, string>> => {
  const locks = new Map<string, Record<string, string>>();
  for (const paragraph of text.split(/\n\s*\n/)) {
    const pairs = [...paragraph.matchAll(/^([^:#\n]+):\s*(.*?)\s*$/gm)].map(([, key = '', value = '']) => [key.trim(), value]);
    const { solvable_name: name, ...lock } = Object.fromEntries(pairs) as Record<string, string>;
    if (name) locks.set(name, lock);
  }
  return locks;
};

export const lockedNames = async (): Promise<Map<string, Record<string, string>>> =>
  parseLocks(await readFile(LOCKS, 'utf8').catch(() => ''));

export const setLock = async (ctx: Ctx, name: string, hold: boolean): Promise<boolean> =>
  (await act(ctx, ['zypper', '--non-interactive', hold ? 'al' : 'rl', name])).code === 0;

const holding = async (ctx: Ctx, name: string, hold: boolean): Promise<Held> => {
  if ((await lockedNames()).has(name) === hold)
    return { result: true, comment: hold ? `Package ${name} is already set to be held.` : `Package ${name} was already unheld.` };
  if (ctx.testing) return { result: null, comment: `Package ${name} is set to be ${hold ? 'held' : 'unheld'}.` };
  if (!(await setLock(ctx, name, hold))) return { result: false, comment: `Package ${name} was unable to be ${hold ? 'held' : 'unheld'}.` };
  return hold
    ? { result: true, comment: `Package ${name} is now being held.`, changes: { new: 'hold', old: '' } }
    : { result: true, comment: `Package ${name} is no longer held.`, changes: { new: '', old: 'hold' } };
};

const refuseNothing = ({ name, pkgs }: { name?: string | undefined; pkgs?: readonly Returnable[] | undefined }): void => {
  if (!name && !pkgs?.length) throw new CommandFailed('Name or packages must be specified.');
};

export const holds = {
  hold: call({
    doc: 'Keep packages at their version.',
    examples: ["tsalt '*' pkg.hold <package name>"],
    args: { name: NAME, pkgs: PKGS, root: ROOT },
    extra: 'not used',
    changes: true,
    run(ctx, args) {
      refuseNothing(args);
      return holdEach(args, (name) => holding(ctx, name, true));
    },
  }),
  unhold: call({
    doc: 'Let packages be upgraded again.',
    examples: ["tsalt '*' pkg.unhold <package name>"],
    args: { name: NAME, pkgs: PKGS, root: ROOT },
    extra: 'not used',
    changes: true,
    run(ctx, args) {
      refuseNothing(args);
      return holdEach(args, (name) => holding(ctx, name, false));
    },
  }),
  list_locks: call({
    doc: 'The locks on packages, by name.',
    examples: ["tsalt '*' pkg.list_locks"],
    args: { root: ROOT },
    changes: false,
    run: async () => Object.fromEntries(await lockedNames()),
  }),
  list_holds: call({
    doc: 'Installed packages that are kept at their version.',
    examples: ["tsalt '*' pkg.list_holds", "tsalt '*' pkg.list_holds full=False"],
    args: {
      pattern: { type: 'string', doc: 'a regular expression that names must match' },
      full: { type: 'boolean', default: true, doc: 'with the version, rather than the name' },
      root: ROOT,
    },
    extra: 'not used',
    changes: false,
    async run(ctx, { pattern, full }) {
      const there = await installed(ctx);
      const wanted = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`);
      const names = [...(await lockedNames()).keys()].filter((name) => there.has(name) && (wanted?.test(name) ?? true));
      const shown = (name: string, version: string): string => `${name}-${version.includes(':') ? version : `0:${version}`}.*`;
      return full ? names.flatMap((name) => (there.get(name) ?? []).map((version) => shown(name, version))) : names;
    },
  }),
};
