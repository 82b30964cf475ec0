import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';
import type { Values } from './common.ts';

/** One minion's part, as `saltutil.cmd` answers it. `failed`: it did not answer. */
export interface Part {
  readonly ret?: Returnable;
  readonly retcode?: number;
  readonly jid?: string;
  readonly failed?: boolean;
}

/** Whom a job is for, and how it goes out. */
export const TARGET = {
  tgt: { type: 'any', required: true, doc: 'which minions' },
  ssh: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
  tgt_type: { type: 'string', default: 'glob', doc: 'how tgt is meant' },
  ret: { type: 'string', default: '', doc: 'returners of the minions' },
  ret_config: { type: 'any', doc: 'the configuration of the returners' },
  ret_kwargs: { type: 'any', doc: 'options of the returners' },
  fail_minions: { type: 'any', doc: 'minions that may fail: a list, or text with commas' },
  timeout: { type: 'number', doc: 'seconds after which silent minions are asked' },
  batch: { type: 'any', doc: 'so many at a time, or such a share' },
  subset: { type: 'number', doc: 'only so many, picked at random' },
  failhard: { type: 'boolean', doc: 'a batch ends with the first failure' },
} as const;
type Target = ArgsOf<typeof TARGET> & { readonly expect_minions: boolean };

/** Publishes a job and answers what each minion returned, in the order of the answers. */
export async function onMinions(
  ctx: StateCtx,
  fun: string,
  target: Target,
  arg: readonly Returnable[],
  kwarg: Values,
): Promise<[string, Part][]> {
  const { tgt, tgt_type, ret, ret_config, ret_kwargs, timeout, batch, subset, failhard, expect_minions } = target;
  const how = { tgt_type, ret, arg, kwarg, expect_minions, ret_config, ret_kwargs, timeout, batch, subset, failhard: failhard === true };
  const given = Object.fromEntries(Object.entries(how).filter(([, value]) => value !== undefined && value !== null)) as Values;
  return Object.entries((await ctx.call('saltutil.cmd', [tgt, fun], given)) as Readonly<Record<string, Part>>);
}

/** The minions that may fail, and what is wrong with how they were told. */
export function allowedToFail(names: Returnable | undefined): { readonly may: ReadonlySet<string>; readonly warnings: readonly string[] } {
  if (names === undefined || names === null) return { may: new Set(), warnings: [] };
  if (typeof names === 'string') return { may: new Set(names.split(',').map((name) => name.trim())), warnings: [] };
  if (Array.isArray(names)) return { may: new Set(names.map(String)), warnings: [] };
  return { may: new Set(), warnings: ["'fail_minions' needs to be a list or a comma separated string. Ignored."] };
}

/** The job, as the result of a state names it. */
export const jobOf = (parts: readonly (readonly [string, Part])[]): Values => {
  const jid = parts[0]?.[1].jid;
  return jid === undefined ? {} : { __jid__: jid };
};
