import { entriesOf } from '../../kernel/loader/arguments.ts';
import type { ArgSpec, LoadedModule, RefusedModule, Run } from '../../kernel/loader/callable.ts';
import type { Loader } from '../../kernel/loader/registry.ts';
import { toPlain } from '../../kernel/render/python/plain.ts';
import type { ArgTable, Ctx, Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { type AnyState, failed, type Outcome, type StateCtx, type StateModule, state } from '../../states/define.ts';
import type { StateSource } from '../../states/engine/modules.ts';
import type { Extensions } from './extensions.ts';

/** The states of synchronised files, as the engine takes them. `instance` tells one state run from another. */
export async function customStates(extensions: Extensions, loader: Loader, instance: string): Promise<StateSource[]> {
  const modules = await extensions.of('states', loader);
  return modules.map((module) => ({ name: module.name, load: async () => ({ default: stateModule(module, loader, instance) }) }));
}

function stateModule(module: LoadedModule | RefusedModule, loader: Loader, instance: string): StateModule {
  const doc = 'States of a synchronised file.';
  if (!('functions' in module)) return { name: module.name, doc, serves: () => module.reason, states: {} };
  const ask = async (fun: string, ctx: StateCtx, low: Readonly<Record<string, Returnable>>): Promise<Outcome> => {
    const keywords = new Map(Object.entries({ ...low, __instance_id__: instance }));
    try {
      return outcomeOf((await module.functions.get(fun)?.call({ positional: [], keywords }, runOf(ctx, loader))) ?? null);
    } catch (error) {
      // Its process is gone: where in the minion that was noticed tells nobody anything.
      return failed(`An exception occurred in this state: ${messageOf(error)}`);
    }
  };
  const states: Record<string, AnyState> = Object.create(null);
  for (const [fun, { doc: text, argspec }] of module.functions) {
    if (fun.startsWith('mod_')) continue;
    const args = requiredOf(argspec);
    states[fun] = state({ doc: text, args, extra: 'its arguments', check: async (ctx) => await ask(fun, ctx, lowOf(ctx)) });
  }
  const watch = async (ctx: StateCtx, _args: unknown, fun: string): Promise<Outcome> =>
    await ask('mod_watch', ctx, { ...lowOf(ctx), fun: 'mod_watch', sfun: fun });
  return { name: module.name, doc, states, ...(module.functions.has('mod_watch') ? { watch } : {}) };
}

/** For the engine, which names an argument that is missing. */
const requiredOf = ({ args, defaults }: ArgSpec): ArgTable => {
  const required = (args ?? []).slice(0, (args?.length ?? 0) - (defaults?.length ?? 0));
  return Object.fromEntries(required.map((name) => [name, { type: 'any', required: true, doc: name }]));
};

const lowOf = ({ chunk }: StateCtx): Record<string, Returnable> => {
  const low: Record<string, Returnable> = Object.create(null);
  for (const [key, value] of chunk.low) low[key] = toPlain(value) as Returnable;
  return low;
};

/** The job as a function sees it that the engine calls. */
export const runOf = (ctx: Ctx, loader: Loader): Run => ({
  job: { fun: 'state.apply', signal: ctx.signal },
  // A state says by its result how it went, not by a return code.
  status: { retcode: 0 },
  testing: ctx.testing,
  others: { ...loader.builtins, ...callsOf(ctx, loader) },
});

/** Calls go by the context of the state run: it has the pillar of that run. */
const callsOf = (ctx: Ctx, loader: Loader): Partial<Run['others']> => ({
  call: (fun, given) =>
    ctx.call(fun, given.positional as readonly Returnable[], Object.fromEntries(given.keywords) as Record<string, Returnable>),
  has: (fun) => ctx.has(fun),
  names: () => loader.functions(),
});

/** `result`, `comment`, `changes` and `warnings` of what a function answered, which its host has checked; the rest stays as it is. */
function outcomeOf(answer: Returnable): Outcome {
  const {
    result,
    comment,
    changes,
    warnings,
    name: _name,
    ...more
  } = Object.fromEntries(entriesOf(answer) ?? []) as Record<string, Returnable>;
  return {
    result: result === null || result === undefined ? null : Boolean(result),
    comment: Array.isArray(comment) ? comment.map(String).join('\n') : String(comment ?? ''),
    changes: Object.fromEntries(entriesOf(changes) ?? []) as Record<string, Returnable>,
    ...(Array.isArray(warnings) ? { warnings: warnings.map(String) } : {}),
    more,
  };
}
