import { CommandFailed, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Target } from '../client/contract.ts';
import { type ApplyParts, applyPlan } from '../plans/apply.ts';
import { makePlan } from '../plans/make.ts';
import type { Plan } from '../plans/sqlite.ts';

const TARGET = {
  tgt: { type: 'any', required: true, doc: 'which minions' },
  tgt_type: { type: 'string', doc: 'how the target is meant', default: 'glob' },
} as const;
const ID = { type: 'string', required: true, doc: 'the id of the plan' } as const;
const TIMEOUT = { type: 'number', doc: 'seconds after which silent minions are asked about the job' } as const;

/** What is to be made of a plan: its arguments are those of `state.apply`. */
export const STATES = {
  mods: { type: 'any', doc: 'names of SLS: a list, or text with commas; what the top file gives when absent' },
  kwargs: { type: 'map', doc: 'further keywords of state.apply: pillar, saltenv, exclude, ...', default: {} },
} as const;

/** The target of a runner's arguments. */
export const targetOf = (tgt: Returnable, tgt_type: string): Target => ({ kind: tgt_type, expression: tgt as Target['expression'] });

/** Keywords of `state.apply`, without the one that a plan is about. */
export const keywordsOf = (kwargs: Readonly<Record<string, Returnable>>): Readonly<Record<string, Returnable>> =>
  Object.fromEntries(Object.entries(kwargs).filter(([name]) => name !== 'test'));

/** Dry runs that are kept, and applied as they are or not at all. */
export const planRunner = (parts: ApplyParts): ExecModule =>
  execModule({
    name: 'plan',
    doc: 'Dry runs that are kept, to be applied as they are or not at all.',
    calls: {
      make: call({
        doc: 'Make a plan: run the states of minions with test=True, and keep what they would do.',
        examples: ["tsalt-run plan.make 'web*'", "tsalt-run plan.make 'web*' mods=nginx kwargs='{pillar: {port: 80}}'"],
        args: { ...TARGET, ...STATES, timeout: TIMEOUT, jid: { type: 'string', doc: 'the id of the plan; a new one when absent' } },
        changes: false,
        run: async (_ctx, { tgt, tgt_type, mods, kwargs, timeout, jid }) => {
          const request = { target: targetOf(tgt, tgt_type), mods: mods ?? null, kwargs: keywordsOf(kwargs), timeout, jid };
          const plan = await makePlan(parts, request);
          return plan === undefined ? null : described(plan, parts.times().ttl);
        },
      }),
      list: call({
        doc: 'List the plans that are kept, newest first, with what became of them on each minion.',
        examples: ['tsalt-run plan.list'],
        args: {},
        changes: false,
        run: () =>
          parts.store.list().map(({ id, made, request, states }) => ({
            id,
            made: new Date(made).toISOString(),
            target: request.target.expression as Returnable,
            mods: request.mods as Returnable,
            minions: states,
          })),
      }),
      show: call({
        doc: 'Show a plan: what it would do, and what became of it.',
        examples: ['tsalt-run plan.show 20261127190102123456'],
        args: { id: ID },
        changes: false,
        run: (_ctx, { id }) => described(found(parts, id), parts.times().ttl),
      }),
      results: call({
        doc: 'Show the results of the dry run of a plan, as those of state.apply.',
        examples: ['tsalt-run plan.results 20261127190102123456'],
        args: { id: ID },
        changes: false,
        out: 'highstate',
        run: (_ctx, { id }) =>
          Object.fromEntries(
            found(parts, id).parts.flatMap(({ minion, results, state }) => (state === 'silent' ? [] : [[minion, results as Returnable]])),
          ),
      }),
      delete: call({
        doc: 'Forget a plan.',
        examples: ['tsalt-run plan.delete 20261127190102123456'],
        args: { id: ID },
        changes: true,
        run: (_ctx, { id }) => parts.store.delete(found(parts, id).id),
      }),
      apply: call({
        doc: 'Do what a plan foresaw, on the minions where that is still what would be done.',
        examples: ['tsalt-run plan.apply 20261127190102123456', "tsalt-run plan.apply 20261127190102123456 tgt='web1'"],
        args: {
          id: ID,
          tgt: { type: 'any', doc: 'only these minions of the plan' },
          tgt_type: TARGET.tgt_type,
          force: { type: 'boolean', doc: 'also states that were foreseen to fail', default: false },
          timeout: TIMEOUT,
        },
        changes: true,
        run: async (ctx, { id, tgt, tgt_type, force, timeout }) => {
          const target = tgt === undefined || tgt === null ? undefined : targetOf(tgt, tgt_type);
          const applied = await applyPlan(parts, { id, target, force, timeout });
          ctx.retcode(applied.retcode);
          return { id, ...applied } as unknown as Returnable;
        },
      }),
    },
  });

function found(parts: ApplyParts, id: string): Plan {
  const plan = parts.store.find(id);
  if (plan === undefined) throw new CommandFailed(`There is no plan ${id}.`);
  return plan;
}

/** A plan as its readers see it; digests are of no use to them. */
function described({ id, made, target, mods, kwargs, parts }: Plan, ttl: number): Returnable {
  const minions = parts.map(({ minion, state, at, jid, note, results, guarded, summary }) => [
    minion,
    {
      state,
      summary: { ...summary },
      guarded,
      time: new Date(at).toISOString(),
      ...(jid === '' ? {} : { jid }),
      ...(note === '' ? {} : { note }),
      ...(state === 'silent' ? {} : { states: results }),
    },
  ]);
  return {
    id,
    made: new Date(made).toISOString(),
    expires: ttl === 0 ? null : new Date(made + ttl * 1000).toISOString(),
    target: target.expression,
    tgt_type: target.kind,
    mods,
    kwargs: { ...kwargs, ...('pillar' in kwargs ? { pillar: '**********' } : {}) },
    minions: Object.fromEntries(minions),
  } as unknown as Returnable;
}
