import { setTimeout as pause } from 'node:timers/promises';
import { isTrue } from '../../kernel/render/python/value.ts';
import type { Ctx } from '../../modules/define.ts';
import { callChunk, type Numbers, type Surroundings } from './call.ts';
import { type Chunk, tagOf } from './chunk.ts';
import type { Graph } from './graph.ts';
import type { Journal } from './journal.ts';
import type { Requisite } from './keywords.ts';
import { Parallel } from './parallel.ts';
import { duration, notRun, type Result, type Results, RunNumber } from './result.ts';
import { pythonWord, retryOf } from './retry.ts';
import { type Status, statusOf } from './status.ts';

export interface RunOptions extends Surroundings {
  readonly graph: Graph;
  /** The option `failhard`: the first failure ends the run. */
  readonly failhard: boolean;
  /** Told of each result as it comes, with the number of chunks in the run, and the one that is next in order. */
  readonly progress?: (chunk: Chunk, result: Result, total: number, next: Chunk | undefined) => Promise<void>;
  /** Asked before each chunk; waits while the run is paused. `kill` ends it. */
  readonly gate?: (chunk: Chunk) => Promise<'run' | 'kill'>;
  /** Reads modules, grains or pillar anew for a chunk that says so; answers the context for those that follow. */
  readonly reload?: (what: readonly Reload[]) => Promise<Ctx>;
  /** Where the run is written down, if it is. */
  readonly journal?: Journal;
  /** `state_max_parallel`: how many parallel states may run at once; 0 sets no limit. */
  readonly maxParallel?: number;
}
export type Reload = 'reload_modules' | 'reload_grains' | 'reload_pillar';
const RELOADS: readonly Reload[] = ['reload_modules', 'reload_grains', 'reload_pillar'];

const SKIPPED = 'State was not run because requisites were skipped by another state';
const UNCHANGED: Partial<Record<Status, string>> = {
  skip_req: SKIPPED,
  pre: 'No changes detected',
  onfail: 'State was not run because onfail req did not change',
  onchanges: 'State was not run because none of the onchanges reqs changed',
};
/** How often a chunk may wait for others before it is given up. */
const DEEPEST = 20;

