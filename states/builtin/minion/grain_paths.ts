import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx } from '../../define.ts';

export const PLACE = {
  name: { type: 'string', required: true, doc: 'the grain, or a path into one: `apps:web:port`' },
  delimiter: { type: 'string', default: ':', doc: 'what stands between the levels of the name' },
} as const;

/** The name as the functions of `grains` take it, which is also the name of the result. */
export const pathOf = ({ name, delimiter }: ArgsOf<typeof PLACE>): string => (delimiter === '' ? name : name.replaceAll(delimiter, ':'));

/** The value of a grain, undefined when there is none. */
export const grainAt = async (ctx: StateCtx, path: string): Promise<Returnable | undefined> =>
  (await ctx.call('grains.has_value', [path])) === true ? await ctx.call('grains.get', [path]) : undefined;

export const named = (path: string, outcome: Outcome): Outcome => ({ ...outcome, more: { name: path } });
