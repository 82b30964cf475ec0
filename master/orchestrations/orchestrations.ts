import { join } from 'node:path';
import type { Log, Returnable } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { jid as asJid } from '../../protocol/jid.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { journaling } from '../../states/engine/index.ts';
import type { JobStore } from '../jobs/store.ts';
import type { MasterConfig } from '../options.ts';
import { withoutSecrets } from '../publish/secrets.ts';
import { type OwnCall, ownCall } from '../runners/progress.ts';
import type { RunRunner } from '../runners/runner.ts';
import { RunJournal } from './journal.ts';
import { type ChunkRow, type Kept, type Secrets, UNENDED } from './record.ts';
import { excess } from './retention.ts';
import { OrchestrationStore } from './sqlite.ts';

/** The retention class of orchestrations, in the job cache and here. */
export const CLASS = 'orchestrate';

export interface OrchestrationParts {
  /** The master's. */
  readonly id: string;
  readonly jobs: JobStore;
  readonly runner: () => RunRunner;
  readonly config: () => MasterConfig;
  readonly log: Log;
}

/** What an orchestration came to. */
export interface Done {
  readonly value: Returnable;
  readonly good: boolean;
}

/** The orchestrations of a master: their history, and those that a master that ended has left behind. */
export class Orchestrations implements AsyncDisposable {
  readonly #parts: OrchestrationParts;
  readonly #live = new Map<string, Promise<unknown>>();
  #store: OrchestrationStore | undefined;
  #stopping = false;

  constructor(parts: OrchestrationParts) {
    this.#parts = parts;
  }

  /** Runs `act`, the orchestration that is the runner's call under way. @throws what it throws */
  async run(fun: string, act: () => Promise<Done>): Promise<Returnable> {
    const call = ownCall();
    const journal = call === undefined ? undefined : this.#journal(fun, call);
    if (call === undefined || journal === undefined) return (await act()).value;
    const running = journaling(journal, act);
    this.#live.set(call.jid, this.#live.get(call.jid) ?? running);
    try {
      const { value, good } = await running;
      await this.#end(call, fun, { state: good ? 'done' : 'failed', value });
      return value;
    } catch (error) {
      await this.#end(call, fun, { state: 'failed', reason: messageOf(error) });
      throw error;
    } finally {
      this.#live.delete(call.jid);
    }
  }

  /** Newest last. */
  list(): readonly Kept[] {
    return this.#opened().runs();
  }

  show(jid: string): { readonly run: Kept; readonly chunks: readonly ChunkRow[]; readonly notes: ReturnType<OrchestrationStore['notes']> } {
    const store = this.#opened();
    const run = store.run(jid);
    if (run === undefined) throw unknown(jid);
    return { run, chunks: store.chunks(jid), notes: store.notes(jid) };
  }

  /** Those that ran when the master ended. */
  takeOver(): void {
    try {
      for (const { jid } of this.#opened().runs(UNENDED)) this.#opened().stand(jid, 'interrupted');
    } catch (error) {
      this.#parts.log.error(`what orchestrations ran when the master ended is not known: ${messageOf(error)}`);
    }
  }

  /** The master stops: those that run are gone on with by the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#store?.[Symbol.asyncDispose]();
  }

  #opened(): OrchestrationStore {
    const { config, log } = this.#parts;
    this.#store ??= new OrchestrationStore(join(config().cachedir, 'orchestrations.db'), (text) => log.warn(text));
    return this.#store;
  }

  /** undefined: it runs all the same, unrecorded. */
  #journal(fun: string, { jid, user, request, resumes }: OwnCall): RunJournal | undefined {
    const { log } = this.#parts;
    try {
      const store = this.#opened();
      if (!resumes) this.#prune(store);
      const before = store.run(jid);
      if (before !== undefined && !resumes) throw new TsaltError('jid-taken', `an orchestration ${jid} is recorded already`);
      const { args, kwargs } = request;
      const secrets = before === undefined ? { args, kwargs } : secretsOf(before);
      if (before === undefined) {
        const [maskedArgs, maskedKwargs] = [withoutSecrets(args), masked(kwargs)];
        store.begin({ jid, fun, user, started: Date.now(), asked: { args: maskedArgs, kwargs: maskedKwargs } }, secrets);
      }
      return new RunJournal({ store, jid, secrets, stopping: () => this.#stopping });
    } catch (error) {
      log.error(`the orchestration ${jid} is not recorded, and cannot go on if the master stops: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #end(call: OwnCall, fun: string, end: { state: 'done' | 'failed'; value?: Returnable; reason?: string }): Promise<void> {
    if (this.#stopping) return;
    const { log } = this.#parts;
    try {
      this.#opened().end(call.jid, { ...end, at: Date.now() });
      if (this.#parts.config().job_cache) await this.#remember(call, fun, end);
    } catch (error) {
      log.error(`the end of the orchestration ${call.jid} is not recorded: ${messageOf(error)}`);
    }
  }

  /** In the job cache, in the form in which Salt keeps results of runners there. */
  async #remember(
    { jid, user, request }: OwnCall,
    fun: string,
    end: { state: string; value?: Returnable; reason?: string },
  ): Promise<void> {
    const { id, jobs } = this.#parts;
    const name = `runner.${fun}`;
    const success = end.state === 'done';
    const kept = {
      fun: name,
      jid,
      user,
      fun_args: [...withoutSecrets(request.args), ...(Object.keys(request.kwargs).length === 0 ? [] : [masked(request.kwargs)])],
      _stamp: new Date().toISOString(),
      return: end.value ?? end.reason ?? null,
      success,
    };
    const job = { jid: asJid(jid), user, target: { kind: 'list', expression: id }, fun: name, args: [], expected: [id], keep: CLASS };
    await jobs.open(job).catch((error: unknown) => {
      if (!(error instanceof TsaltError && error.code === 'jid-taken')) throw error;
    });
    const state = success ? 'returned' : 'failed';
    const returnedAt = new Date();
    await jobs.record({ jid: job.jid, minion: id, state, retcode: success ? 0 : 1, success, value: new Packed(encode(kept)), returnedAt });
  }

  #prune(store: OrchestrationStore): void {
    for (const jid of excess(store.sizes(), this.#parts.config(), Date.now())) store.forget(jid);
  }
}

export const unknown = (jid: string): TsaltError =>
  new TsaltError('no-orchestration', `no orchestration ${jid} is recorded; tsalt-run orchestrate.list shows those that are`);

/** Keywords of a call as they may be seen. */
function masked(kwargs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [clean] = withoutSecrets([{ ...kwargs, __kwarg__: true }]);
  const { __kwarg__: _mark, ...rest } = clean as Record<string, unknown>;
  return rest;
}

/** @throws TsaltError `damaged` */
export function secretsOf({ jid, secrets }: Kept): Secrets {
  if (!isMessage(secrets) || !Array.isArray(secrets['args']) || !isMessage(secrets['kwargs']))
    throw new TsaltError('damaged', `what was kept of the orchestration ${jid} cannot be read`);
  return { args: secrets['args'], kwargs: secrets['kwargs'], ...(secrets['high'] === undefined ? {} : { high: secrets['high'] }) };
}
