import type { Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx } from '../../define.ts';
import { type Holds, mergeHolds } from './holds.ts';
import type { Asked, Targets } from './targets.ts';
import { altered, nested } from './verify.ts';
import { fulfills, installedOf, type Versions } from './versions.ts';
import { normalized, shown, type Wanted } from './wanted.ts';

export interface Done {
  readonly changes: Record<string, Returnable>;
  readonly comments: readonly string[];
  readonly holds: Holds;
  /** What the package tool says that it changed. */
  readonly reinstalled: readonly string[];
}

/** Packages of which some are there as wished, and some are not. */
export async function sorted(
  ctx: StateCtx,
  wanted: Wanted,
  there: Versions,
  ignoreEpoch: boolean | undefined,
): Promise<{ readonly right: string[]; readonly wrong: string[] }> {
  const [right, wrong]: [string[], string[]] = [[], []];
  for (const [name, wish] of wanted) {
    const plain = name.split('=')[0] ?? name;
    const versions = there[plain] ?? there[await normalized(ctx, plain)] ?? [];
    const fits =
      versions.length > 0 &&
      (!wish ||
        wish === 'latest' ||
        (wish.endsWith('*') && versions[0]?.startsWith(wish.slice(0, -1)) === true) ||
        (await fulfills(ctx, versions, wish, { ignoreEpoch })));
    (fits ? right : wrong).push(name);
  }
  return { right, wrong };
}

/** What came of an installation. */
export async function report(ctx: StateCtx, asked: Asked, targets: Targets, done: Done): Promise<Outcome> {
  const { changes, holds } = done;
  const { fromFiles, wanted } = targets;
  const named = (names: readonly string[]): string => names.map((name) => (fromFiles ? name : shown(name, wanted))).join(', ');
  const { installed, kept, missing } = await outcomeByName(ctx, asked, targets, changes);
  const comments = [...done.comments];
  if (installed.length > 0) comments.push(installedText(installed, named(installed)));
  mergeHolds(changes, holds.changed);
  comments.push(...holds.changed.map(({ comment }) => comment));
  if (kept.length > 0)
    comments.push(
      kept.length <= 20
        ? `The following packages were already installed: ${named(kept)}`
        : `${kept.length} targeted packages were already installed`,
    );
  comments.push(...holds.kept.map(({ comment }) => comment));
  if (missing.length > 0) comments.unshift(`The following packages failed to install/update: ${named(missing)}`);
  comments.push(...holds.failed.map(({ comment }) => comment));
  const reinstalls = await reinstallsOf(ctx, asked, targets, done.reinstalled);
  comments.push(...reinstalls.comments((name) => (fromFiles ? name : shown(name, wanted))));
  const result = missing.length === 0 && holds.failed.length === 0 && reinstalls.all;
  return { result, comment: comments.join('\n'), changes };
}

const installedText = (installed: readonly string[], names: string): string => {
  if (names.length < 20) return `The following packages were installed/updated: ${names}`;
  const several = installed.length > 1;
  return `${installed.length} targeted package${several ? 's' : ''} ${several ? 'were' : 'was'} installed/updated.`;
};

async function outcomeByName(ctx: StateCtx, { args, kwargs }: Asked, targets: Targets, changes: Readonly<Record<string, Returnable>>) {
  const { wanted, install, again } = targets;
  const untouched = (name: string): boolean => !install.has(name) && !again.has(name);
  if (targets.fromFiles) {
    const installed = Object.keys(changes).filter((name) => install.has(name));
    const missing = [...install.keys()].filter((name) => !installed.includes(name));
    return { installed, kept: [...wanted.keys()].filter(untouched), missing };
  }
  const { right, wrong } = await sorted(ctx, wanted, await installedOf(ctx, kwargs), args.ignore_epoch);
  const isTarget = (name: string): boolean => install.has(name);
  return { installed: right.filter(isTarget), kept: right.filter(untouched), missing: wrong.filter(isTarget) };
}

async function reinstallsOf(ctx: StateCtx, { args, verifying, kwargs }: Asked, targets: Targets, changed: readonly string[]) {
  const files = new Map(targets.altered);
  const [right, wrong]: [string[], string[]] = [[], []];
  for (const name of targets.again.keys()) {
    const still = args.reinstall || verifying === undefined ? undefined : await altered(ctx, name, verifying, kwargs);
    if (still !== undefined) files.set(name, still);
    (args.reinstall ? changed.includes(name) : still === undefined) ? right.push(name) : wrong.push(name);
  }
  const told = (name: string, text: string, remedy: string): string[] => {
    const list = files.get(name);
    return list === undefined ? [text] : [`${text} The following files ${remedy}:`, nested(list).trimEnd()];
  };
  return {
    all: wrong.length === 0,
    comments: (named: (name: string) => string): string[] => [
      ...right.flatMap((name) => told(name, `Package ${named(name)} was reinstalled.`, 'were remediated')),
      ...wrong.flatMap((name) => told(name, `Reinstall was not successful for package ${named(name)}.`, 'could not be remediated')),
    ],
  };
}
