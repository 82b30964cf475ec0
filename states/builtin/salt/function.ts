import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { failed, type Outcome, type StateCtx, state } from '../../define.ts';
import { allowedToFail, jobOf, onMinions, TARGET } from './minions.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the function' },
  ...TARGET,
  expect_minions: { type: 'boolean', default: false, doc: 'minions that stay silent have failed' },
  fail_function: { type: 'string', doc: 'a function that answers whether a result is good' },
  arg: { type: 'any', doc: 'its arguments' },
  kwarg: { type: 'any', doc: 'its arguments by name' },
} as const;
type Args = ArgsOf<typeof ARGS>;

export const minionFunction = state({
  doc: 'A function on minions.',
  args: ARGS,
  extra: 'accepted and ignored',
  check: async (ctx, args) => {
    const { name, tgt } = args;
    return {
      predicted: { comment: `Function ${name} would be executed on target ${String(tgt)}`, changes: {} },
      apply: async () => await run(ctx, args),
    };
  },
});

async function run(ctx: StateCtx, args: Args): Promise<Outcome> {
  const { name, arg, kwarg } = args;
  const { may, warnings } = allowedToFail(args.fail_minions);
  const noList = typeof arg === 'string';
  const words = noList ? arg.split(/\s+/).filter((word) => word !== '') : Array.isArray(arg) ? arg : [];
  const told = { warnings: [...(noList ? ["Please specify 'arg' as a list of arguments."] : []), ...warnings] };
  let parts: Awaited<ReturnType<typeof onMinions>>;
  try {
    parts = await onMinions(ctx, name, args, words, (kwarg ?? {}) as Readonly<Record<string, Returnable>>);
  } catch (error) {
    return { ...failed(messageOf(error)), ...told };
  }
  if (parts.length === 0) return { ...failed('No minions responded'), ...told };
  const bad = new Set<string>();
  const returned: Record<string, Returnable> = {};
  for (const [minion, { ret = false, retcode = 0, failed: silent = false }] of parts) {
    const judge = silent || args.fail_function === undefined ? undefined : await ctx.call(args.fail_function, [ret]);
    const good = !silent && ret !== false && (judge === undefined || Boolean(judge));
    if (retcode !== 0 || (!good && !may.has(minion))) bad.add(minion);
    returned[minion] = silent ? false : ret;
  }
  const ended = bad.size > 0 ? `Running function ${name} failed on minions: ${[...bad].join(', ')}` : 'Function ran successfully.';
  return {
    result: bad.size === 0,
    comment: `${ended} Function ${name} ran on ${Object.keys(returned).join(', ')}.`,
    changes: { ret: returned },
    more: jobOf(parts),
    ...told,
  };
}
