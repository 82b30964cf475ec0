import { AsyncLocalStorage } from 'node:async_hooks';
import type { Returnable } from '../../modules/define.ts';
import type { Chunk } from './chunk.ts';
import type { High } from './high.ts';
import type { Result, Results, RunNumber } from './result.ts';

/** What is written down of a run of states, so that another process can go on with it where this one ended. */
export interface Journal {
  /** Of the run: stops (`state.pause`) name it. */
  readonly jid: string;
  /** What an earlier process rendered: the files may say something else by now. */
  readonly high: High | undefined;
  rendered(high: High): void;
  /** Takes from the arguments of chunks what is meant for the journal; answers what is wrong with it. */
  compiled(chunks: readonly Chunk[]): readonly string[];
  /** Results of an earlier process, in the order in which they came. */
  readonly before: Results;
  /** Around the call of a chunk, which is not made where an earlier process began it and it must not be made twice. */
  keep(chunk: Chunk, numbers: Pick<RunNumber, 'next'>, act: () => Promise<Result>): Promise<Result>;
  /** Each result as it comes, also of chunks that were not called. */
  recorded(chunk: Chunk, result: Result): void;
}

/** One chunk of a journaled run, while it is called: what it must know if it has to go on in another process. */
export interface Step {
  /** What was noted under that key, by an earlier process too. */
  recall(key: string): unknown;
  /** On the disk when it resolves; never, once the process is about to end. */
  note(key: string, value: Returnable): Promise<void>;
  /** Wanted of the chunk: what was begun and cannot be gone on with is begun again. */
  readonly again: boolean;
  /** Told when something of the chunk was begun by an earlier process and is not begun again. */
  cutOff(): void;
  /** A number for each call, from 0 on for each `what`: the same things are told apart by the order in which they come. */
  count(what: string): number;
}

type Here = { readonly journal: Journal } | { readonly step: Step } | undefined;
const here = new AsyncLocalStorage<Here>();

/** Runs `act`, of which one run of states is written down in the journal. */
export const journaling = <T>(journal: Journal, act: () => Promise<T>): Promise<T> => here.run({ journal }, act);
/** Runs `act` as the work of one chunk: runs of states within it are their own. */
export const stepping = <T>(step: Step, act: () => Promise<T>): Promise<T> => here.run({ step }, act);
/** Runs `act`, of which nothing is written down. */
export const unjournaled = <T>(act: () => T): T => here.run(undefined, act);

export const journalUnderWay = (): Journal | undefined => {
  const found = here.getStore();
  return found !== undefined && 'journal' in found ? found.journal : undefined;
};
export const stepUnderWay = (): Step | undefined => {
  const found = here.getStore();
  return found !== undefined && 'step' in found ? found.step : undefined;
};
