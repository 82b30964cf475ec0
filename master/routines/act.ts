import { isItem } from '../../kernel/schedule/item.ts';
import { messageOf } from '../../protocol/errors.ts';
import { type Step, stepping } from '../../states/engine/index.ts';
import type { RunnerEvent, RunRequest } from '../client/contract.ts';
import type { LocalClient } from '../client/local.ts';
import type { Routine } from './definition.ts';
import type { Counts, Outcome, RoutineStore, Run } from './sqlite.ts';

/** What a run came to. */
export interface Result {
  readonly outcome: Outcome;
  /** Why it is not `ok`, in a sentence. */
  readonly reason: string | null;
  readonly counts?: Counts;
}

export interface ActParts {
  /** By which jobs are noted before they are sent, and found again by the next master. */
  readonly local: Pick<LocalClient, 'run' | 'runner'>;
  readonly store: RoutineStore;
  /** The master stops: nothing is begun or noted any more. */
  readonly stopping: () => boolean;
}

const REASON_MOST = 1000;
const NAMED_MOST = 5;
const CUT_OFF = 'the master stopped while it ran, and what became of it is not known; it was not run again';

/** Runs what a routine asks for, or goes on with what an earlier master began of this run. Never rejects. */
export async function act(parts: ActParts, run: Run, routine: Routine): Promise<Result> {
  const step = new RunStep(parts, run.n);
  try {
    return await stepping(step, async () => {
      const result = routine.kind === 'job' ? await job(parts, run, routine) : await runner(parts, run, routine);
      return step.isCutOff ? { outcome: 'lost', reason: CUT_OFF } : result;
    });
  } catch (error) {
    return { outcome: 'failed', reason: cut(messageOf(error)) };
  }
}

async function job({ local }: ActParts, { jid, routine: name }: Run, routine: Routine): Promise<Result> {
  const request: RunRequest = {
    target: { kind: routine.target_type, expression: routine.target },
    fun: routine.fun,
    args: withKeywords(routine.args, routine.kwargs),
    jid,
    metadata: { routine: name },
    ...(routine.timeout === null ? {} : { timeout: routine.timeout }),
  };
  const tally = new Tally();
  let expected = 0;
  for await (const event of local.run(request)) {
    if (event.kind === 'published') expected = event.minions.length;
    else if (event.kind === 'silent') tally.silent(event.minion, event.reason);
    else if (event.kind === 'return') tally.answered(event.minion, event.success && event.retcode === 0, brief(event.value));
  }
  return tally.result(expected);
}

async function runner({ local }: ActParts, { jid }: Run, routine: Routine): Promise<Result> {
  let ended: Extract<RunnerEvent, { kind: 'result' }> | undefined;
  for await (const event of local.runner({ ...callOf(routine), jid })) if (event.kind === 'result') ended = event;
  if (ended === undefined) return { outcome: 'failed', reason: 'it ended without a result' };
  if (routine.kind === 'plugin' && isItem(ended.value) && isItem(ended.value['minions'])) return resultOfPlugin(ended.value['minions']);
  if (ended.success && ended.retcode === 0) return { outcome: 'ok', reason: null };
  return { outcome: 'failed', reason: cut(typeof ended.value === 'string' ? ended.value : `it ended with the code ${ended.retcode}`) };
}

/** By what the plugin said of each minion; a status of null: it did not answer. */
function resultOfPlugin(minions: Readonly<Record<string, unknown>>): Result {
  const tally = new Tally();
  for (const [minion, verdict] of Object.entries(minions)) {
    const { status, message } = isItem(verdict) ? verdict : { status: 'error', message: '' };
    if (status === null) tally.silent(minion, String(message));
    else tally.answered(minion, status !== 'error', String(message));
  }
  return tally.result(Object.keys(minions).length);
}

/** What is called of a routine that is no job. */
function callOf({ kind, fun, args, kwargs, plugin, parameters, target, target_type }: Routine) {
  if (kind === 'runner') return { fun, args, kwargs };
  if (kind === 'orchestrate') return { fun: 'state.orchestrate', args: [fun, ...args], kwargs };
  return { fun: 'plugins.run', args: [], kwargs: { name: plugin, kind: target_type, expression: target, parameters } };
}

const withKeywords = (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Object.keys(kwargs).length === 0 ? args : [...args, { ...kwargs, __kwarg__: true }];

/** Counts what minions make of it. */
class Tally {
  #ok = 0;
  readonly #failed: string[] = [];
  readonly #silent: string[] = [];

  answered(minion: string, good: boolean, why: string): void {
    if (good) this.#ok += 1;
    else this.#failed.push(`${minion}: ${why}`);
  }

  silent(minion: string, why: string): void {
    this.#silent.push(`${minion}: ${why}`);
  }

  result(minions: number): Result {
    if (minions === 0) return { outcome: 'skipped', reason: 'no minion matches the target' };
    const [ok, failed, silent] = [this.#ok, this.#failed.length, this.#silent.length];
    const counts = { minions, ok, failed, silent };
    const outcome = failed + silent === 0 ? 'ok' : ok > 0 ? 'partly' : failed > 0 ? 'failed' : 'lost';
    const named = [...this.#failed, ...this.#silent];
    const rest = named.length > NAMED_MOST ? `; and ${named.length - NAMED_MOST} more` : '';
    return { outcome, reason: outcome === 'ok' ? null : cut(named.slice(0, NAMED_MOST).join('; ') + rest), counts };
  }
}

/** One line of what a failed function returned. */
function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : isItem(value) && typeof value['message'] === 'string' ? value['message'] : 'failed';
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}

const cut = (text: string): string => (text.length > REASON_MOST ? `${text.slice(0, REASON_MOST)}…` : text);

/** A run as what orchestrations call a chunk: what it starts is noted first, and found again by the next master. */
class RunStep implements Step {
  readonly again = false;
  readonly #parts: ActParts;
  readonly #n: number;
  readonly #notes: Map<string, unknown>;
  readonly #counts = new Map<string, number>();
  isCutOff = false;

  constructor(parts: ActParts, n: number) {
    this.#parts = parts;
    this.#n = n;
    this.#notes = parts.store.notes(n);
  }

  recall(key: string): unknown {
    return this.#notes.get(key);
  }

  async note(key: string, value: unknown): Promise<void> {
    if (this.#parts.stopping()) await new Promise<never>(() => undefined);
    this.#notes.set(key, value);
    this.#parts.store.note(this.#n, key, value);
  }

  cutOff(): void {
    this.isCutOff = true;
  }

  count(what: string): number {
    const number = this.#counts.get(what) ?? 0;
    this.#counts.set(what, number + 1);
    return number;
  }
}
