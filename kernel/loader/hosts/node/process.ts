import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import type { Log, Returnable } from '../../../../modules/define.ts';
import { TsaltError } from '../../../../protocol/errors.ts';
import type { Given, Run } from '../../callable.ts';
import { type Message, receiveFrames, sendFrame } from '../frames.ts';
import { ForeignJob } from '../job.ts';
import { watchMemory } from '../memory.ts';
import { answerNode } from './answer.ts';
import type { WorkerFiles } from './files.ts';

export interface NodeSettings {
  readonly files: WorkerFiles;
  /** The folder that holds `modules/`, `grains/`, ... */
  readonly directory: string;
  /** Bytes that one return may take. */
  readonly limit: number;
  /** Bytes of memory that the process may take; 0 for any number. */
  readonly memory: number;
  /** Milliseconds that importing one module may take. */
  readonly importTimeout: number;
  /** Modules that are not imported: `modules/odd.js`. */
  readonly skip: readonly string[];
  readonly log: Log;
}

/** What modules see of the minion. */
export interface NodeContext {
  readonly grains: Readonly<Record<string, unknown>>;
  readonly pillar: Readonly<Record<string, unknown>>;
  readonly opts: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly kind: string;
  readonly fun: string;
  readonly given: Given;
}

/** The process died, hung or grew without end while it imported `place`; without it, loading may succeed. */
export class ImportFailed extends TsaltError {
  readonly place: string;
  constructor(place: string, how: string) {
    super('node-import-failed', `importing ${place} ${how} the JavaScript process`);
    this.place = place;
  }
}

const MIB = 1024 ** 2;
/** How long the channel of a process that has ended may take to close. */
const LAST_WORDS_MS = 200;

/** A node that runs synchronised files: one job at a time, and no job after one that left something behind. */
export class NodeProcess {
  readonly #settings: NodeSettings;
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  #job: ForeignJob | undefined;
  #loaded: ((outcome: Message | Error) => void) | undefined;
  #sent: NodeContext | undefined;
  #importing = '';
  #relax: () => void = () => undefined;
  #fit = true;

  constructor(settings: NodeSettings) {
    this.#settings = settings;
    const heap = settings.memory === 0 ? [] : [`--max-old-space-size=${Math.max(32, Math.round(settings.memory / MIB))}`];
    const argv = ['--no-warnings', ...heap, ...settings.files.command];
    // Its own process group, so that the minion can end it with all that it started.
    this.#child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
    this.#channel = this.#child.stdio[3] as Duplex;
    this.#channel.on('error', () => undefined);
    receiveFrames(
      this.#channel,
      (message) => this.#receive(message),
      (why) => this.#end(new TsaltError('node-host-broken', `the JavaScript process sent something unreadable: ${String(why)}`)),
    );
    this.#child.once('error', (error) => this.#end(error));
    this.#child.once('exit', (code, signal) => this.#exited(code ?? -(signal === null ? 0 : constants.signals[signal])));
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#listen(stream);
    const { directory, limit, skip, files } = settings;
    sendFrame(this.#channel, { op: 'start', directory, limit, skip, hooks: files.hooks, definition: files.definition });
  }

  /** Whether it may take another job. */
  get fit(): boolean {
    return this.#fit && this.#job === undefined;
  }

  /** Imports all modules of these kinds, and describes them by kind. @throws ImportFailed */
  load(kinds: readonly string[], context: NodeContext): Promise<Message> {
    this.#tell(context);
    const loaded = new Promise<Message>((resolve, reject) => {
      this.#loaded = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
    sendFrame(this.#channel, { op: 'load', kinds });
    return loaded;
  }

  /** Runs a function, or all grain functions for the kind `grains`. */
  async run({ kind, fun, given }: Asked, context: NodeContext, run: Run): Promise<Returnable> {
    this.#tell(context);
    const { memory, log } = this.#settings;
    const job = new ForeignJob(run, { language: 'JavaScript', answer: answerNode(log), memory });
    this.#job = job;
    job.started(this.#child.pid ?? 0);
    const { jid, user } = run.job;
    const { positional: args, keywords: kwargs } = given;
    sendFrame(this.#channel, { op: 'run', kind, fun, args, kwargs, testing: run.testing, jid: jid ?? null, user: user ?? null });
    // Until the process has said that the job left it in order.
    this.#fit = false;
    try {
      return await job.result;
    } finally {
      this.#relax();
      this.#job = undefined;
    }
  }

  stop(): void {
    this.#end(new TsaltError('node-host-stopped', 'the JavaScript process was stopped'));
    this.#channel.end();
    // One that loops does not hear that.
    this.#kill();
  }

  /** Sends the context if it is another than before. */
  #tell(context: NodeContext): void {
    const { grains, pillar, opts } = context;
    const known = this.#sent;
    if (known && known.grains === grains && known.pillar === pillar && known.opts === opts) return;
    this.#sent = context;
    sendFrame(this.#channel, { op: 'context', grains, pillar, opts });
  }

  #receive(message: Message): void {
    if (message['op'] === 'importing') this.#watch(String(message['place']));
    else if (message['op'] === 'loaded') this.#settle(message);
    else {
      if (message['op'] === 'result' || message['op'] === 'error') this.#fit = message['clean'] === true;
      if (this.#job === undefined && message['op'] === 'error') this.#end(new Error(String(message['message'])));
      void this.#job?.receive(this.#channel, message);
    }
  }

  /** An import that does not end, or takes all memory, must not do so for ever. */
  #watch(place: string): void {
    this.#relax();
    // While a job runs, that job's own bounds hold.
    if (this.#job !== undefined) return;
    this.#importing = place;
    const { importTimeout, memory } = this.#settings;
    const giveUp = (how: string): void => {
      this.#end(new ImportFailed(place, how));
      this.#kill();
    };
    const timer = setTimeout(() => giveUp(`took more than ${importTimeout / 1000} s and stopped`), importTimeout);
    const unwatch = watchMemory(this.#child.pid ?? 0, memory, () => giveUp('took too much memory and stopped'));
    this.#relax = () => {
      clearTimeout(timer);
      unwatch();
      this.#importing = '';
    };
  }

  #settle(outcome: Message | Error): void {
    this.#relax();
    this.#loaded?.(outcome);
    this.#loaded = undefined;
  }

  #exited(status: number): void {
    this.#end(new TsaltError('node-host-lost', `the JavaScript process ended unexpectedly, with status ${status}`), false);
    const job = this.#job;
    if (job === undefined) return;
    // What it said last may still be on its way; a program that it started may hold the channel for ever.
    const settle = (): void => job.gone(status);
    if (this.#channel.destroyed) settle();
    else {
      this.#channel.once('close', settle);
      setTimeout(settle, LAST_WORDS_MS);
    }
  }

  #end(why: Error, loseJob = true): void {
    this.#fit = false;
    const importing = this.#importing;
    this.#settle(importing === '' || why instanceof ImportFailed ? why : new ImportFailed(importing, 'ended'));
    if (loseJob) this.#job?.lost(why);
  }

  #kill(): void {
    try {
      if (this.#child.pid !== undefined && this.#child.exitCode === null) process.kill(-this.#child.pid, 'SIGKILL');
    } catch (thrown) {
      // It has just ended by itself.
      if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
    }
  }

  /** What modules print goes to the log: it belongs to nobody's return. */
  #listen(stream: Readable | null): void {
    stream?.setEncoding('utf8').on('data', (text: string) => this.#settings.log.debug(`javascript: ${text.trimEnd()}`));
  }
}
