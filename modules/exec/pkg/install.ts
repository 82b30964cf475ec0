import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { type Changes, changesBetween, problem } from './changes.ts';
import { type Asked, firstFitting, nameFits, type Targets, targetsOf } from './targets.ts';
import type { Complaint, InstallPlan, PackageTool, Versions } from './tool.ts';

export interface InstallAsked extends Asked {
  readonly refresh: boolean;
  readonly cacheSeconds: number;
  readonly reinstall: boolean;
  readonly ignoreEpoch: boolean;
}
interface Planned {
  readonly plan: InstallPlan;
  /** By name: what is to be there anew, though its version stays. */
  readonly again: readonly string[];
  readonly errors: readonly string[];
}
/** What is said of a failed installation: `installing package(s)`. */
type Wording = (plan: InstallPlan) => string;

/**
 * Installs what is asked for by `run`, which does what a plan says and returns what went wrong, and tells which versions
 * changed. Throws CommandFailed with errors and changes.
 */
export const install = async (
  ctx: Ctx,
  tool: PackageTool,
  asked: InstallAsked,
  run: (plan: InstallPlan, names: readonly string[]) => Promise<readonly string[]>,
  wording: Wording = () => 'Problem encountered installing package(s)',
): Promise<Changes> => {
  const targets = await targetsOf(ctx, tool, asked);
  if (targets === undefined) return {};
  if (await needsRefresh(ctx, tool, asked, targets)) await tool.refresh(ctx, asked.cacheSeconds);
  const before = await tool.installed(ctx);
  const planned = await planFor(ctx, tool, asked, targets, before);
  const errors = [...planned.errors];
  if (ctx.testing) return predicted(planned, before);
  const words = Object.values(planned.plan).flat();
  if (words.length > 0) errors.push(...(await run(planned.plan, words)));
  const after = await tool.installed(ctx);
  const changes = { ...changesBetween(before, after), ...anew(planned.again, before, after) };
  if (errors.length > 0) throw problem(wording(planned.plan), errors, changes);
  return changes;
};

/** Runs `act` with the packages that are held, but are asked for, let go. */
export const withoutHolds = async <T>(ctx: Ctx, tool: PackageTool, names: readonly string[], act: () => Promise<T>): Promise<T> => {
  const held = (await tool.held(ctx)).filter((name) => names.includes(name));
  if (held.length > 0) await tool.setHeld(ctx, held, false);
  try {
    return await act();
  } finally {
    if (held.length > 0) await tool.setHeld(ctx, held, true);
  }
};

const anew = (names: readonly string[], before: Versions, after: Versions): Changes => {
  const version = (versions: Versions, name: string): string => versions.get(name)?.join(',') ?? '';
  return Object.fromEntries(names.map((name) => [name, { old: version(before, name), new: version(after, name) }]));
};

/** For test=True: what is asked for, dependencies left out. */
const predicted = ({ plan, again }: Planned, before: Versions): Changes => {
  const words = [...plan.install, ...plan.downgrade].map((word) => word.split('=') as [string, string?]);
  const missing = words.filter(
    ([name, version]) => !before.has(name) || (version !== undefined && before.get(name)?.join(',') !== version),
  );
  const changes = missing.map(([name, version]) => [name, { old: before.get(name)?.join(',') ?? '', new: version ?? 'latest' }] as const);
  return { ...Object.fromEntries(changes), ...anew(again, before, before) };
};

/** Lists are fetched anew only if what is asked for is not already on offer in that version. */
const needsRefresh = async (ctx: Ctx, tool: PackageTool, asked: InstallAsked, targets: Targets): Promise<boolean> => {
  if (!asked.refresh || targets.kind === 'file') return asked.refresh;
  const pinned = [...targets.wanted].filter(([, version]) => version !== undefined);
  if (pinned.length < targets.wanted.size) return true;
  const offered = await tool.candidates(
    ctx,
    pinned.map(([name]) => name),
  );
  return pinned.some(([name, version]) => offered.get(name) !== version);
};

