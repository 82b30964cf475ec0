import { join } from 'node:path';
import type { Log, Returnable } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { jid as asJid } from '../../protocol/jid.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { journaling } from '../../states/engine/index.ts';
import type { RunnerEvent } from '../client/contract.ts';
import type { JobStore } from '../jobs/store.ts';
import type { MasterConfig } from '../options.ts';
import { withoutSecrets } from '../publish/secrets.ts';
import { type OwnCall, ownCall } from '../runners/progress.ts';
import type { RunRunner } from '../runners/runner.ts';
import { RunJournal } from './journal.ts';
import { type ChunkRow, type Kept, type Secrets, UNENDED } from './record.ts';
import { boundsOf, excess, RETENTION_CLASS } from './retention.ts';
import { OrchestrationStore } from './sqlite.ts';

export interface OrchestrationParts {
  /** The master's. */
  readonly id: string;
  readonly jobs: JobStore;
  readonly runner: () => RunRunner;
  readonly config: () => MasterConfig;
  readonly log: Log;
}

const YOUNG_MS = 60_000;
/** So often a run is gone on with of which no state ended meanwhile: it may be what ends the master. */
const MOST_IN_VAIN = 5;

export type Ended = Extract<RunnerEvent, { kind: 'result' }>;

/** What an orchestration came to. */
export interface Done {
  readonly value: Returnable;
  readonly good: boolean;
}

/** The orchestrations of a master: their history, and those that a master that ended has left behind. */
export class Orchestrations implements AsyncDisposable {
  readonly #parts: OrchestrationParts;
  readonly #live = new Map<string, Promise<unknown>>();
  readonly #started = Date.now();
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
    let tell = (): void => undefined;
    if (!call.resumes) {
      const ended = new Promise<void>((resolve) => {
        tell = resolve;
      });
      this.#live.set(call.jid, ended);
    }
    try {
      const { value, good } = await running;
      await this.#end(call, fun, { state: good ? 'done' : 'failed', value });
      return value;
    } catch (error) {
      await this.#end(call, fun, { state: 'failed', reason: messageOf(error) });
      throw error;
    } finally {
      if (!call.resumes) this.#live.delete(call.jid);
      tell();
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

  /** The master has only just started: minions may not have found back to it yet. */
  get young(): boolean {
    return Date.now() - this.#started < YOUNG_MS;
  }

  has(jid: string): boolean {
    return this.#live.has(jid) || this.#opened().run(jid) !== undefined;
  }

  /** The end of one, which is gone on with if nobody has yet. @throws TsaltError `no-orchestration`, `damaged` */
  async join(jid: string): Promise<Ended> {
    const live = this.#live.get(jid);
    if (live !== undefined) await live;
    else if (this.show(jid).run.ended === null) await this.resume(jid);
    return endOf(this.show(jid).run);
  }

  /** The end of one, if it runs or has ended. @throws TsaltError `no-orchestration`, `interrupted` */
  async wait(jid: string): Promise<Ended> {
    await this.#live.get(jid);
    const { run } = this.show(jid);
    if (run.ended !== null) return endOf(run);
    throw new TsaltError('interrupted', `the orchestration ${jid} was interrupted; tsalt-run orchestrate.resume ${jid} goes on with it`);
  }

  /** Goes on with one that was interrupted, to its end. @throws TsaltError `no-orchestration`, `ended`, `damaged` */
  async resume(jid: string): Promise<void> {
    const { run } = this.show(jid);
    if (run.ended !== null) throw new TsaltError('ended', `the orchestration ${jid} has ended: ${run.state}`);
    const live = this.#live.get(jid) ?? this.#goOn(run).finally(() => this.#live.delete(jid));
    this.#live.set(jid, live);
    await live;
  }

  /** What a master that ended has left behind, as the option `orchestrate_resume` has it. */
  takeOver(): void {
    const { log, config } = this.#parts;
    const how = config().orchestrate_resume;
    try {
      const store = this.#opened();
      for (const run of store.runs(UNENDED)) {
        store.stand(run.jid, 'interrupted');
        if (how === 'off') store.end(run.jid, { state: 'interrupted', at: Date.now(), reason: 'the master stopped while it ran' });
        else if (how === 'auto') void this.#auto(run);
        else log.warn(`the orchestration ${run.jid} was interrupted; tsalt-run orchestrate.resume ${run.jid} goes on with it`);
      }
    } catch (error) {
      log.error(`which orchestrations ran when the master ended cannot be read: ${messageOf(error)}`);
    }
  }

  async #auto(run: Kept): Promise<void> {
    const { log } = this.#parts;
    try {
      if (this.#inVain(run)) {
        log.error(
          `the orchestration ${run.jid} was interrupted ${MOST_IN_VAIN} times at the same place: it waits for tsalt-run orchestrate.resume`,
        );
        return;
      }
      if (this.#tooOld(run)) {
        this.#opened().end(run.jid, { state: 'interrupted', at: Date.now(), reason: 'the master was away for longer than jobs are kept' });
        return;
      }
      log.info(`the orchestration ${run.jid} goes on`);
      await this.resume(run.jid);
    } catch (error) {
      log.error(`the orchestration ${run.jid} cannot go on: ${messageOf(error)}`);
      this.#giveUp(run.jid, messageOf(error));
    }
  }

