import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';

/** What functions of `nftables` answer. */
export interface Told {
  readonly result: boolean;
  readonly comment: string;
}

/** Calls a function of `nftables`. */
export const tell = async (
  ctx: StateCtx,
  fun: string,
  args: readonly Returnable[],
  more: Readonly<Record<string, Returnable>> = {},
): Promise<Told> => (await ctx.call(`nftables.${fun}`, args, more)) as unknown as Told;
