import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { type Changes, changesBetween, problem } from './changes.ts';
import { type Asked, firstFitting, nameFits, type Targets, targetsOf } from './targets.ts';
import type { InstallOptions, InstallPlan, PackageTool, Versions } from './tool.ts';

export interface InstallAsked extends Asked {
  readonly refresh: boolean;
  readonly cacheSeconds: number;
  readonly reinstall: boolean;
  readonly ignoreEpoch: boolean;
  readonly options: InstallOptions;
}

interface Planned {
  readonly plan: InstallPlan;
  /** By name: what is to be there anew, though its version stays. */
  readonly again: readonly string[];
  readonly errors: readonly string[];
}

/** Installs what is asked for and returns which versions changed. Throws CommandFailed with errors and changes. */
export const install = async (ctx: Ctx, tool: PackageTool, asked: InstallAsked): Promise<Changes> => {
  const targets = await targetsOf(ctx, tool, asked);
  if (targets === undefined) return {};
  if (await needsRefresh(ctx, tool, asked, targets)) await tool.refresh(ctx, { cacheSeconds: asked.cacheSeconds, failhard: false });
  const before = (await tool.inventory(ctx)).installed;
  const planned = await planFor(ctx, tool, asked, targets, before);
  const errors = [...planned.errors];
  if (ctx.testing) return predicted(planned, before);
  const words = Object.values(planned.plan).flat();
  if (words.length > 0) {
    const held = await holdsAmong(
      ctx,
      tool,
      words.map((word) => word.split('=')[0] ?? word),
    );
    for (const name of held) await tool.select(ctx, name, 'install');
    errors.push(...(await tool.install(ctx, planned.plan, asked.options)));
    for (const name of held) await tool.select(ctx, name, 'hold');
  }
  const after = (await tool.inventory(ctx)).installed;
  const changes = { ...changesBetween(before, after), ...anew(planned.again, before, after) };
  if (errors.length > 0) throw problem('installing package(s)', errors, changes);
  return changes;
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
  const place = (name: string, word: string, version: string): void => {
    const now = before.get(name)?.join(',') ?? '';
    const order = now === '' ? 1 : compareWith(tool, asked.ignoreEpoch)(version, now);
    if (order === 0 && asked.reinstall) {
      plan.reinstall.push(word);
      again.push(name);
    } else {
      plan[order >= 0 ? 'install' : 'downgrade'].push(word);
    }
  };
  if (targets.kind === 'file') {
    for (const path of targets.paths) {
      const { name, version } = await tool.describe(ctx, path);
      place(name, path, version);
    }
    return { plan, again, errors };
  }
  const wishes = [...targets.wanted].filter(([, version]) => /^\s*[<>]/.test(version ?? '')).map(([name]) => name);
  const offers: Versions = wishes.length > 0 ? await tool.offers(ctx, wishes) : new Map();
  for (const [name, wish] of targets.wanted) {
    if (wish === undefined) {
      const afresh = asked.reinstall && before.has(name);
      plan[afresh ? 'reinstall' : 'install'].push(name);
      if (afresh) again.push(name);
      continue;
    }
    const available = offers.get(name) ?? [];
    const version = wishes.includes(name) ? firstFitting(wish, available, compareWith(tool, asked.ignoreEpoch)) : wish.replace(/^=+/, '');
    if (version === undefined) {
      errors.push(
        `No version matching '${name}${wish}' could be found (available: ${available.length > 0 ? available.join(', ') : 'None'})`,
      );
    } else {
      place(name, tool.pinned(name, version), version);
    }
  }
  return { plan, again, errors };
};

export const compareWith =
  (tool: PackageTool, ignoreEpoch: boolean) =>
  (one: string, other: string): number => {
    const cut = (version: string): string => (ignoreEpoch ? version.replace(/^\d+:/, '') : version);
    return tool.compare(cut(one), cut(other));
  };

const holdsAmong = async (ctx: Ctx, tool: PackageTool, names: readonly string[]): Promise<string[]> => {
  const held = (await tool.selections(ctx))['hold'] ?? [];
  return held.filter((name) => names.includes(name));
};

/** Removes what of the names (globs too) is installed, and returns which versions went. */
export const uninstall = async (
  ctx: Ctx,
  tool: PackageTool,
  action: 'remove' | 'purge',
  asked: { readonly name?: string | undefined; readonly pkgs?: readonly Returnable[] | undefined },
): Promise<Changes | { removed: Changes; installed: Changes }> => {
  const targets = await targetsOf(ctx, tool, { ...asked, normalize: true });
  if (targets === undefined || targets.kind === 'file') throw new CommandFailed(`pkg.${action}: name the packages, by name or pkgs`);
  const before = await tool.inventory(ctx);
  const globs = [...targets.wanted.keys()];
  const fitting = (versions: Versions): string[] => [...versions.keys()].filter((name) => globs.some((glob) => nameFits(glob, name)));
  const names = [...new Set([...fitting(before.installed), ...(action === 'purge' ? fitting(before.removed) : [])])];
  if (names.length === 0) return {};
  if (ctx.testing) return Object.fromEntries(names.map((name) => [name, { new: '', old: before.installed.get(name)?.join(',') ?? '' }]));
  const complaint = await tool.remove(ctx, action, names);
  const after = await tool.inventory(ctx);
  const changes = changesBetween(before.installed, after.installed);
  if (complaint !== undefined) throw problem('removing package(s)', [complaint], changes);
  return action === 'purge' ? { removed: changesBetween(before.removed, after.removed), installed: changes } : changes;
};
