import type { Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx, Verdict } from '../../define.ts';

export type Values = Readonly<Record<string, Returnable>>;

export const isMap = (value: Returnable | undefined): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** For what is done with `test=True`, too: what it steers is told of it, and predicts. */
export async function evenInTest(ctx: StateCtx, act: () => Promise<Outcome>): Promise<Verdict> {
  if (ctx.testing) return await act();
  return { predicted: { comment: '', changes: {} }, apply: act };
}
