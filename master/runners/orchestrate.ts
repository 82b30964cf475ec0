import type { Functions } from '../../kernel/render/functions.ts';
import { CallRefused, call, type Returnable } from '../../modules/define.ts';
import { checkResult } from '../../states/engine/check_result.ts';
import type { Orchestrations } from '../orchestrations/orchestrations.ts';

const PILLAR = { type: 'any', doc: 'values over the pillar, for this run' } as const;
const MODS = { type: 'any', required: true, doc: 'names of SLS: a list, or text with commas' } as const;
const TEST = { type: 'boolean', doc: 'predict, do not change' } as const;
const SLS = {
  mods: MODS,
  saltenv: { type: 'string', default: 'base', doc: 'the environment' },
  test: TEST,
  exclude: { type: 'any', doc: 'SLS or ids to leave out' },
  pillar: PILLAR,
  pillarenv: { type: 'string', doc: 'the environment of the pillar' },
  pillar_enc: { type: 'any', doc: 'accepted for compatibility' },
  orchestration_jid: { type: 'any', doc: 'accepted for compatibility' },
} as const;

export interface OrchestrationParts {
  /** The master's. */
  readonly id: string;
  readonly functions: Pick<Functions, 'call'>;
  readonly orchestrations: Pick<Orchestrations, 'run'>;
}

/** States that run on the master itself, and steer minions by the state module `salt`. */
export function orchestration({ id, functions, orchestrations }: OrchestrationParts) {
  const run = async (
    fun: string,
    args: readonly Returnable[],
    kwargs: Readonly<Record<string, Returnable | undefined>>,
  ): Promise<Returnable> => {
    refuseNoMap(kwargs['pillar']);
    return await functions.call(fun, args, given(kwargs));
  };
  const orchestrate = call({
    doc: 'Run SLS on the master: states of `salt` run states and functions on minions, runners and wheels, in order.',
    examples: ['tsalt-run state.orchestrate webserver', 'tsalt-run state.orchestrate webserver test=True'],
    args: SLS,
    changes: true,
    run: async (ctx, { mods, orchestration_jid: _jid, pillar_enc: _enc, ...how }) => {
      return await orchestrations.run('state.orchestrate', async () => {
        const results = await run('state.sls', [mods], how);
        const good = checkResult(results);
        ctx.retcode(good ? 0 : 1);
        return { value: { data: { [id]: results }, outputter: 'highstate', retcode: good ? 0 : 1 }, good };
      });
    },
  });
  /** Those whose result says nothing of how it is shown, as Salt's. */
  const plain = (fun: string, act: () => Promise<Returnable>): Promise<Returnable> =>
    orchestrations.run(fun, async () => {
      const results = await act();
      return { value: { [id]: results }, good: checkResult(results) };
    });
  const showSls = call({
    doc: 'What an SLS for the master comes to, before it is compiled.',
    examples: ['tsalt-run state.orchestrate_show_sls webserver'],
    args: {
      mods: MODS,
      saltenv: SLS.saltenv,
      test: TEST,
      queue: { type: 'any', doc: 'accepted' },
      pillar: PILLAR,
      pillarenv: SLS.pillarenv,
      pillar_enc: SLS.pillar_enc,
    },
    changes: false,
    run: async (_ctx, { mods, saltenv, pillar, pillarenv }) => ({
      [id]: await run('state.show_sls', [mods], { saltenv, pillar, pillarenv }),
    }),
  });
  return {
    orchestrate,
    orch: orchestrate,
    sls: orchestrate,
    orchestrate_show_sls: showSls,
    orch_show_sls: showSls,
    orchestrate_single: call({
      doc: 'Run one state on the master.',
      examples: ['tsalt-run state.orchestrate_single salt.wheel name=key.list_all'],
      args: {
        fun: { type: 'string', required: true, doc: 'the state' },
        name: { type: 'string', required: true, doc: 'its name' },
        test: TEST,
        queue: { type: 'any', doc: 'accepted' },
        pillar: PILLAR,
      },
      extra: 'arguments of the state',
      changes: true,
      run: async (ctx, { fun, name, test, pillar }) =>
        await plain('state.orchestrate_single', async () => await run('state.single', [fun], { ...ctx.extra, name, test, pillar })),
    }),
    orchestrate_high: call({
      doc: 'Run states given as a map on the master.',
      examples: ['tsalt-run state.orchestrate_high \'{stage_one: {salt.state: [{tgt: "db*"}, {sls: postgres}]}}\''],
      args: {
        data: { type: 'any', required: true, doc: 'ids, and the states of each' },
        test: TEST,
        queue: { type: 'any', doc: 'accepted' },
        pillar: PILLAR,
      },
      changes: true,
      run: async (_ctx, { data, test, pillar }) =>
        await plain('state.orchestrate_high', async () => await run('state.high', [data], { test, pillar })),
    }),
  };
}

function refuseNoMap(pillar: Returnable | undefined): void {
  const isMap = pillar instanceof Map || (typeof pillar === 'object' && !Array.isArray(pillar));
  if (pillar !== undefined && pillar !== null && !isMap) throw new CallRefused('Pillar data must be formatted as a dictionary');
}

const given = (kwargs: Readonly<Record<string, Returnable | undefined>>): Record<string, Returnable> =>
  Object.fromEntries(Object.entries(kwargs).filter((entry): entry is [string, Returnable] => entry[1] !== undefined));
