import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';

/** One change that is to be told, and the calls of `firewalld` that make it. */
export interface Step {
  readonly key: string;
  readonly old: Returnable;
  readonly new: Returnable;
  readonly calls: readonly Act[];
}
export type Act = readonly [fun: string, args: readonly Returnable[], kwargs?: Readonly<Record<string, Returnable>>];

export const changesOf = (steps: readonly Step[]): Record<string, Returnable> =>
  Object.fromEntries(steps.map((step) => [step.key, { old: step.old, new: step.new }]));

/** What `act` answers, or a failure in the words of firewall-cmd. */
export async function orFailed<T>(act: () => Promise<T>, changes: () => Record<string, Returnable> = () => ({})): Promise<T | Outcome> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Error: ${error.message}`, changes());
    throw error;
  }
}

/** Takes the steps one after another, then brings them into force: also those before one that failed. */
export async function take(
  ctx: StateCtx,
  steps: readonly Step[],
  done: (changes: Record<string, Returnable>) => Outcome,
): Promise<Outcome> {
  const taken: Step[] = [];
  const outcome = await orFailed(
    async () => {
      for (const step of steps) {
        for (const [fun, args, kwargs] of step.calls) await ctx.call(`firewalld.${fun}`, args, kwargs);
        taken.push(step);
      }
      return done(changesOf(taken));
    },
    () => changesOf(taken),
  );
  if (taken.length > 0) await ctx.call('firewalld.reload_rules');
  return outcome;
}

/** What is to be added to a list, and with `prune` what is to be taken out of it. */
export function difference(wanted: readonly string[], current: readonly string[], prune: boolean): { added: string[]; removed: string[] } {
  const added = [...new Set(wanted)].filter((one) => !current.includes(one));
  return { added, removed: prune ? current.filter((one) => !wanted.includes(one)) : [] };
}
