import { CallRefused, type Ctx, type Returnable } from '../../define.ts';
import type { PackageTool } from './tool.ts';

export interface HoldAsked {
  readonly name?: string | undefined;
  readonly pkgs?: readonly Returnable[] | undefined;
  readonly sources?: readonly Returnable[] | undefined;
}

const namesOf = ({ name, pkgs, sources }: HoldAsked): string[] => {
  if (!name && !pkgs?.length && !sources?.length) throw new CallRefused('One of name, pkgs, or sources must be specified.');
  if (pkgs?.length && sources?.length) throw new CallRefused('Only one of pkgs or sources can be specified.');
  const items: readonly Returnable[] = pkgs?.length ? pkgs : sources?.length ? sources : [name ?? ''];
  return items.map((item) => (typeof item === 'object' && item !== null ? (Object.keys(item)[0] ?? '') : String(item)));
};

/** Holds packages back or lets them go, with a result each in the form of a state. */
export const setHolds = async (ctx: Ctx, tool: PackageTool, asked: HoldAsked, hold: boolean): Promise<Returnable> => {
  const results: Record<string, Returnable> = {};
  for (const name of namesOf(asked)) results[name] = await setHold(ctx, tool, name, hold);
  return results;
};

const setHold = async (ctx: Ctx, tool: PackageTool, name: string, hold: boolean): Promise<Returnable> => {
  const states = await tool.selections(ctx, name);
  const state = Object.keys(states)[0];
  const done = (result: boolean | null, comment: string, changes: Returnable = {}): Returnable => ({ name, changes, result, comment });
  if (!hold && state === undefined) return done(false, `Package ${name} does not have a state.`);
  if ((state === 'hold') === hold) return done(true, `Package ${name} is already set ${hold ? '' : 'not '}to be held.`);
  if (ctx.testing) return done(null, `Package ${name} is set ${hold ? '' : 'not '}to be held.`);
  const wanted = hold ? 'hold' : 'install';
  if (!(await tool.select(ctx, name, wanted))) return done(false, `Package ${name} could not be set to '${wanted}'.`);
  return done(true, hold ? `Package ${name} is now being held.` : `Package ${name} is no longer being held.`, {
    old: state ?? null,
    new: wanted,
  });
};
