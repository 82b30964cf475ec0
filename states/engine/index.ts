import type { Data } from '../../kernel/render/python/value.ts';
import { type Chunk, compileChunks, tagOf } from './chunk.ts';
import { disabledResults } from './disabled.ts';
import { reconcileExtend } from './extend.ts';
import { applyExclude, type High, verifyHigh } from './high.ts';
import { listening, missingResults } from './listen.ts';
import { turnRequisites } from './requisite_in.ts';
import { type Ordered, type OrderOptions, order } from './requisites.ts';
import type { Results } from './result.ts';
import { Run, type RunOptions } from './run.ts';

export type { Chunk } from './chunk.ts';
export type { High } from './high.ts';
export { type Journal, journaling, journalUnderWay, type Step, stepping, stepUnderWay, unjournaled } from './journal.ts';
export { StateModules } from './modules.ts';
export type { Result, Results } from './result.ts';
export { retcodeOf } from './retcode.ts';
export { type Matches, SlsCompiler, type SlsFile, type SlsSource } from './sls.ts';

export type Errors = { readonly errors: readonly string[] };

/** With patterns of functions that must not run (`state.disable test.*`). */
export type Compilation = OrderOptions & { readonly stopped?: readonly string[] };

/** How much of the compilation is done, as functions of Salt differ: `state.show_low_sls` leaves requisites where they stand. */
export type Depth = 'all' | 'turned' | 'as written';

/** High data as ordered chunks, or all that is wrong with it. Alters `high`. */
export async function compileHigh(high: High, options: Compilation, depth: Depth = 'all'): Promise<Ordered | Errors> {
  if (depth !== 'all') return await compilePart(high, options, depth);
  const errors = [...reconcileExtend(high), ...verifyHigh(high)];
  if (errors.length > 0) return { errors };
  errors.push(...turnRequisites(high));
  applyExclude(high);
  if (errors.length > 0) return { errors };
  return await orderEnabled(high, options);
}

async function compilePart(high: High, options: Compilation, depth: Depth): Promise<Ordered | Errors> {
  const errors = verifyHigh(high);
  if (errors.length === 0 && depth === 'turned') errors.push(...turnRequisites(high));
  return errors.length > 0 ? { errors } : await orderEnabled(high, options);
}

/** Chunks whose function the administrator has disabled are none, but have a result. */
async function orderEnabled(high: High, options: Compilation): Promise<Ordered | Errors> {
  const chunks = compileChunks(high);
  const disabled = disabledResults(chunks, options.stopped);
  if (disabled.size === 0) return await order(chunks, options);
  const ordered = await order(
    chunks.filter((chunk) => !disabled.has(tagOf(chunk))),
    options,
  );
  return 'errors' in ordered ? ordered : { ...ordered, disabled };
}

/** What a run needs from outside. */
export type RunSurroundings = Omit<RunOptions, 'graph' | 'chunks' | 'shared'>;

/** Runs ordered chunks and then those that listen. Results in the order in which they came. */
export async function runOrdered({ chunks, graph, disabled }: Ordered, options: RunSurroundings): Promise<Results> {
  const run = new Run({ ...options, graph, chunks, shared: new Map() });
  for (const [tag, result] of disabled ?? []) run.results.set(tag, { ...result, __run_num__: run.numbers.next() });
  for (const [tag, result] of options.journal?.before ?? []) {
    run.results.set(tag, result);
    run.numbers.past(Number(result['__run_num__'] ?? 0));
  }
  await run.chunks(chunks);
  const listeners = listening(chunks, run.results);
  for (const chunk of listeners.chunks) graph.add(chunk);
  await run.chunks(listeners.chunks);
  for (const [tag, result] of missingResults(listeners.missing, run.numbers)) run.results.set(tag, result);
  return run.results;
}

/** A chunk as `state.show_lowstate` shows it. */
export function shownChunk({ args, prereq, prerequiring }: Chunk): Map<string, Data> {
  const shown = new Map(args);
  if (prerequiring === true) shown.set('__prerequiring__', true);
  if (prereq) shown.set('__prereq__', true);
  return shown;
}
