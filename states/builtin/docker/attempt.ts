import { CallRefused, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx, type Verdict } from '../../define.ts';

/** What a function of `docker` came to, or why it failed. */
export type Attempt<T> = { readonly value: T; readonly error?: undefined } | { readonly error: string };

/** Why a function of `docker` failed, by what the engine or the function refuses. Other errors are thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof CommandFailed || error instanceof CallRefused) return error.message;
  throw error;
}

/** Waits for a function of `docker`; what is refused is no exception here. */
export async function attempt<T>(work: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

/** Whether the engine answered that there is no such thing. */
export const isUnknown = (error: string): boolean => error.includes('404');

/** What is known of a thing, undefined where there is none, or why it cannot be told. */
export async function known(work: Promise<Returnable>): Promise<Attempt<Returnable | undefined>> {
  const found = await attempt(work);
  return found.error !== undefined && isUnknown(found.error) ? { value: undefined } : found;
}

/** Several sentences in one comment, as Salt writes them. */
export const sentences = (comments: readonly string[]): string => comments.join('. ') + (comments.length > 1 ? '.' : '');

/** What a state comes to that runs because something it watches has changed. */
export async function carriedOut(ctx: StateCtx, verdict: Verdict): Promise<Outcome> {
  if (!isPlan(verdict)) return verdict;
  return ctx.testing ? foreseen(verdict) : await verdict.apply();
}
