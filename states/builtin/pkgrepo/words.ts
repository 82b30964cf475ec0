import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';

export type Repo = Readonly<Record<string, Returnable>>;
export const textOf = (value: Returnable): string => str(fromPlain(value));
export const family = (ctx: StateCtx): string => String(ctx.grains['os_family']);
export const isDebian = (ctx: StateCtx): boolean => family(ctx) === 'Debian';

/** Salt's `is_true`. */
export const isTrueWord = (value: Returnable | undefined): boolean => {
  if (typeof value === 'string') return /^\s*true\s*$/i.test(value) || Number(value) > 0;
  return typeof value === 'number' ? value > 0 : Boolean(value);
};

/** A repository of that name; undefined if there is none. */
export async function repoOf(ctx: StateCtx, repo: string, kwargs: Repo): Promise<Repo | undefined> {
  const found = (await ctx.call('pkg.get_repo', [repo], kwargs)) as Repo | null;
  return found !== null && typeof found === 'object' && Object.keys(found).length > 0 ? found : undefined;
}

/** An entry of apt's sources, with the slash at the end of its URI left out. */
export const withoutSlash = (entry: string): string =>
  entry
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => (/^(https?|ftp):\/\//.test(word) ? word.replace(/\/+$/, '') : word))
    .join(' ');
