import { CallRefused, type Ctx, type Returnable } from '../../define.ts';

export interface HoldAsked {
  readonly name?: string | undefined;
  readonly pkgs?: readonly Returnable[] | undefined;
  readonly sources?: readonly Returnable[] | undefined;
}

/** The names that `hold` and `unhold` are asked for. */
const namesOf = ({ name, pkgs, sources }: HoldAsked): string[] => {
  if (!name && !pkgs?.length && !sources?.length) throw new CallRefused('One of name, pkgs, or sources must be specified.');
  if (pkgs?.length && sources?.length) throw new CallRefused('Only one of pkgs or sources can be specified.');
  const items: readonly Returnable[] = pkgs?.length ? pkgs : sources?.length ? sources : [name ?? ''];
  return items.map((item) => (typeof item === 'object' && item !== null ? (Object.keys(item)[0] ?? '') : String(item)));
};

/** The result of one package, in the form of a state. */
export interface Held {
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes?: Returnable;
}

/** Answers for each package that is asked for. */
export const holdEach = async (asked: HoldAsked, act: (name: string) => Promise<Held>): Promise<Returnable> => {
  const results: Record<string, Returnable> = {};
  for (const name of namesOf(asked)) results[name] = { name, changes: {}, ...(await act(name)) };
  return results;
};

/** Holds a package back or lets it go by dpkg's selections. `states` are the names by state. */
export const selectHold = async (
  ctx: Ctx,
  name: string,
  hold: boolean,
  states: Readonly<Record<string, readonly string[]>>,
  select: (state: string) => Promise<boolean>,
): Promise<Held> => {
  const state = Object.keys(states)[0];
  if (!hold && state === undefined) return { result: false, comment: `Package ${name} does not have a state.` };
  if ((state === 'hold') === hold) return { result: true, comment: `Package ${name} is already set ${hold ? '' : 'not '}to be held.` };
  if (ctx.testing) return { result: null, comment: `Package ${name} is set ${hold ? '' : 'not '}to be held.` };
  const wanted = hold ? 'hold' : 'install';
  if (!(await select(wanted))) return { result: false, comment: `Package ${name} could not be set to '${wanted}'.` };
  const changes = { old: state ?? null, new: wanted };
  return { result: true, comment: hold ? `Package ${name} is now being held.` : `Package ${name} is no longer being held.`, changes };
};
