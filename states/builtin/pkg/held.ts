import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { NAME, PKGS, VERSION } from './args.ts';
import { isEmptyList, isGiven, textOf } from './wanted.ts';

export const HELD = {
  name: NAME,
  version: VERSION,
  pkgs: PKGS,
  replace: { type: 'boolean', default: false, doc: 'let go of all other packages' },
} as const;
export const UNHELD = {
  name: NAME,
  version: VERSION,
  pkgs: PKGS,
  all: { type: 'boolean', default: false, doc: 'let go of all packages' },
} as const;

interface Lock {
  readonly version?: string;
  readonly type?: string;
}
interface Locks {
  readonly held: ReadonlyMap<string, Lock>;
  /** Whether a package is held at a version, or at whatever it has. */
  readonly byVersion: boolean;
}
type Wish = readonly [name: string, version: string | null, given: Returnable];

/** What is held, by whichever function tells of it here. */
async function locksOf(ctx: StateCtx): Promise<Locks | undefined> {
  if (await ctx.has('pkg.list_locks'))
    return {
      held: new Map(Object.entries((await ctx.call('pkg.list_locks')) as unknown as Readonly<Record<string, Lock>>)),
      byVersion: true,
    };
  const names = await heldNames(ctx);
  return names === undefined ? undefined : { held: new Map(names.map(lockOf)), byVersion: false };
}

async function heldNames(ctx: StateCtx): Promise<readonly string[] | undefined> {
  if (await ctx.has('pkg.list_holds')) return (await ctx.call('pkg.list_holds', [], { full: true })) as string[];
  if (!(await ctx.has('pkg.get_selections'))) return undefined;
  const selections = (await ctx.call('pkg.get_selections', [], { state: 'hold' })) as Readonly<Record<string, string[]>>;
  return selections['hold'] ?? [];
}

/** `bash-0:5.1-2.*`, as dnf holds it. */
function lockOf(text: string): [string, Lock] {
  const [, name, epoch, version] = /^(.+)-(\d+):(.*)\.\*/.exec(text) ?? [];
  return name === undefined ? [text, {}] : [name, { version: `${epoch === '0' ? '' : `${epoch}:`}${version}` }];
}

const NO_LOCKS = 'No any function to get the list of held packages available.\nCheck if the package manager supports package locking.';
const isPackage = ({ type = 'package' }: Lock): boolean => type === 'package';
const versionOf = ({ version }: Lock): string | null => version?.replace(/^[= ]+/, '') ?? null;
const at = (version: string | null): string => (version ? ` (version = ${version})` : '');

function wishesOf({ name, version, pkgs }: ArgsOf<typeof UNHELD> | ArgsOf<typeof HELD>): Wish[] {
  const given = pkgs ?? [isGiven(version) ? { [name]: textOf(version ?? null) } : name];
  return (given as readonly Returnable[]).map((item): Wish => {
    if (typeof item !== 'object' || item === null) return [String(item), null, item];
    const [key = '', value = null] = Object.entries(item)[0] ?? [];
    return [key, value === null ? null : textOf(value as Returnable), item];
  });
}

/** Packages that are kept at their version. */
export async function held(ctx: StateCtx, args: ArgsOf<typeof HELD>): Promise<Verdict> {
  if (isEmptyList(args.pkgs) && !args.replace) return inOrder('No packages to be held provided');
  const locks = await locksOf(ctx);
  if (locks === undefined) return failed(NO_LOCKS);
  if (!(await ctx.has('pkg.hold'))) return failed('`hold` function is not implemented for the package manager.');
  const wishes = wishesOf(args);
  const isRight = ([name, version]: Wish): boolean => {
    const lock = locks.held.get(name);
    return lock !== undefined && (!locks.byVersion || versionOf(lock) === version);
  };
  const open = wishes.filter((wish) => !isRight(wish));
  const others = args.replace ? letGo(locks, (name) => !wishes.some(([wished]) => wished === name)) : [];
  const foreseen = open.map(([name, version]) =>
    locks.held.has(name)
      ? `The following package's hold rule would be updated: ${name}${at(version)}`
      : `The following package would be held: ${name}${at(version)}`,
  );
  return planOf([...foreseen, ...others.map((name) => `The following package would be unheld: ${name}`)], async (made) => {
    for (const wish of open) await hold(ctx, args.name, wish, locks.held.has(wish[0]), made);
    for (const name of others) await unhold(ctx, args.name, name, made);
  });
}

/** Packages that are not kept at their version. */
export async function unheld(ctx: StateCtx, args: ArgsOf<typeof UNHELD>): Promise<Verdict> {
  if (isEmptyList(args.pkgs) && !args.all) return inOrder('No packages to be unheld provided');
  const locks = await locksOf(ctx);
  if (locks === undefined) return failed(NO_LOCKS);
  const wished = new Map(wishesOf(args).map(([name, version]) => [name, version]));
  const names = letGo(locks, (name, lock) => {
    const version = locks.byVersion ? versionOf(lock) : null;
    return args.all || (wished.has(name) && (!version || version === wished.get(name)));
  });
  const foreseen = names.map((name) => {
    const version = locks.byVersion ? versionOf(locks.held.get(name) ?? {}) : null;
    return `The following package would be unheld: ${name}${wished.get(name) ? ` (version = ${version ?? 'None'})` : ''}`;
  });
  return planOf(foreseen, async (made) => {
    for (const name of names) await unhold(ctx, args.name, name, made);
  });
}

const letGo = ({ held }: Locks, chosen: (name: string, lock: Lock) => boolean): string[] =>
  [...held].filter(([name, lock]) => isPackage(lock) && chosen(name, lock)).map(([name]) => name);

/** What has come of it so far. */
interface Made {
  result: boolean;
  readonly comments: string[];
  readonly changes: Record<string, Returnable>;
}

function planOf(foreseen: readonly string[], act: (made: Made) => Promise<void>): Verdict {
  if (foreseen.length === 0) return inOrder('No changes made');
  return {
    predicted: inOrder(foreseen.join('\n')),
    apply: async (): Promise<Outcome> => {
      const made: Made = { result: true, comments: [], changes: {} };
      await act(made);
      return { result: made.result, comment: made.comments.join('\n'), changes: made.changes };
    },
  };
}

type Answer = Readonly<Record<string, { readonly result?: boolean | null; readonly comment?: string }>>;

async function hold(ctx: StateCtx, id: string, [name, , given]: Wish, again: boolean, made: Made): Promise<void> {
  const freed = again ? ((await ctx.call('pkg.unhold', [], { name: id, pkgs: [name] })) as Answer) : undefined;
  const answer = (await ctx.call('pkg.hold', [], { name: id, pkgs: [given] })) as Answer;
  const done = answer[name]?.result === true;
  if (!done) made.result = false;
  if (!done) made.comments.push(`Package ${name} was not held`);
  else made.comments.push(`Package ${name} ${freed?.[name]?.result === true ? 'was updated with hold rule' : 'is now being held'}`);
  Object.assign(made.changes, answer);
}

async function unhold(ctx: StateCtx, id: string, name: string, made: Made): Promise<void> {
  const answer = (await ctx.call('pkg.unhold', [], { name: id, pkgs: [name] })) as Answer;
  if (answer[name]?.result !== true) made.result = false;
  if (answer[name]?.comment) made.comments.push(answer[name].comment);
  Object.assign(made.changes, answer);
}
