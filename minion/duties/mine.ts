import type { Loader } from '../../kernel/loader/registry.ts';
import type { Log } from '../../modules/define.ts';
import type { MasterLink } from '../link/contract.ts';
import { isMap } from '../listen/publication.ts';

/** One entry of `mine_functions`: what to call, and under which name others find it. */
export interface MineFunction {
  readonly alias: string;
  readonly fun: string;
  readonly args: readonly unknown[];
}

/**
 * Reads `mine_functions`: `{name: [args]}`, `{name: {kwargs}}`, or `{alias: [{mine_function: name}, args...]}`.
 */
export function mineFunctions(configured: unknown): MineFunction[] {
  if (Array.isArray(configured))
    return configured.flatMap((item) => (typeof item === 'string' ? [{ alias: item, fun: item, args: [] }] : mineFunctions(item)));
  if (!isMap(configured)) return [];
  return Object.entries(configured).map(([alias, value]) => oneFunction(alias, value));
}

function oneFunction(alias: string, value: unknown): MineFunction {
  if (isMap(value)) {
    const { mine_function: fun, ...named } = value;
    return {
      alias,
      fun: typeof fun === 'string' ? fun : alias,
      args: Object.keys(named).length === 0 ? [] : [{ __kwarg__: true, ...named }],
    };
  }
  const list = Array.isArray(value) ? value : [];
  const named = list.filter(isMap).find((item) => typeof item['mine_function'] === 'string');
  const args = list.filter((item) => item !== named).map((item) => (isMap(item) ? { __kwarg__: true, ...withoutTargets(item) } : item));
  return { alias, fun: typeof named?.['mine_function'] === 'string' ? named['mine_function'] : alias, args };
}

/** Who may read it is the master's affair. */
const withoutTargets = ({ allow_tgt: _tgt, allow_tgt_type: _type, ...rest }: { readonly [key: string]: unknown }) => rest;

/** Runs the functions and hands the results that succeeded to the masters. */
export async function updateMine(configured: unknown, loader: Loader, masters: readonly MasterLink[], log: Log): Promise<boolean> {
  const data: Record<string, unknown> = Object.create(null);
  for (const { alias, fun, args } of mineFunctions(configured)) {
    const outcome = await loader.invoke(fun, args, { fun, signal: new AbortController().signal });
    if (outcome.success) data[alias] = outcome.value;
    else log.warn(`mine: ${alias} is left out, for ${fun} failed`);
  }
  await Promise.all(masters.map((master) => master.ask({ cmd: '_mine', data, clear: false })));
  return true;
}
