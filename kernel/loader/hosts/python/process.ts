import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import type { Log, Returnable } from '../../../../modules/define.ts';
import { TsaltError } from '../../../../protocol/errors.ts';
import type { Given, Others, Run } from '../../callable.ts';
import { type Message, receiveFrames, sendFrame } from '../frames.ts';
import type { Kind } from '../host.ts';
import { ForeignJob } from '../job.ts';
import { watchMemory } from '../memory.ts';
import { answerPython } from './answer.ts';

export interface ProcessSettings {
  /** Absolute path of python3. */
  readonly python: string;
  /** Absolute path of worker/main.py. */
  readonly script: string;
  /** The folder that holds `modules/`, `utils/`, `grains/`, .... */
  readonly directory: string;
  /** Bytes that one return may take. */
  readonly limit: number;
  /** Bytes of memory that a job, or the loading of modules, may take; 0 for any number. */
  readonly memory: number;
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

/** A function to run: of a kind of synchronised files, of the real Salt's own, all grain functions, or an SLS. */
export interface Asked {
  readonly kind: Kind | 'salt' | 'grains' | 'render';
  readonly fun: string;
  readonly given: Given;
}

/** The process died, or hung, while it imported `place`; without it, loading may succeed. */
export class ImportFailed extends TsaltError {
  readonly place: string;
  constructor(place: string, how: string) {
    super('python-import-failed', `importing ${place} ${how} the Python process`);
    this.place = place;
  }
}

/** A running `worker/main.py`: one warm process, which forks a child for each job. */
export class PythonProcess {
  readonly #settings: ProcessSettings;
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #folder: string;
  readonly #server: Server;
  readonly #token = randomBytes(16).toString('hex');
  readonly #jobs = new Map<number, ForeignJob>();
  #next = 1;
  #sent: PythonContext | undefined;
  #importing = '';
  #builtins: Others | undefined;
  #loaded: ((outcome: Message | Error) => void) | undefined;
  readonly #searches = new Map<number, (outcome: Message | Error) => void>();
  #ended = false;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
    // A folder only this user may enter: whoever reaches the socket could answer for a job.
    this.#folder = mkdtempSync(join(tmpdir(), 'tsalt-python-'));
    this.#server = createServer((socket) => this.#accept(socket)).listen(this.#socketPath);
    this.#child = spawn(settings.python, ['-B', '-u', settings.script, this.#socketPath], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
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
    return this.#jobs.size > 0 || this.#searches.size > 0 || this.#loaded !== undefined;
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

  /** Looks for a function of the real Salt's. @throws ImportFailed */
  find(fun: string, context: PythonContext): Promise<{ readonly described: unknown; readonly reason: string }> {
    this.#tell(context);
    const id = this.#next++;
    const answer = new Promise<{ readonly described: unknown; readonly reason: string }>((resolve, reject) => {
      this.#searches.set(id, (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve({ described: outcome['function'] ?? undefined, reason: String(outcome['reason']) });
      });
    });
    sendFrame(this.#control, { op: 'find', id, fun });
    return answer.finally(() => this.#searches.delete(id));
  }

  /** Runs a function in a child of its own. */
  run({ kind, fun, given }: Asked, context: PythonContext, run: Run): Promise<Returnable> {
    this.#tell(context);
    const id = this.#next++;
    const { directory, limit, memory } = this.#settings;
    const job = new ForeignJob(run, { language: 'Python', answer: answerPython, memory });
    this.#jobs.set(id, job);
    sendFrame(this.#control, {
      op: 'run',
      id,
      token: this.#token,
      socket: this.#socketPath,
      kind,
      fun,
      args: given.positional,
      kwargs: given.keywords,
      testing: run.testing,
      directory,
      limit,
    });
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
    else if (message['op'] === 'found') this.#found(message);
    else void this.#answerLoading(message);
  }

  /** An import that does not end, or takes all memory, must not do so here for ever. */
  #watch(place: string): void {
    this.#relax();
    this.#importing = place;
    const { importTimeout, memory } = this.#settings;
    const timer = setTimeout(() => this.#giveUp(`took more than ${importTimeout / 1000} s and stopped`), importTimeout);
    const unwatch = watchMemory(this.#child.pid ?? 0, memory, () => this.#giveUp('took too much memory and stopped'));
    this.#relax = () => {
      clearTimeout(timer);
      unwatch();
      this.#importing = '';
    };
  }
  #relax: () => void = () => undefined;

  #giveUp(how: string): void {
    this.#fail(new ImportFailed(this.#importing, how));
    this.#child.kill('SIGKILL');
  }

  #settle(outcome: Message | Error): void {
    this.#relax();
    this.#loaded?.(outcome);
    this.#loaded = undefined;
  }

  #found(message: Message): void {
    this.#relax();
    this.#searches.get(Number(message['id']))?.(message);
  }

  /** A module calls the minion while it is imported, or from its `__virtual__`. */
  async #answerLoading(message: Message): Promise<void> {
    const others = this.#builtins;
    if (!others) return;
    const job = { fun: 'saltutil.sync_modules', signal: new AbortController().signal };
    const reply = await answerPython(message, others, { job, status: { retcode: 0 }, testing: false, others });
    if (reply !== undefined) sendFrame(this.#control, reply);
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    let job: ForeignJob | undefined;
    const receive = (message: Message): void => {
      if (job) return void job.receive(socket, message);
      job = this.#greeted(message);
      if (job) job.connect(socket);
      else socket.destroy();
    };
    receiveFrames(socket, receive, () => socket.destroy());
  }

  #greeted(message: Message): ForeignJob | undefined {
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
    const importing = this.#importing;
    const reason = importing === '' || why instanceof ImportFailed ? why : new ImportFailed(importing, 'ended');
    this.#settle(reason);
    for (const search of this.#searches.values()) search(reason);
    for (const job of this.#jobs.values()) job.lost(why);
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
