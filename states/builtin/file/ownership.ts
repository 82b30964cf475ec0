import { lstat, stat } from 'node:fs/promises';
import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';

/** Owner, group and mode that a file should have; what is not given stays as it is. */
export interface Ownership {
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** Four octal digits. */
  readonly mode: string | undefined;
}

export const OWNERSHIP_ARGS = {
  user: { type: 'string', doc: 'the owner' },
  group: { type: 'string', doc: 'the group' },
  mode: { type: 'any', doc: 'the mode, in octal' },
} as const;

/** A mode as written: `644`, `0644` and `0o644` are one. */
export function modeText(mode: Returnable | undefined): string | undefined {
  if (mode === undefined || mode === null || mode === 'keep') return undefined;
  return String(mode)
    .replace(/^0o/, '')
    .replace(/^0+(?=\d)/, '')
    .padStart(4, '0');
}

export const statOf = async (path: string) => await stat(path).catch(() => undefined);
export const lstatOf = async (path: string) => await lstat(path).catch(() => undefined);

/** What of `wanted` differs from the file there. */
export async function ownershipChanges(ctx: StateCtx, path: string, wanted: Ownership): Promise<Record<string, string>> {
  const found = await statOf(path);
  const changes: Record<string, string> = {};
  if (found === undefined) return changes;
  const has = (found.mode & 0o7777).toString(8).padStart(4, '0');
  if (wanted.user !== undefined && (await idOf(ctx, 'file.user_to_uid', wanted.user)) !== found.uid) changes['user'] = wanted.user;
  if (wanted.group !== undefined && (await idOf(ctx, 'file.group_to_gid', wanted.group)) !== found.gid) changes['group'] = wanted.group;
  if (wanted.mode !== undefined && wanted.mode !== has) changes['mode'] = wanted.mode;
  return changes;
}

async function idOf(ctx: StateCtx, fun: string, name: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name);
  const id = await ctx.call(fun, [name]);
  return typeof id === 'number' ? id : -1;
}

/** Makes the differences go away. */
export async function applyOwnership(ctx: StateCtx, path: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const { user, group, mode } = changes;
  if (user !== undefined || group !== undefined) await ctx.call('file.chown', [path, user ?? null, group ?? null]);
  if (mode !== undefined) await ctx.call('file.set_mode', [path, mode]);
}