/** Calls ordered chunks one after another, each if its requisites allow it. */
export class Run {
  readonly results: Results = new Map();
  readonly numbers = new RunNumber();
  /** What chunks would do, of those that a `prereq` names. */
  readonly #looks: Results = new Map();
  readonly #parallel: Parallel;
  /** Parallel chunks that wait for others that are under way. */
  readonly #waiting = new Set<Chunk>();
  readonly #told: Promise<void>[] = [];
  #options: RunOptions;
  #ended = false;
  /** How many chunks from the first on have results. */
  #passed = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#parallel = new Parallel(options.maxParallel ?? 0);
  }

  async chunks(chunks: readonly Chunk[]): Promise<void> {
    this.#ended = false;
    try {
      for (const chunk of chunks) {
        this.#options.ctx.signal.throwIfAborted();
        await this.#resume();
        if (this.#ended) return;
        if (this.#waiting.has(chunk)) continue;
        if (this.results.has(tagOf(chunk))) {
          if (this.#fatal(chunk)) return;
          continue;
        }
        if ((await this.#options.gate?.(chunk)) === 'kill') break;
        await this.#chunk(chunk);
        if (this.#ended || this.#fatal(chunk)) return;
      }
      while (this.#waiting.size > 0 && !this.#ended) {
        await this.#parallel.next();
        await this.#resume();
      }
    } finally {
      await this.#parallel.all();
      await Promise.all(this.#told);
    }
  }

  /** Those that waited, if what they waited for has ended. */
  async #resume(): Promise<void> {
    for (const chunk of this.#waiting) {
      this.#waiting.delete(chunk);
      await this.#chunk(chunk);
      if (this.#ended || this.#fatal(chunk)) return;
    }
  }

  get failedHard(): boolean {
    return this.#ended;
  }

  #fatal(chunk: Chunk): boolean {
    const result = this.results.get(tagOf(chunk));
    const own = chunk.args.get('failhard');
    const failhard = own === undefined ? this.#options.failhard : isTrue(own);
    const fatal = failhard && !this.#options.ctx.testing && result?.result === false;
    if (fatal) this.#ended = true;
    return fatal;
  }

  #requisites(chunk: Chunk): Map<Requisite, Chunk[]> {
    const requisites = new Map<Requisite, Chunk[]>();
    for (const [kind, earlier] of this.#options.graph.dependencies(chunk)) requisites.set(kind, [...(requisites.get(kind) ?? []), earlier]);
    return requisites;
  }

  #status(requisites: ReadonlyMap<Requisite, readonly Chunk[]>): Status {
    return statusOf(requisites, (kind, chunk) => (kind === 'prereq' ? this.#looks : this.results).get(tagOf(chunk)));
  }

  async #chunk(chunk: Chunk, depth = 0): Promise<void> {
    this.#options.graph.aggregates?.gather(chunk, (other) => this.results.has(tagOf(other)));
    const requisites = this.#requisites(chunk);
    const busy = this.#parallel.of([...requisites.values()].flat());
    if (busy.length > 0 && isParallel(chunk)) {
      this.#waiting.add(chunk);
      return;
    }
    await Promise.all(busy);
    const status = this.#status(requisites);
    if (status === 'unmet') await this.#unmet(chunk, requisites, depth);
    else await this.#settled(chunk, requisites, status);
  }

  async #settled(chunk: Chunk, requisites: ReadonlyMap<Requisite, readonly Chunk[]>, status: Status): Promise<void> {
    const unchanged = UNCHANGED[status];
    if (unchanged !== undefined) this.#record(chunk, notRun(chunk, true, unchanged, this.numbers.next()), true);
    else if (status === 'fail') this.#failed(chunk, requisites);
    else if (status === 'change' && !chunk.prereq)
      await this.#perform(chunk, async (numbers) => await this.#watching(chunk, requisites, numbers));
    else if (status === 'skip_watch' && !chunk.prereq) {
      await this.#perform(chunk, async (numbers) => {
        const result = await this.#call(chunk, numbers);
        result.comment += ' mod_watch was not run because requisites were skipped by another state';
        return result;
      });
    } else await this.#look(chunk);
  }

  /** Calls a chunk; a look ahead is not yet a result. */
  async #look(chunk: Chunk): Promise<void> {
    if (!chunk.prereq) return await this.#perform(chunk, async (numbers) => await this.#call(chunk, numbers));
    this.#looks.set(tagOf(chunk), await this.#call(chunk));
    chunk.prereq = false;
  }

  #record(chunk: Chunk, result: Result, alsoLook = false): void {
    const tag = tagOf(chunk);
    this.results.set(tag, result);
    if (alsoLook && chunk.prereq) this.#looks.set(tag, result);
    const { progress, chunks, journal } = this.#options;
    journal?.recorded(chunk, result);
    if (progress !== undefined) this.#told.push(progress(chunk, result, chunks.length, this.#next()));
  }

  /** The first in order that has no result yet. */
  #next(): Chunk | undefined {
    const { chunks } = this.#options;
    for (let chunk = chunks[this.#passed]; chunk !== undefined && this.results.has(tagOf(chunk)); chunk = chunks[this.#passed])
      this.#passed += 1;
    return chunks[this.#passed];
  }

  /** Acts and records the result; a parallel chunk goes on while others run, and has a result that says so until then. */
  async #perform(chunk: Chunk, call: (numbers: Numbers) => Promise<Result>): Promise<void> {
    const { journal } = this.#options;
    const act = journal === undefined ? call : (numbers: Numbers) => journal.keep(chunk, numbers, () => call(numbers));
    if (!isParallel(chunk)) {
      this.#record(chunk, await act(this.numbers));
      await this.#reload(chunk);
      return;
    }
    const number = this.numbers.next();
    const { name, sls, id } = chunk;
    const comment = 'Started in a separate process';
    this.results.set(tagOf(chunk), { name, result: null, changes: {}, comment, __sls__: sls, __run_num__: number, __id__: id });
    this.#parallel.start(tagOf(chunk), async () => {
      const result = await act({ next: () => number });
      // What could not be called at all was not called in parallel.
      this.#record(chunk, 'start_time' in result ? { ...result, __parallel__: true } : result);
    });
  }

  async #reload({ args }: Chunk): Promise<void> {
    const wanted = RELOADS.filter((what) => isTrue(args.get(what) ?? false));
    const ctx = wanted.length > 0 ? await this.#options.reload?.(wanted) : undefined;
    if (ctx !== undefined) this.#options = { ...this.#options, ctx };
  }

  async #watching(chunk: Chunk, requisites: ReadonlyMap<Requisite, readonly Chunk[]>, numbers: Numbers): Promise<Result> {
    const result = await this.#call(chunk, numbers);
    if (Object.keys(result.changes).length > 0 || result['skip_watch'] === true) return result;
    const watched = requisites.get('watch') ?? [];
    const changed = watched.filter((other) => Object.keys(this.results.get(tagOf(other))?.changes ?? {}).length > 0);
    return await callChunk(
      chunk,
      this.#options,
      numbers,
      changed.map(({ state, id }) => `${state}: ${id}`),
    );
  }

  #failed(chunk: Chunk, requisites: ReadonlyMap<Requisite, readonly Chunk[]>): void {
    const look = this.#looks.get(tagOf(chunk));
    if (look !== undefined) {
      const number = this.numbers.next();
      this.#record(chunk, { ...look, changes: {}, __run_num__: number, __sls__: chunk.sls, __id__: chunk.id, name: chunk.name });
      return;
    }
    const culprits = new Set<string>();
    for (const others of requisites.values()) {
      for (const other of others) {
        const result = this.#looks.get(tagOf(other)) ?? this.results.get(tagOf(other));
        if (result?.result === false) culprits.add(`${other.sls}.${other.id}`);
      }
    }
    this.#record(chunk, notRun(chunk, false, `One or more requisite failed: ${[...culprits].join(', ')}`, this.numbers.next()), true);
  }

  /** What a chunk depends on runs first, then the chunk. */
  async #unmet(chunk: Chunk, requisites: ReadonlyMap<Requisite, readonly Chunk[]>, depth: number): Promise<void> {
    for (const earlier of [...requisites.values()].flat()) {
      if (this.results.has(tagOf(earlier))) continue;
      await this.#chunk(earlier);
      if (this.#ended || this.#fatal(earlier)) return;
    }
    if (chunk.prereq) return await this.#unmetLook(chunk);
    if (depth < DEEPEST) return await this.#chunk(chunk, depth + 1);
    const number = this.numbers.next();
    const [changes, comment] = [{}, 'Recursive requisite found'];
    this.#record(chunk, { changes, result: false, comment, __run_num__: number, __sls__: chunk.sls, __id__: chunk.id, name: chunk.name });
  }

  async #unmetLook(chunk: Chunk): Promise<void> {
    const tag = tagOf(chunk);
    const status = this.#status(this.#requisites(chunk));
    if (status === 'pre') {
      this.#looks.set(tag, notRun(chunk, true, 'No changes detected', this.numbers.next()));
      return;
    }
    const look = await this.#call(chunk);
    chunk.prereq = false;
    const unchanged = Object.keys(look.changes).length === 0 && status === 'change';
    this.#looks.set(tag, unchanged ? { ...look, changes: { watch: 'watch' }, result: null } : look);
  }

  async #call(chunk: Chunk, numbers: Numbers = this.numbers, attempt = 1): Promise<Result> {
    const result = await callChunk(chunk, this.#options, numbers);
    const wanted = chunk.args.get('retry');
    if (wanted === undefined || chunk.prereq) return result;
    const retry = retryOf(wanted);
    if (this.#options.ctx.testing) {
      const { interval, splay, attempts, until } = retry;
      result.comment = `${result.comment}  The state would be retried every ${interval} seconds (with a splay of up to ${splay} seconds) a maximum of ${attempts} times or until a result of ${pythonWord(until)} is returned`;
      return result;
    }
    if (result.result === retry.until || attempt >= retry.attempts) return result;
    const wait = retry.interval + (retry.splay === 0 ? 0 : Math.floor(Math.random() * (retry.splay + 1)));
    await pause(wait * 1000, undefined, { signal: this.#options.ctx.signal });
    return joined(result, await this.#call(chunk, numbers, attempt + 1), attempt, wait);
  }
}

const isParallel = ({ args, prereq }: Chunk): boolean => !prereq && isTrue(args.get('parallel') ?? false);

function joined(first: Result, last: Result, attempt: number, wait: number): Result {
  last.comment = `Attempt ${attempt}: Returned a result of "${pythonWord(first.result)}", with the following comment: "${first.comment}"\n${last.comment}`;
  last['duration'] = duration(Number(last['duration'] ?? 0) + Number(first['duration'] ?? 0) + wait * 1000);
  if (attempt === 1) last['start_time'] = first['start_time'] ?? null;
  return last;
}