const planFor = async (ctx: Ctx, tool: PackageTool, asked: InstallAsked, targets: Targets, before: Versions): Promise<Planned> => {
  const plan = { install: [] as string[], downgrade: [] as string[], reinstall: [] as string[] };
  const again: string[] = [];
  const errors: string[] = [];
  const compare = compareWith(tool, asked.ignoreEpoch);
  const place = (name: string, word: string, version: string): void => {
    const orders = (before.get(name) ?? []).map((now) => compare(version, now));
    if (asked.reinstall && orders.includes(0)) {
      plan.reinstall.push(word);
      again.push(name);
    } else {
      plan[orders.length === 0 || orders.some((order) => order >= 0) ? 'install' : 'downgrade'].push(word);
    }
  };
  if (targets.kind === 'file') {
    for (const path of targets.paths) {
      const { name, version } = await tool.describe(ctx, path);
      place(name, path, version);
    }
    return { plan, again, errors };
  }
  const open = [...targets.wanted].filter(([, version]) => /^\s*[<>]|\*/.test(version ?? '')).map(([name]) => name);
  const offers: Versions = open.length > 0 ? await tool.offers(ctx, open) : new Map();
  for (const [name, wish] of targets.wanted) {
    if (wish === undefined) {
      const afresh = asked.reinstall && before.has(name);
      plan[afresh ? 'reinstall' : 'install'].push(name);
      if (afresh) again.push(name);
      continue;
    }
    const available = offers.get(name) ?? [];
    const version = open.includes(name) ? meeting(wish, available, compare) : wish.replace(/^=+/, '');
    if (version !== undefined) place(name, tool.pinned(name, version), version);
    else
      errors.push(
        `No version matching '${name}${wish}' could be found (available: ${available.length > 0 ? available.join(', ') : 'None'})`,
      );
  }
  return { plan, again, errors };
};

const meeting = (wish: string, offers: readonly string[], compare: (a: string, b: string) => number): string | undefined =>
  wish.includes('*') ? offers.find((offer) => nameFits(wish, offer)) : firstFitting(wish, offers, compare);

export const compareWith =
  (tool: PackageTool, ignoreEpoch: boolean) =>
  (one: string, other: string): number => {
    const cut = (version: string): string => (ignoreEpoch ? version.replace(/^\d+:/, '') : version);
    return tool.compare(cut(one), cut(other));
  };

export interface RemovalAsked {
  readonly name?: string | undefined;
  readonly pkgs?: readonly Returnable[] | undefined;
}

/** Removes what of the names (globs too) is installed, and returns which versions went. */
export const uninstall = async (
  ctx: Ctx,
  tool: PackageTool,
  action: 'remove' | 'purge',
  asked: RemovalAsked,
  wording = 'Problem encountered removing package(s)',
): Promise<Changes | { removed: Changes; installed: Changes }> => {
  const targets = await targetsOf(ctx, tool, { ...asked, normalize: true });
  if (targets === undefined || targets.kind === 'file') throw new CommandFailed(`pkg.${action}: name the packages, by name or pkgs`);
  const before = await tool.installed(ctx);
  const remains = async (): Promise<Versions> => (action === 'purge' ? ((await tool.removed?.(ctx)) ?? new Map()) : new Map());
  const remainsBefore = await remains();
  const names = fittingNames(targets.wanted, before, remainsBefore);
  if (names.length === 0) return {};
  if (ctx.testing) return Object.fromEntries(names.map((name) => [name, { new: '', old: before.get(name)?.join(',') ?? '' }]));
  const words = names.map((name) => {
    const version = targets.wanted.get(name);
    return version === undefined ? name : tool.pinned(name, version);
  });
  const complaint: Complaint = await tool.remove(ctx, action, words);
  const changes = changesBetween(before, await tool.installed(ctx));
  if (complaint !== undefined) throw problem(wording, [complaint], changes);
  return action === 'purge' && tool.removed !== undefined
    ? { removed: changesBetween(remainsBefore, await remains()), installed: changes }
    : changes;
};

const fittingNames = (wanted: ReadonlyMap<string, string | undefined>, installed: Versions, remains: Versions): string[] => {
  const fits = (name: string, versions: readonly string[]): boolean =>
    [...wanted].some(([glob, version]) => nameFits(glob, name) && (version === undefined || versions.includes(version)));
  const fitting = (versions: Versions): string[] => [...versions].filter(([name, all]) => fits(name, all)).map(([name]) => name);
  return [...new Set([...fitting(installed), ...fitting(remains)])];
};
