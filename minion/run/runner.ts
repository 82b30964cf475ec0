import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import type { JidLog } from '../listen/jidlog.ts';
import type { Publication } from '../listen/publication.ts';
import { type Ended, returnLoad } from './load.ts';
import { OutputStream } from './output.ts';
import type { JobTable, Running } from './table.ts';

/** One function of a job, to be run. */
export interface Task {
  readonly job: Publication;
  readonly fun: string;
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
  output?(stream: 'stdout' | 'stderr', text: string): void;
}

/** What a job says to the master it came from. None of these throws; only `give` matters to the job's fate. */
export interface Reports {
  readonly master: string;
  /** Keeps the return and sees to its delivery. @throws when it cannot be packed or kept. */
  give(jid: string, load: Message): Promise<void>;
  /** The job is still running (only to masters that ask for it). */
  running(job: Publication, since: number): void;
  output(job: Publication, stream: 'stdout' | 'stderr', text: string): void;
  event(tag: string, data: Message): void;
}

export interface RunnerSettings {
  readonly id: string;
  /** Jobs at once; further ones wait (`process_count_max`). Zero or less: no limit. */
  readonly limit: number;
  /** Answers of several functions as lists (`multifunc_ordered`). */
  readonly ordered: boolean;
}

const RUNNING_AFTER_MS = 500;
/** These steer other jobs and must not wait behind them. */
const NEVER_QUEUED = new Set(['saltutil.find_job', 'saltutil.running', 'saltutil.is_running', 'saltutil.kill_job', 'saltutil.term_job']);
const ALSO = new Set(['saltutil.signal_job', 'saltutil.kill_all_jobs', 'saltutil.term_all_jobs', 'test.ping']);

/** Takes jobs on, once for each jid, runs them with a limit, and gives their returns away. */
export class Runner {
  readonly #settings: RunnerSettings;
  readonly #execute: (task: Task) => Promise<Ended>;
  readonly #jids: JidLog;
  readonly #table: JobTable;
  readonly #handOver: (job: Publication, load: Message) => void;
  readonly #log: Log;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  /** `handOver`: gives a return to the returners of its job, after the master has it; neither waits nor throws. */
  constructor(
    settings: RunnerSettings,
    execute: (task: Task) => Promise<Ended>,
    jids: JidLog,
    table: JobTable,
    handOver: (job: Publication, load: Message) => void,
    log: Log,
  ) {
    this.#settings = settings;
    this.#execute = execute;
    this.#jids = jids;
    this.#table = table;
    this.#handOver = handOver;
    this.#log = log;
  }

  /** Runs `job` unless its jid was taken on before; says whether it did. Resolves when its return is kept. */
  async run(job: Publication, reports: Reports): Promise<boolean> {
    const since = Date.now();
    const fun = job.funs.join(',');
    if (!this.#jids.begin({ jid: job.jid, master: reports.master, fun, at: since })) {
      this.#log.info(`job ${job.jid} was taken on before and is not run again`);
      return false;
    }
    const queued = !job.funs.every((name) => NEVER_QUEUED.has(name) || ALSO.has(name));
    try {
      await this.#carry(job, since, reports, queued);
    } finally {
      this.#jids.end(job.jid);
    }
    return true;
  }

  /**
   * Runs a job of the minion's own, at once: the limit is for what is published, as in Salt, and it needs no guard
   * against being published twice. Resolves when its return is kept.
   */
  async runOwn(job: Publication, reports: Reports): Promise<void> {
    await this.#carry(job, Date.now(), reports, false);
  }

  async #carry(job: Publication, since: number, reports: Reports, queued: boolean): Promise<void> {
    const running: Running = { job, master: reports.master, since, control: new AbortController(), started: false };
    this.#table.add(running);
    if (queued) await this.#turn();
    try {
      running.started = true;
      const ended = await this.#runAll(running, reports);
      await this.#give(job, ended, reports);
    } finally {
      this.#table.remove(job.jid);
      if (queued) this.#next();
    }
  }

  async #runAll(running: Running, reports: Reports): Promise<Ended[]> {
    const { job } = running;
    this.#log.info(`job ${job.jid} of ${job.user}: ${job.funs.join(', ')}`);
    if (job.startEvent) reports.event(`salt/job/${job.jid}/start/${this.#settings.id}`, startData(this.#settings.id, job));
    const late = setTimeout(() => reports.running(job, running.since), RUNNING_AFTER_MS);
    const output = job.follow ? new OutputStream((stream, text) => reports.output(job, stream, text)) : undefined;
    const ended: Ended[] = [];
    try {
      for (const [index, fun] of job.funs.entries()) {
        ended.push(await this.#runOne(running, fun, job.args[index] ?? [], output));
      }
    } finally {
      clearTimeout(late);
      output?.flush();
    }
    return ended;
  }

  async #runOne(running: Running, fun: string, args: readonly unknown[], output: OutputStream | undefined): Promise<Ended> {
    const task: Task = {
      job: running.job,
      fun,
      args,
      signal: running.control.signal,
      ...(output === undefined ? {} : { output: (stream, text) => output.write(stream, text) }),
    };
    try {
      return await orAborted(this.#execute(task), running.control.signal);
    } catch (error) {
      return failure(`The minion function could not be run: ${messageOf(error)}`);
    }
  }

  /** A value that cannot be packed comes back as text that says so: no return is lost silently. */
  async #give(job: Publication, ended: readonly Ended[], reports: Reports): Promise<void> {
    const { id, ordered } = this.#settings;
    const load = returnLoad(id, job, ended, ordered, new Date());
    try {
      await reports.give(job.jid, load);
    } catch (error) {
      this.#log.error(`the return of job ${job.jid} cannot be kept: ${messageOf(error)}`);
      const said = ended.map(() => failure(`The return value cannot be carried: ${messageOf(error)}`));
      await reports.give(job.jid, returnLoad(id, job, said, ordered, new Date())).catch((again: unknown) => {
        this.#log.error(`nor can the error return of job ${job.jid}: ${messageOf(again)}`);
      });
    }
    this.#handOver(job, load);
  }

  async #turn(): Promise<void> {
    const { limit } = this.#settings;
    if (limit > 0 && this.#busy >= limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy += 1;
  }

  /** Hands the place to the next in the queue, or gives it up. */
  #next(): void {
    const wake = this.#waiting.shift();
    if (wake === undefined) this.#busy -= 1;
    else wake();
  }
}

const GRACE_MS = 10_000;

/** A killed job ends, at the latest a while after its kill, whether or not its function heeds the signal. */
async function orAborted(work: Promise<Ended>, signal: AbortSignal): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<Ended>((resolve) => {
    const count = (): void => {
      timer = setTimeout(() => resolve(failure('The job was ended by a signal.')), GRACE_MS);
    };
    if (signal.aborted) count();
    else signal.addEventListener('abort', count, { once: true });
  });
  try {
    return await Promise.race([work, gone]);
  } finally {
    clearTimeout(timer);
  }
}

const failure = (text: string): Ended => ({ value: text, retcode: 1, success: false, out: 'nested' });

function startData(id: string, job: Publication): Message {
  return {
    id,
    jid: job.jid,
    fun: job.several ? job.funs : job.funs[0],
    tgt: job.target.expression,
    tgt_type: job.target.kind,
    user: job.user,
    ...(job.metadata === undefined || job.metadata === null ? {} : { metadata: job.metadata }),
  };
}
