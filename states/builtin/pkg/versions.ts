import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';

/** Which orders, of what is there to what is wanted, an operator allows. */
const ALLOWED: Readonly<Record<string, readonly number[]>> = {
  '<': [-1],
  '<=': [-1, 0],
  '==': [0],
  '>=': [0, 1],
  '>': [1],
  '!=': [-1, 1],
};
interface Condition {
  readonly operator: string;
  readonly version: string;
}

export interface Reading {
  /** Whether epochs are left out; by default where a version is named without one. */
  readonly ignoreEpoch: boolean | undefined;
  /** A newer version than the one named will do. */
  readonly allowUpdates?: boolean;
}

/** The conditions of a wish such as `>=1.2,<2`. */
export function conditionsOf(wish: string): Condition[] {
  if (wish.trim() === '') return [];
  return wish.split(',').map((part) => {
    const [, sign = '', version = part.trim()] = /^(<=>|!=|>=|<=|>>|<<|<>|>|<|=)?\s?([^<>=]+)$/.exec(part.trim()) ?? [];
    return { operator: sign === '' || sign === '=' ? '==' : sign, version };
  });
}

/** Whether one of the versions is as wished. */
export async function fulfills(ctx: StateCtx, versions: readonly string[], wish: string, reading: Reading): Promise<boolean> {
  const conditions = conditionsOf(wish);
  for (const version of versions) if (await meetsAll(ctx, version, conditions, reading)) return true;
  return false;
}

async function meetsAll(ctx: StateCtx, version: string, conditions: readonly Condition[], reading: Reading): Promise<boolean> {
  const [only] = conditions;
  const updates = reading.allowUpdates === true && conditions.length === 1 && only?.operator === '==';
  for (const condition of updates && only !== undefined ? [{ ...only, operator: '>=' }] : conditions)
    if (!(await meets(ctx, version, condition, reading))) return false;
  return true;
}

async function meets(ctx: StateCtx, version: string, wanted: Condition, { ignoreEpoch }: Reading): Promise<boolean> {
  if (wanted.operator === '==' && fits(wanted.version, version)) return true;
  const allowed = ALLOWED[wanted.operator];
  if (allowed === undefined) return false;
  const ignore_epoch = ignoreEpoch ?? (!/[<>]/.test(wanted.operator) && !wanted.version.includes(':'));
  const order = await ctx.call('pkg.version_cmp', [version, wanted.version], { ignore_epoch });
  return typeof order === 'number' && allowed.includes(Math.sign(order));
}

/** Globs, as the shell has them. */
export function fits(glob: string, text: string): boolean {
  const pattern = glob.replace(/\[!?\]?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${pattern}$`).test(text);
}

/** What there is of each package, by name. */
export type Versions = Readonly<Record<string, readonly string[]>>;
export const installedOf = async (ctx: StateCtx, kwargs: Readonly<Record<string, Returnable>>): Promise<Versions> =>
  (await ctx.call('pkg.list_pkgs', [], { ...kwargs, versions_as_list: true })) as Versions;
