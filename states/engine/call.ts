import { toPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { typeName } from '../../kernel/render/python/value.ts';
import type { Ctx, Returnable } from '../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx } from '../define.ts';
import { bindState, missingArguments, refuseUnknown } from './arguments.ts';
import type { Chunk } from './chunk.ts';
import { checkCommand, conditions, hasConditions } from './conditions.ts';
import type { FoundState, StateModules } from './modules.ts';
import { duration, elapsed, type Result, type RunNumber, startClock, startTime } from './result.ts';
import { fillSlots } from './slots.ts';

/** What the calls of a run have in common. */
export interface Surroundings {
  readonly ctx: Ctx;
  readonly modules: StateModules;
  /** Those of the run. */
  readonly chunks: readonly Chunk[];
  readonly shared: Map<string, unknown>;
}

/** Gives results their numbers. */
export type Numbers = Pick<RunNumber, 'next'>;

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

/**
 * Calls a chunk's function, or (given what has changed) that of its module for what it watches.
 * @throws CallRefused for arguments that the function does not know; all else is a result
 */
export async function callChunk(chunk: Chunk, surroundings: Surroundings, numbers: Numbers, watch?: Changed): Promise<Result> {
  if (chunk.fun === 'mod_watch') return await callChunk({ ...chunk, fun: str(chunk.args.get('sfun') ?? '') }, surroundings, numbers, []);
  const clock = startClock();
  const found = await surroundings.modules.find(chunk.state, chunk.fun);
  const errors = await faultsOf(chunk, surroundings.modules);
  const umask = umaskOf(chunk);
  if (found === undefined || umask === 'invalid' || errors.length > 0) {
    const comment = errors.map((error) => `${error}\n`).join('');
    const number = chunk.prereq ? 0 : numbers.next();
    return { result: false, name: chunk.name, changes: {}, comment, __run_num__: number };
  }
  if (watch === undefined) refuseUnknown(chunk, found.definition);
  const result = await withUmask(umask, async () => await guarded(chunk, found, surroundings, watch));
  if (chunk.args.get('no_log') === true) hide(result);
  if (chunk.prereq) return result;
  result['__sls__'] ??= chunk.sls;
  result['__run_num__'] = numbers.next();
  result['start_time'] = startTime(clock);
  result['duration'] = duration(elapsed(clock));
  result['__id__'] ??= chunk.id;
  return result;
}

/** Why a chunk cannot be run, whatever the machine is like: a name that is no text, no such function, missing arguments. */
export async function faultsOf(chunk: Chunk, modules: Surroundings['modules']): Promise<string[]> {
  const { state, fun, sls, args } = chunk;
  const name = args.get('name');
  const place = sls === null ? '' : `in SLS '${sls}' `;
  const wrong = [
    ...(name && typeof name !== 'string' ? [`ID '${str(name)}' ${place}is not formed as a string, but is a ${typeName(name)}`] : []),
    ...(umaskOf(chunk) === 'invalid' ? [`Invalid umask: ${str(args.get('umask') ?? null)}`] : []),
  ];
  if (wrong.length > 0) return wrong;
  const found = await modules.find(state, fun);
  return found === undefined ? await missing(chunk, modules) : missingArguments(chunk, found.definition).map(absent(chunk));
}

const absent =
  (chunk: Chunk) =>
  (name: string): string =>
    `Missing parameter ${name} for state ${chunk.state}.${chunk.fun}`;

async function missing({ state, fun, sls }: Chunk, modules: Surroundings['modules']): Promise<string[]> {
  if (sls === null) return [`Specified state '${state}.${fun}' was not found`];
  return [`State '${state}.${fun}' was not found in SLS '${sls}'`, `Reason: ${await modules.whyMissing(state, fun)}`];
}

const MASK = '**********';

/** `no_log`: nothing of what a state is about may be read. */
function hide(result: Result): void {
  for (const key of ['name', 'comment', 'changes']) {
    const value = result[key];
    if (typeof value === 'string' && value !== '') result[key] = MASK;
    else if (key === 'changes' && Object.keys(result.changes).length > 0) result.changes = { [MASK]: MASK };
  }
}

function umaskOf({ args }: Chunk): number | 'invalid' | undefined {
  const given = args.get('umask');
  if (given === undefined) return undefined;
  const digits = str(given).trim().replace(/^0o/, '');
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : 'invalid';
}

/** The mask is that of the whole process: other jobs make files by it meanwhile, as they do under Salt's threads. */
async function withUmask<T>(umask: number | 'invalid' | undefined, act: () => Promise<T>): Promise<T> {
  if (typeof umask !== 'number') return await act();
  const before = process.umask(umask);
  try {
    return await act();
  } finally {
    process.umask(before);
  }
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
  const bound = bind(chunk, found, surroundings, watch);
  const { ctx } = bound;
  let result: Result | undefined;
  if (hasConditions(chunk) && definition.handles?.includes('conditions') !== true) {
    const { skip, comment, skipWatch } = await conditions(ctx, chunk);
    if (skip) {
      result = { result: true, name: chunk.name, changes: {}, comment, __sls__: chunk.sls, __id__: chunk.id };
      if (skipWatch) result['skip_watch'] = true;
    }
  }
  result ??= await filled(bound, found, surroundings, watch);
  const command = chunk.args.get('check_cmd');
  if (command !== undefined && definition.handles?.includes('check_cmd') !== true) {
    const verdict = await checkCommand(ctx, command);
    Object.assign(result, { __sls__: chunk.sls, __id__: chunk.id, ...verdict });
  }
  return result;
}

/** A chunk with its arguments in the shape its state takes them. */
interface Bound {
  readonly ctx: StateCtx;
  readonly chunk: Chunk;
  readonly args: Readonly<Record<string, Returnable>>;
}

/** The call itself, with slots filled at the last moment. */
async function filled(bound: Bound, found: FoundState, surroundings: Surroundings, watch: Changed | undefined): Promise<Result> {
  const watched = watch !== undefined;
  const chunk = await fillSlots(bound.ctx, bound.chunk);
  const { ctx, args } = chunk === bound.chunk ? bound : bind(chunk, found, surroundings, watch);
  return resultOf(chunk, await outcomeOf(ctx, found, args, watched), watched);
}

function bind(chunk: Chunk, { definition }: FoundState, surroundings: Surroundings, watch: Changed | undefined): Bound {
  const { args, extra } = bindState({ args: chunk.args, watch: watch !== undefined }, definition);
  return { ctx: contextOf(chunk, surroundings, extra, watch ?? []), chunk, args };
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

function contextOf(chunk: Chunk, { ctx, chunks, shared }: Surroundings, extra: StateCtx['extra'], changed: Changed): StateCtx {
  const saltenv = chunk.args.get('saltenv');
  return {
    ...ctx,
    testing: ctx.testing || chunk.prereq,
    chunk: { id: chunk.id, name: chunk.name, sls: chunk.sls, fun: chunk.fun, low: chunk.args },
    saltenv: typeof saltenv === 'string' ? saltenv : chunk.env,
    extra,
    changed,
    shared,
    lowstate: () => chunks.map(({ args }) => toPlain(args) as Readonly<Record<string, Returnable>>),
  };
}

/** In the order in which Salt's users read one. */
function traceback(thrown: unknown): string {
  const [first = '', ...frames] = (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)).split('\n');
  const shown = frames.filter((line) => /^\s+at /.test(line)).reverse();
  return ['Traceback (most recent call last):', ...shown.map((line) => `  ${line.trim()}`), `${first}\n`].join('\n');
}
