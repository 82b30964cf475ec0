import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, type Outcome, type StateCtx, state } from '../../define.ts';
import { checkResult } from '../../engine/check_result.ts';
import { evenInTest, isMap, type Values } from './common.ts';
import { allowedToFail, jobOf, onMinions, type Part, TARGET } from './minions.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'any' },
  ...TARGET,
  highstate: { type: 'any', doc: 'all that the top file gives them' },
  sls: { type: 'any', doc: 'these SLS: a list, or text with commas' },
  top: { type: 'string', doc: 'what another top file gives them' },
  saltenv: { type: 'string', doc: 'the environment' },
  test: { type: 'boolean', doc: 'predict, do not change' },
  pillar: { type: 'any', doc: 'values over the pillar, for this run' },
  pillarenv: { type: 'string', doc: 'the environment of the pillar' },
  expect_minions: { type: 'boolean', default: true, doc: 'that nobody answers is a failure' },
  exclude: { type: 'any', doc: 'SLS or ids to leave out' },
  allow_fail: { type: 'any', default: 0, doc: 'so many minions may fail' },
  concurrent: { type: 'any', default: false, doc: 'run although another state run is under way there' },
  queue: { type: 'any', default: false, doc: 'wait for other state runs there' },
  orchestration_jid: { type: 'any', doc: 'accepted for compatibility' },
} as const;
type Args = ArgsOf<typeof ARGS>;

export const minionState = state({
  doc: 'States on minions.',
  args: ARGS,
  extra: 'accepted and ignored',
  check: async (ctx, args) => {
    const wanted = functionOf(args);
    if (!Number.isInteger(Number(args.allow_fail))) return failed("Passed invalid value for 'allow_fail', must be an int");
    if (wanted === undefined) return failed('No highstate or sls specified, no execution made');
    if (typeof args.concurrent !== 'boolean') return failed("Must pass in boolean for value of 'concurrent'");
    return await evenInTest(ctx, () => apply(ctx, args, wanted));
  },
});

function functionOf({ highstate, top, sls }: Args): readonly [string, readonly Returnable[]] | undefined {
  if (highstate) return ['state.highstate', []];
  if (top) return ['state.top', [top]];
  return sls ? ['state.sls', [Array.isArray(sls) ? sls.join(',') : sls]] : undefined;
}

async function apply(ctx: StateCtx, args: Args, [fun, arg]: readonly [string, readonly Returnable[]]): Promise<Outcome> {
  const { test = ctx.testing ? true : undefined, pillar, pillarenv, saltenv, exclude, queue, concurrent } = args;
  const kwarg = { test, pillar: pillar || undefined, pillarenv, saltenv, exclude: exclude ?? undefined, queue, concurrent };
  const given = Object.fromEntries(Object.entries(kwarg).filter(([, value]) => value !== undefined)) as Values;
  const parts = await onMinions(ctx, fun, args, arg, given);
  if (parts.length === 0 && args.expect_minions) return failed('No minions returned');
  const outcome = judged(parts, args);
  const predicts = (test === true || ctx.testing) && outcome.result === true && Object.keys(outcome.changes).length > 0;
  return { ...outcome, result: predicts ? null : outcome.result, more: jobOf(parts) };
}

function judged(parts: readonly (readonly [string, Part])[], args: Args): Outcome {
  const { may, warnings } = allowedToFail(args.fail_minions);
  const bad = new Set(parts.filter(([, part]) => part.failed === true || !checkResult(part.ret, true)).map(([minion]) => minion));
  const changed = parts
    .filter(([minion, { ret }]) => bad.has(minion) || hasChanges(ret))
    .map(([minion, { failed, ret }]) => [minion, failed ? false : (ret ?? false)]);
  const changes: Values = changed.length === 0 ? {} : { out: 'highstate', ret: Object.fromEntries(changed) };
  const failures = parts.filter(([minion]) => bad.has(minion) && !may.has(minion));
  if (failures.length > Number(args.allow_fail)) {
    const details = failures
      .map(([minion, part]) => detailOf(minion, part))
      .filter((text) => text !== '')
      .sort();
    return {
      result: false,
      comment: [`Run failed on minions: ${failures.map(([minion]) => minion).join(', ')}`, ...details].join('\n'),
      changes,
      warnings,
    };
  }
  const names = changed.map(([minion]) => String(minion));
  const same = parts.map(([minion]) => minion).filter((minion) => !names.includes(minion));
  const comment = `States ran successfully.${names.length > 0 ? ` Updating ${names.join(', ')}.` : ''}${same.length > 0 ? ` No changes made to ${same.join(', ')}.` : ''}`;
  return { result: true, comment, changes, warnings };
}

const hasChanges = (ret: Returnable | undefined): boolean =>
  isMap(ret) && Object.values(ret).some((one) => isMap(one) && isMap(one['changes']) && Object.keys(one['changes']).length > 0);

/** Why a minion failed that answered no results of states. */
function detailOf(minion: string, { ret, failed: silent }: Part): string {
  if (silent === true) return `Minion ${minion} did not return a state result.`;
  if (Array.isArray(ret)) {
    const errors = ret.filter((one) => one).map(String);
    return errors.length === 0
      ? `Minion ${minion} returned an empty error list.`
      : `Minion ${minion} returned errors: ${errors.join('; ')}`;
  }
  return isMap(ret) ? '' : `Minion ${minion} returned ${shown(ret)} instead of a state result.`;
}

/** As Python's repr shows what is no map and no list. */
const shown = (value: Returnable | undefined): string => {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === undefined || value === null ? 'None' : String(value);
};
