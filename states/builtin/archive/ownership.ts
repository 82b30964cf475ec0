import { lchown, lstat, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { foreseen, isPlan, type StateCtx } from '../../define.ts';
import { withDefaults } from '../file/defaults.ts';
import { directory } from '../file/directory.ts';
import type { Contents, Job } from './args.ts';

export interface Ownership {
  readonly changed: boolean;
  readonly missing: readonly string[];
  readonly failed: readonly string[];
}
type Found = { changed: boolean; missing: string[]; failed: string[] };

/** Gives what was unpacked to its owner; with `test=True` it tells whether something would change. */
export async function enforceOwner(ctx: StateCtx, job: Job, contents: Contents): Promise<Ownership> {
  const found: Found = { changed: false, missing: [], failed: [] };
  const { args } = job;
  if (!args.user && !args.group) return found;
  const { dirs, files } = await pathsOf(args.enforce_ownership_on, contents);
  for (const path of dirs) await ownDirectory(ctx, job, placed(job.name, path), found);
  for (const path of files) await ownFile(ctx, job, placed(job.name, path), path, found);
  return found;
}

const placed = (name: string, path: string): string => (isAbsolute(path) ? path : join(name, path));

async function pathsOf(on: Returnable | undefined, contents: Contents): Promise<{ dirs: readonly string[]; files: readonly string[] }> {
  if (typeof on !== 'string' || on === '')
    return { dirs: contents.top_level_dirs, files: [...contents.top_level_files, ...contents.top_level_links] };
  return (await isDirectory(on)) ? { dirs: [on], files: [] } : { dirs: [], files: [on] };
}

const isDirectory = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() === true;

async function ownDirectory(ctx: StateCtx, { args }: Job, path: string, found: Found): Promise<void> {
  if (!(await isDirectory(path))) {
    if (!ctx.testing) found.missing.push(path);
    return;
  }
  const owner = { ...(args.user ? { user: args.user } : {}), ...(args.group ? { group: args.group } : {}) };
  const verdict = await directory.check(ctx, withDefaults(directory.args, { name: path, ...owner, recurse: Object.keys(owner) }));
  const { result, changes } = !isPlan(verdict) ? verdict : ctx.testing ? foreseen(verdict) : await verdict.apply();
  if (Object.keys(changes).length > 0) found.changed = true;
  if (!result) found.failed.push(path);
}

async function ownFile(ctx: StateCtx, { uid, gid }: Job, path: string, shown: string, found: Found): Promise<void> {
  const has = await lstat(path).catch(() => undefined);
  if (has === undefined) {
    if (ctx.testing) return;
    found.missing.push(path);
    found.failed.push(path);
    return;
  }
  if ((uid === -1 || uid === has.uid) && (gid === -1 || gid === has.gid)) return;
  try {
    if (!ctx.testing) await lchown(path, uid === -1 ? has.uid : uid, gid === -1 ? has.gid : gid);
    found.changed = true;
  } catch (error) {
    ctx.log.error(`${path} cannot be given to another owner: ${error instanceof Error ? error.message : String(error)}`);
    found.failed.push(shown);
  }
}