  /** What it had begun may be forgotten already. */
  #tooOld({ jid, started, resumed }: Kept): boolean {
    const { seconds } = boundsOf(this.#parts.config());
    const latest = this.show(jid).chunks.reduce((last, { begun, ended }) => Math.max(last, begun ?? 0, ended ?? 0), started);
    return seconds > 0 && Math.max(latest, ...timesOf(resumed)) < Date.now() - seconds * 1000;
  }

  /** No state of it ended since it was gone on with so often. */
  #inVain({ jid, resumed }: Kept): boolean {
    const latest = this.show(jid).chunks.reduce((last, { ended }) => Math.max(last, ended ?? 0), 0);
    return timesOf(resumed).filter((at) => at > latest).length >= MOST_IN_VAIN;
  }

  async #goOn(run: Kept): Promise<void> {
    const { jid, fun, user } = run;
    const { args, kwargs } = secretsOf(run);
    this.#opened().stand(jid, 'resumed', [...timesOf(run.resumed), Date.now()]);
    // One that was refused before it came here has not ended here.
    for await (const event of this.#parts.runner()({ fun, args, kwargs, jid }, user, { resumes: true }))
      if (event.kind === 'result' && this.show(jid).run.ended === null) this.#giveUp(jid, String(event.value));
  }

  #giveUp(jid: string, reason: string): void {
    if (this.#stopping) return;
    try {
      this.#opened().end(jid, { state: 'failed', at: Date.now(), reason });
    } catch (error) {
      this.#parts.log.error(`the end of the orchestration ${jid} is not recorded: ${messageOf(error)}`);
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
    const job = {
      jid: asJid(jid),
      user,
      target: { kind: 'list', expression: id },
      fun: name,
      args: [],
      expected: [id],
      keep: RETENTION_CLASS,
    };
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

/** As the runner's call ended that ran it. */
const endOf = ({ state, value, reason }: Kept): Ended => {
  const success = state === 'done';
  return { kind: 'result', value: value ?? reason ?? null, success, retcode: success ? 0 : 1 };
};

const timesOf = (resumed: unknown): number[] => (Array.isArray(resumed) ? resumed.filter((at) => typeof at === 'number') : []);

const unknown = (jid: string): TsaltError =>
  new TsaltError('no-orchestration', `no orchestration ${jid} is recorded; tsalt-run orchestrate.list shows those that are`);

/** Keywords of a call as they may be seen. */
function masked(kwargs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [clean] = withoutSecrets([{ ...kwargs, __kwarg__: true }]);
  const { __kwarg__: _mark, ...rest } = clean as Record<string, unknown>;
  return rest;
}

/** @throws TsaltError `damaged` */
function secretsOf({ jid, secrets }: Kept): Secrets {
  if (!isMessage(secrets) || !Array.isArray(secrets['args']) || !isMessage(secrets['kwargs']))
    throw new TsaltError('damaged', `what was kept of the orchestration ${jid} cannot be read`);
  return { args: secrets['args'], kwargs: secrets['kwargs'], ...(secrets['high'] === undefined ? {} : { high: secrets['high'] }) };
}
