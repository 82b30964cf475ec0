import { type Digests, digestOf } from '../../states/plan/digest.ts';
import { summaryOf } from '../../states/plan/summary.ts';
import type { RunRequest } from '../client/contract.ts';
import type { Run } from '../publish/run.ts';
import { type Answer, type Collected, collect, resultsIn } from './collect.ts';
import type { Part, Plan, PlanRequest, PlanStore } from './sqlite.ts';

export interface PlanParts {
  readonly run: Run;
  readonly store: PlanStore;
  /** Seconds: `plan_ttl` and `keep_plans`; 0 is for ever. */
  readonly times: () => { readonly ttl: number; readonly keep: number };
}

/** How a plan is made. */
export interface Making extends PlanRequest {
  /** Seconds after which minions that are still silent are asked about the job. */
  readonly timeout?: number | undefined;
  /** The id of the job, which is that of the plan. */
  readonly jid?: string | undefined;
}

/** In whose name plans are made and applied. */
export const USER = 'root';

/** A `salt-minion`, or a minion of ours of before plans. */
const NO_PLANS = /^'state\.plan' is not available/;

/**
 * A dry run, kept. Minions that know of plans answer with digests of their own; from others the results of
 * `state.apply test=True` are all there is. Undefined when no minion matches.
 */
export async function makePlan({ run, store, times }: PlanParts, { jid, ...making }: Making): Promise<Plan | undefined> {
  const first = await collect(run({ ...requestOf(making, 'state.plan'), ...(jid === undefined ? {} : { jid }) }, USER));
  if (first.jid === undefined) return undefined;
  const without = [...first.answers].filter(([, { value }]) => typeof value === 'string' && NO_PLANS.test(value)).map(([minion]) => minion);
  const second = without.length === 0 ? undefined : await collect(run(trialOn(making, without), USER));
  const made = Date.now();
  const { target, mods, kwargs } = making;
  const own = partsOf(first, made, true).filter(({ minion }) => !without.includes(minion));
  const parts = [...own, ...(second === undefined ? [] : partsOf(second, made, false))].sort((a, b) => (a.minion < b.minion ? -1 : 1));
  const plan = { id: first.jid, made, target, mods, kwargs, parts };
  const { keep } = times();
  if (keep > 0) store.prune(made - keep * 1000);
  store.add(plan);
  return plan;
}

/** The job of a request, by this function, on its target or on the minions named. */
export function requestOf({ target, mods, kwargs, timeout }: Omit<Making, 'jid'>, fun: string, minions?: readonly string[]): RunRequest {
  return {
    target: minions === undefined ? target : { kind: 'list', expression: minions },
    fun,
    args: [...(mods === null || mods === undefined ? [] : [mods]), { ...kwargs, __kwarg__: true }],
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** The dry run that every minion knows. */
export const trialOn = (making: Omit<Making, 'jid'>, minions?: readonly string[]): RunRequest =>
  requestOf({ ...making, kwargs: { ...making.kwargs, test: true } }, 'state.apply', minions);

function partsOf({ answers, silent }: Collected, at: number, guarded: boolean): Part[] {
  const none = { at, jid: '', digests: {}, guarded, summary: { add: 0, change: 0, fail: 0, same: 0 } };
  return [
    ...[...answers].map(([minion, answer]) => partOf(minion, answer, at, guarded)),
    ...[...silent].map(([minion, note]): Part => ({ ...none, minion, state: 'silent', note, results: null })),
  ];
}

function partOf(minion: string, { value, retcode }: Answer, at: number, guarded: boolean): Part {
  const summary = summaryOf(value);
  const digests = digestsIn(value, guarded);
  const fails = digests === undefined || summary.fail > 0 || retcode !== 0;
  return { minion, state: fails ? 'failed' : 'planned', at, jid: '', note: '', results: value, digests: digests ?? {}, guarded, summary };
}

/** Of results of a dry run; undefined when the minion answered no such thing. */
export function digestsIn(value: unknown, guarded: boolean): Digests | undefined {
  const results = resultsIn(value);
  if (results === undefined) return undefined;
  const found: [string, string][] = [];
  for (const [tag, { result, changes, __plan__ }] of Object.entries(results)) {
    if (!guarded) found.push([tag, digestOf(undefined, result, changes)]);
    else if (typeof __plan__ === 'string') found.push([tag, __plan__]);
    else return undefined;
  }
  return Object.fromEntries(found);
}
