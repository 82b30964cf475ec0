import type { Data } from '../../kernel/render/python/value.ts';
import { type Chunk, compileChunks } from './chunk.ts';
import { reconcileExtend } from './extend.ts';
import { applyExclude, type High, verifyHigh } from './high.ts';
import { listening } from './listen.ts';
import { turnRequisites } from './requisite_in.ts';
import { type Ordered, type OrderOptions, order } from './requisites.ts';
import type { Result, Results } from './result.ts';
import { Run, type RunOptions } from './run.ts';

export type { Chunk } from './chunk.ts';
export type { High } from './high.ts';
export { StateModules } from './modules.ts';
export type { Result, Results } from './result.ts';
export { type Matches, SlsCompiler, type SlsFile, type SlsSource } from './sls.ts';

export type Errors = { readonly errors: readonly string[] };

/** High data as ordered chunks, or all that is wrong with it. Alters `high`. */
export async function compileHigh(high: High, options: OrderOptions): Promise<Ordered | Errors> {
  const errors = [...reconcileExtend(high), ...verifyHigh(high)];
  if (errors.length > 0) return { errors };
  errors.push(...turnRequisites(high));
  applyExclude(high);
  if (errors.length > 0) return { errors };
  return await order(compileChunks(high), options);
}

/** Runs ordered chunks and then those that listen. Results in the order in which they came. */
export async function runOrdered({ chunks, graph }: Ordered, options: Omit<RunOptions, 'graph'>): Promise<Results> {
  const run = new Run({ ...options, graph });
  await run.chunks(chunks);
  const listeners = listening(chunks, run.results, run.numbers);
  for (const chunk of listeners.chunks) graph.add(chunk);
  await run.chunks(listeners.chunks);
  for (const [tag, result] of listeners.errors) run.results.set(tag, result);
  return run.results;
}

/** A chunk as `state.show_lowstate` shows it. */
export const shownChunk = (chunk: Chunk): Map<string, Data> => chunk.args;

/** 0, or 2 when a state failed (Salt's EX_STATE_FAILURE). */
export const retcodeOf = (results: Iterable<Result>): 0 | 2 => {
  for (const { result } of results) if (result === false) return 2;
  return 0;
};
