import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import type { Returnable } from '../../modules/define.ts';
import type { Chunk } from '../../states/engine/chunk.ts';
import { tagOf } from '../../states/engine/chunk.ts';
import { type High, type Journal, type Result, type Results, type Step, stepping } from '../../states/engine/index.ts';
import { duration, elapsed, startClock, startTime } from '../../states/engine/result.ts';
import { withoutSecrets } from '../publish/secrets.ts';
import type { ChunkRow, Secrets } from './record.ts';
import type { OrchestrationStore } from './sqlite.ts';

/** Of what ran when the master stopped and is not begun again. */
export const CUT_OFF = 'The master stopped while this ran; it was not run again.';
/** An argument of every state of an orchestration: what becomes of one that ran while the master stopped. */
const RESUME = 'resume';

export interface JournalParts {
  readonly store: OrchestrationStore;
  readonly jid: string;
  readonly secrets: Secrets;
  /** The master stops: what fails from now on has not failed. */
  readonly stopping: () => boolean;
}

/** One orchestration as it is written down. */
export class RunJournal implements Journal {
  readonly jid: string;
  readonly high: High | undefined;
  readonly before: Results = new Map();
  readonly #parts: JournalParts;
  readonly #rows = new Map<string, ChunkRow>();
  readonly #notes = new Map<string, Map<string, unknown>>();
  readonly #rerun = new Set<string>();
  /** Chunks of which it cannot be read what they had begun. */
  readonly #damaged = new Set<string>();

  constructor(parts: JournalParts) {
    const { store, jid, secrets } = parts;
    this.#parts = parts;
    this.jid = jid;
    this.high = secrets.high === undefined ? undefined : (fromPlain(secrets.high) as High);
    for (const row of store.chunks(jid)) this.#rows.set(row.tag, row);
    const ended = [...this.#rows.values()].filter(({ result }) => isResult(result)).sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
    for (const { tag, result } of ended) this.before.set(tag, result as Result);
    for (const { tag, key, value } of store.notes(jid)) {
      if (value === undefined) this.#damaged.add(tag);
      this.#of(tag).set(key, value);
    }
  }

  rendered(high: High): void {
    this.#write((store) => store.secrets(this.jid, { ...this.#parts.secrets, high: toPlain(high) }));
  }

  compiled(chunks: readonly Chunk[]): readonly string[] {
    const wrong: string[] = [];
    const lows: { tag: string; low: unknown }[] = [];
    for (const chunk of chunks) {
      const wanted = chunk.args.get(RESUME);
      chunk.args.delete(RESUME);
      if (wanted === 'rerun') this.#rerun.add(tagOf(chunk));
      else if (wanted !== undefined && wanted !== 'fail')
        wrong.push(`ID '${chunk.id}' in SLS '${chunk.sls}': ${RESUME} must be rerun or fail, not ${String(toPlain(wanted))}`);
      lows.push({ tag: tagOf(chunk), low: shown(chunk) });
    }
    if (wrong.length === 0) this.#write((store) => store.compiled(this.jid, lows));
    return wrong;
  }

  async keep(chunk: Chunk, numbers: { next(): number }, act: () => Promise<Result>): Promise<Result> {
    const tag = tagOf(chunk);
    const row = this.#rows.get(tag);
    // States of the module `salt` go on from what was noted of them; of others nobody knows how far they got.
    const goesOn = (chunk.state === 'salt' && !this.#damaged.has(tag)) || this.#rerun.has(tag);
    if (row !== undefined && row.begun !== null && !goesOn) return cutOff(chunk, numbers.next());
    await this.#alive();
    this.#parts.store.begun(this.jid, tag, Date.now());
    let comment = '';
    const step = this.#step(tag, () => {
      comment = CUT_OFF;
    });
    const result = await stepping(step, act);
    return comment === '' ? result : { ...result, comment: `${result.comment} ${comment}` };
  }

  recorded(chunk: Chunk, result: Result): void {
    this.#write((store) => {
      const tag = tagOf(chunk);
      // One that listens is a chunk only when it is known that there was a change.
      store.compiled(this.jid, [{ tag, low: shown(chunk) }]);
      store.ended(this.jid, tag, Date.now(), result);
    });
  }

  #step(tag: string, cutOff: () => void): Step {
    const counts = new Map<string, number>();
    return {
      again: this.#rerun.has(tag),
      cutOff,
      recall: (key) => this.#of(tag).get(key),
      note: async (key, value: Returnable) => {
        await this.#alive();
        this.#of(tag).set(key, value);
        this.#parts.store.note(this.jid, tag, key, value);
      },
      count: (what) => {
        const number = counts.get(what) ?? 0;
        counts.set(what, number + 1);
        return number;
      },
    };
  }

  #of(tag: string): Map<string, unknown> {
    const known = this.#notes.get(tag) ?? new Map<string, unknown>();
    this.#notes.set(tag, known);
    return known;
  }

  /** Nothing is begun while the master stops: here its part of the run ends, and the next master goes on. */
  async #alive(): Promise<void> {
    if (this.#parts.stopping()) await new Promise<never>(() => undefined);
  }

  #write(act: (store: OrchestrationStore) => void): void {
    if (!this.#parts.stopping()) act(this.#parts.store);
  }
}

const isResult = (value: unknown): value is Result =>
  typeof value === 'object' && value !== null && 'result' in value && 'changes' in value && 'comment' in value;

/** A chunk for the history: as `state.show_low_sls` has it, without secrets. */
function shown({ args }: Chunk): unknown {
  const [low] = withoutSecrets([{ ...(toPlain(args) as object), __kwarg__: true }]);
  const { __kwarg__: _mark, ...rest } = low as Record<string, unknown>;
  return rest;
}

function cutOff(chunk: Chunk, number: number): Result {
  const clock = startClock();
  const { name, sls, id } = chunk;
  return {
    name,
    changes: {},
    result: false,
    comment: CUT_OFF,
    __sls__: sls,
    __run_num__: number,
    start_time: startTime(clock),
    duration: duration(elapsed(clock)),
    __id__: id,
  };
}
