import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import type { Log, Returnable } from '../../../modules/define.ts';
import { TsaltError } from '../../../protocol/errors.ts';
import type { Others, Run } from '../callable.ts';
import { type Message, receiveFrames, sendFrame } from './frames.ts';
import { answer, PythonJob } from './python_job.ts';

export interface ProcessSettings {
  /** Absolute path of python3. */
  readonly python: string;
  /** Absolute path of python_host.py. */
  readonly script: string;
  /** The folder that holds `modules/`, `utils/` and `grains/`. */
  readonly directory: string;
  /** Bytes that one return may take. */
  readonly limit: number;
  /** Milliseconds that importing one module may take. */
  readonly importTimeout: number;
  readonly log: Log;
}

/** What modules find in `__grains__`, `__pillar__` and `__opts__`. */
export interface PythonContext {
  readonly grains: Readonly<Record<string, unknown>>;
  readonly pillar: Readonly<Record<string, unknown>>;
  readonly opts: Readonly<Record<string, unknown>>;
}

/** The process died, or hung, while it imported `place`; without it, loading may succeed. */
export class ImportFailed extends TsaltError {
  readonly place: string;
  constructor(place: string, how: string) {
    super('python-import-failed', `importing ${place} ${how} the Python process`);
    this.place = place;
  }
}

/** A running `python_host.py`: one warm process, which forks a child for each job. */
export class PythonProcess {
  readonly #settings: ProcessSettings;
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #folder: string;
  readonly #server: Server;
  readonly #token = randomBytes(16).toString('hex');
  readonly #jobs = new Map<number, PythonJob>();
  #next = 1;
  #sent: PythonContext | undefined;
  #importing = '';
  #builtins: Others | undefined;
  #loaded: ((outcome: Message | Error) => void) | undefined;
  #ended = false;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
    // A folder only this user may enter: whoever reaches the socket could answer for a job.
    this.#folder = mkdtempSync(join(tmpdir(), 'tsalt-python-'));
    this.#server = createServer((socket) => this.#accept(socket)).listen(this.#socketPath);
    this.#child = spawn(settings.python, ['-u', settings.script, this.#socketPath], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    this.#control = this.#child.stdio[3] as Duplex;
    this.#control.on('error', () => undefined);
    receiveFrames(
      this.#control,
      (message) => this.#receive(message),
      (why) => this.#fail(new TsaltError('python-host-broken', `the Python host sent something unreadable: ${String(why)}`)),
    );
    this.#child.once('error', (error) => this.#fail(error));
    // Not the child's `exit`: what it said last may still be on its way then.
    for (const event of ['end', 'close']) {
      this.#control.once(event, () => this.#fail(new TsaltError('python-host-lost', 'the Python host ended unexpectedly')));
    }
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#listen(stream);
  }

  get busy(): boolean {
    return this.#jobs.size > 0 || this.#loaded !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Imports all modules but those in `skip`, and describes them. @throws ImportFailed */
  load(context: PythonContext, skip: readonly string[], builtins: Others): Promise<Message> {
    this.#tell(context);
    this.#builtins = builtins;
    const loaded = new Promise<Message>((resolve, reject) => {
      this.#loaded = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
    sendFrame(this.#control, { op: 'load', directory: this.#settings.directory, skip });
    return loaded;
  }

  /** Runs a function, or all grain functions if `fun` is null, in a child of its own. */
  run(
    fun: string | null,
    args: readonly unknown[],
    kwargs: ReadonlyMap<string, unknown>,
    context: PythonContext,
    run: Run,
  ): Promise<Returnable> {
    this.#tell(context);
    const id = this.#next++;
    const job = new PythonJob(run);
    this.#jobs.set(id, job);
    const { directory, limit } = this.#settings;
    const message = {
      op: 'run',
      id,
      token: this.#token,
      socket: this.#socketPath,
      fun,
      args,
      kwargs,
      testing: run.testing,
      directory,
      limit,
    };
    sendFrame(this.#control, message);
    return job.result.finally(() => this.#jobs.delete(id));
  }

  /** Ends the process and whatever jobs it still has. */
  stop(why = 'the Python host was stopped'): void {
    this.#fail(new TsaltError('python-host-stopped', why));
    this.#control.end();
  }

  get #socketPath(): string {
    return join(this.#folder, 'jobs');
  }

  /** Sends the context if it is another than before: children inherit it, so that no job has to wait for it. */
  #tell(context: PythonContext): void {
    const { grains, pillar, opts } = context;
    const known = this.#sent;
    if (known && known.grains === grains && known.pillar === pillar && known.opts === opts) return;
    this.#sent = context;
    sendFrame(this.#control, { op: 'context', grains, pillar, opts });
  }

  #receive(message: Message): void {
    const job = this.#jobs.get(Number(message['id']));
    if (message['op'] === 'started') job?.started(Number(message['pid']));
    else if (message['op'] === 'exited') job?.exited(Number(message['status']));
    else if (message['op'] === 'importing') this.#watch(String(message['place']));
    else if (message['op'] === 'loaded') this.#settle(message);
    else void this.#answerLoading(message);
  }

  #timer: NodeJS.Timeout | undefined;

  #watch(place: string): void {
    this.#importing = place;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#settle(new ImportFailed(place, `took more than ${this.#settings.importTimeout / 1000} s and stopped`));
      this.#child.kill('SIGKILL');
    }, this.#settings.importTimeout);
  }

  #settle(outcome: Message | Error): void {
    clearTimeout(this.#timer);
    this.#importing = '';
    this.#loaded?.(outcome);
    this.#loaded = undefined;
  }

  /** A module calls the minion while it is imported, or from its `__virtual__`. */
  async #answerLoading(message: Message): Promise<void> {
    const others = this.#builtins;
    if (!others) return;
    const job = { fun: 'saltutil.sync_modules', signal: new AbortController().signal };
    sendFrame(this.#control, await answer(message, others, { job, status: { retcode: 0 }, testing: false, others }));
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    let job: PythonJob | undefined;
    const receive = (message: Message): void => {
      if (job) return void job.receive(socket, message);
      job = this.#greeted(message);
      if (job) job.connect(socket);
      else socket.destroy();
    };
    receiveFrames(socket, receive, () => socket.destroy());
  }

  #greeted(message: Message): PythonJob | undefined {
    const isOurs = message['op'] === 'hello' && message['token'] === this.#token;
    return isOurs ? this.#jobs.get(Number(message['id'])) : undefined;
  }

  /** What modules print goes to the log: it belongs to nobody's return. */
  #listen(stream: Readable | null): void {
    stream?.setEncoding('utf8').on('data', (text: string) => this.#settings.log.debug(`python: ${text.trimEnd()}`));
  }

  #fail(why: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle(this.#importing === '' ? why : new ImportFailed(this.#importing, 'ended'));
    for (const job of this.#jobs.values()) job.lost(why);
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
