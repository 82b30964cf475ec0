import type { Returnable } from '../../../modules/define.ts';
import type { Plan, StateCtx } from '../../define.ts';
import type { Asked, Targets } from './targets.ts';
import { nested } from './verify.ts';
import { shown, type Wanted } from './wanted.ts';

const NEW = { new: 'installed', old: '' };
const all = (names: Iterable<string>): Record<string, Returnable> => Object.fromEntries([...names].map((name) => [name, NEW]));

/** What an installation would do. Only asked for while trying: the versions on offer take time to find. */
export async function foresee(ctx: StateCtx, { args }: Asked, targets: Targets): Promise<Plan['predicted']> {
  const { install, again, unpurge, fromFiles, warnings } = targets;
  const changes: Record<string, Returnable> = {};
  const comments: string[] = [];
  if (install.size > 0) {
    Object.assign(changes, fromFiles ? all(install.keys()) : await installable(ctx, install));
    comments.push(`The following packages would be installed/updated: ${[...install.keys()].join(', ')}`);
  }
  if (unpurge.length > 0) {
    comments.push(`The following packages would have their selection status changed from 'purge' to 'install': ${unpurge.join(', ')}`);
    Object.assign(changes, all(unpurge));
  }
  const named = [...again.keys()].map((name) => [name, fromFiles ? name : shown(name, again)] as const);
  if (args.reinstall && named.length > 0) {
    const names = named.map(([, text]) => text);
    Object.assign(changes, all(names));
    comments.push(`The following packages would be reinstalled: ${names.join(', ')}`);
  } else {
    for (const [name, text] of named) {
      comments.push(`Package '${text}' would be reinstalled because the following files have been altered:`);
      comments.push(nested(targets.altered.get(name) ?? {}).trimEnd());
      changes[name] = {};
    }
  }
  return { comment: comments.join('\n'), changes, warnings };
}

/** The versions that would be installed, as far as they are known. */
export async function installable(
  ctx: StateCtx,
  targets: Wanted,
  current: Readonly<Record<string, string>> = {},
): Promise<Record<string, Returnable>> {
  if (!ctx.testing) return all(targets.keys());
  const found: Record<string, Returnable> = {};
  const open = [...targets].filter(([, version]) => !version).map(([name]) => name);
  if (open.length > 0) {
    const newest = await ctx.call('pkg.latest_version', open);
    if (typeof newest === 'string') found[open[0] ?? ''] = newest;
    else Object.assign(found, newest);
  }
  const pinned = [...targets.keys()].filter((name) => !open.includes(name)).map((name) => shown(name, targets));
  if (pinned.length > 0) {
    const offers = (await ctx.call('pkg.list_repo_pkgs', pinned)) as Readonly<Record<string, readonly Returnable[]>>;
    for (const [name, [first]] of Object.entries(offers)) if (first !== undefined) found[name] = first;
  }
  return Object.fromEntries([...targets.keys()].map((name) => [name, { new: found[name] || 'installed', old: current[name] ?? '' }]));
}
