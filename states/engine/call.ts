import { str } from '../../kernel/render/python/repr.ts';
import type { Ctx, Returnable } from '../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx } from '../define.ts';
import { bindState, missingArguments } from './arguments.ts';
import type { Chunk } from './chunk.ts';
import { checkCommand, conditions, hasConditions } from './conditions.ts';
import type { FoundState, StateModules } from './modules.ts';
import { duration, elapsed, type Result, type RunNumber, startClock, startTime } from './result.ts';

/** What the calls of a run have in common. */
export interface Surroundings {
  readonly ctx: Ctx;
  readonly modules: StateModules;
  /** Renders a template of a chunk. */
  readonly render: (chunk: Chunk, ...rest: Parameters<StateCtx['render']>) => Promise<string>;
}

/** A state's answer in the order in which Salt's function of that name puts the keys, which is kept. */
export function resultOf(chunk: Chunk, { result, comment, changes, warnings, more }: Outcome, watch = false): Result {
  const made: Result =
    chunk.state === 'file'
      ? { changes, comment, name: chunk.name, result }
      : watch && chunk.state === 'test'
        ? { name: chunk.name, result, comment, changes }
        : { name: chunk.name, changes, result, comment };
  if (warnings !== undefined && warnings.length > 0) made['warnings'] = warnings;
  return Object.assign(made, more);
}

/** What a watching chunk watches and what has changed, as `test: id`. */
export type Changed = readonly string[];

/** Calls a chunk's function, or (given what has changed) that of its module for what it watches. Never rejects. */
export async function callChunk(chunk: Chunk, surroundings: Surroundings, numbers: RunNumber, watch?: Changed): Promise<Result> {
  if (chunk.fun === 'mod_watch') return await callChunk({ ...chunk, fun: str(chunk.args.get('sfun') ?? '') }, surroundings, numbers, []);
  const clock = startClock();
  const found = await surroundings.modules.find(chunk.state, chunk.fun);
  const errors = found === undefined ? await missing(chunk, surroundings) : missingArguments(chunk, found.definition).map(absent(chunk));
  if (found === undefined || errors.length > 0) {
    const comment = errors.map((error) => `${error}\n`).join('');
    const number = chunk.prereq ? 0 : numbers.next();
    return { result: false, name: chunk.name, changes: {}, comment, __run_num__: number };
  }
  const result = await guarded(chunk, found, surroundings, watch);
  if (chunk.prereq) return result;
  result['__sls__'] ??= chunk.sls;
  result['__run_num__'] = numbers.next();
  result['start_time'] = startTime(clock);
  result['duration'] = duration(elapsed(clock));
  result['__id__'] ??= chunk.id;
  return result;
}

const absent =
  (chunk: Chunk) =>
  (name: string): string =>
    `Missing parameter ${name} for state ${chunk.state}.${chunk.fun}`;

async function missing({ state, fun, sls }: Chunk, { modules }: Surroundings): Promise<string[]> {
  if (sls === null) return [`Specified state '${state}.${fun}' was not found`];
  return [`State '${state}.${fun}' was not found in SLS '${sls}'`, `Reason: ${await modules.whyMissing(state, fun)}`];
}

async function guarded(chunk: Chunk, found: FoundState, surroundings: Surroundings, watch: Changed | undefined): Promise<Result> {
  try {
    return await checked(chunk, found, surroundings, watch);
  } catch (error) {
    const comment = `An exception occurred in this state: ${traceback(error)}`;
    return { result: false, name: chunk.name, changes: {}, comment };
  }
}

async function checked(chunk: Chunk, found: FoundState, surroundings: Surroundings, watch: Changed | undefined): Promise<Result> {
  const { definition } = found;
  const bound = bindState({ args: chunk.args, watch: watch !== undefined }, definition);
  const ctx = contextOf(chunk, surroundings, bound.extra, watch ?? []);
  let result: Result | undefined;
  if (hasConditions(chunk) && definition.handles?.includes('conditions') !== true) {
    const { skip, comment, skipWatch } = await conditions(ctx, chunk);
    if (skip) {
      result = { result: true, name: chunk.name, changes: {}, comment, __sls__: chunk.sls, __id__: chunk.id };
      if (skipWatch) result['skip_watch'] = true;
    }
  }
  result ??= resultOf(chunk, await outcomeOf(ctx, found, bound.args, watch !== undefined), watch !== undefined);
  const command = chunk.args.get('check_cmd');
  if (command !== undefined && definition.handles?.includes('check_cmd') !== true) {
    const verdict = await checkCommand(ctx, command);
    Object.assign(result, { result: verdict.result, __sls__: chunk.sls, __id__: chunk.id, comment: verdict.comment });
  }
  return result;
}

async function outcomeOf(
  ctx: StateCtx,
  { module, definition }: FoundState,
  args: Readonly<Record<string, Returnable>>,
  watch: boolean,
): Promise<Outcome> {
  if (watch) {
    if (module.watch === undefined) throw new Error(`${module.name} has no watch function`);
    return await module.watch(ctx, args, ctx.chunk.fun);
  }
  const verdict = await definition.check(ctx, args);
  if (!isPlan(verdict)) return verdict;
  if (!ctx.testing) return await verdict.apply();
  return foreseen(verdict);
}

function contextOf(chunk: Chunk, { ctx, render }: Surroundings, extra: StateCtx['extra'], changed: Changed): StateCtx {
  const saltenv = chunk.args.get('saltenv');
  return {
    ...ctx,
    testing: ctx.testing || chunk.prereq,
    chunk: { id: chunk.id, name: chunk.name, sls: chunk.sls, fun: chunk.fun },
    saltenv: typeof saltenv === 'string' ? saltenv : chunk.env,
    extra,
    changed,
    render: (engine, template, context) => render(chunk, engine, template, context),
  };
}

/** In the order in which Salt's users read one. */
function traceback(thrown: unknown): string {
  const [first = '', ...frames] = (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)).split('\n');
  const shown = frames.filter((line) => /^\s+at /.test(line)).reverse();
  return ['Traceback (most recent call last):', ...shown.map((line) => `  ${line.trim()}`), `${first}\n`].join('\n');
}
