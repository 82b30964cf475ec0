import { setTimeout as wait } from 'node:timers/promises';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';

/** An option that may be written as text: true is `true`, in any case, or a number above 0. */
export function isOn(value: Returnable | undefined): Returnable | undefined {
  if (typeof value !== 'string') return value;
  const number = Number(value);
  return value.trim() !== '' && !Number.isNaN(number) ? number > 0 : value.toLowerCase() === 'true';
}

/** What an action ends with; why a function of the service refused is the comment. */
export async function orRefused<T>(act: () => Promise<T>): Promise<T | Outcome> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CommandFailed) return failed(error.message);
    throw error;
  }
}

export const isAvailable = async (ctx: StateCtx, name: string): Promise<boolean> => (await ctx.call('service.available', [name])) === true;
export const unavailable = (name: string): string => `The named service ${name} is not available`;
/** A state that creates the service may be yet to come. */
export const notYet = (name: string, done: string): string =>
  `Service ${name} not present; if created in this state run, it would have been ${done}`;

export const pause = async (ctx: StateCtx, seconds: number | undefined): Promise<void> => {
  if (seconds !== undefined && seconds > 0) await wait(seconds * 1000, undefined, { signal: ctx.signal });
};

type Args = Readonly<Record<string, Returnable | undefined>>;
/** Those arguments of a state that a function of the service takes too. */
export const picked = (args: Args, names: readonly string[]): Record<string, Returnable> =>
  Object.fromEntries(names.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])));
/** What only systemd can. */
export const UNIT_OPTIONS = ['no_block', 'unmask', 'unmask_runtime'] as const;
