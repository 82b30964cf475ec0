import type { Duplex } from 'node:stream';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import type { Run } from '../callable.ts';
import { ForeignException } from '../errors.ts';
import { toReturnable } from '../returnable.ts';
import type { Answer } from './answer.ts';
import { errorOf } from './errors.ts';
import { type Message, sendFrame } from './frames.ts';
import { watchMemory } from './memory.ts';

/** Milliseconds between SIGTERM and SIGKILL for a job that is aborted. */
const grace = 2000;
/** Milliseconds that a child which has ended may still have its connection waiting to be accepted. */
const late = 1000;

export interface JobTerms {
  readonly language: 'Python' | 'JavaScript';
  readonly answer: Answer;
  /** Bytes of memory its process may hold; 0: any number. */
  readonly memory: number;
}

/** One job in a process of its own: answers its calls into the minion until it brings its result. */
export class ForeignJob {
  readonly result: Promise<Returnable>;
  readonly #run: Run;
  readonly #terms: JobTerms;
  #resolve: (value: Returnable) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #pid: number | undefined;
  #connected = false;
  #closed = false;
  #exit: number | undefined;
  #unwatch: () => void = () => undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #abort = (): void => this.#stop();

  constructor(run: Run, terms: JobTerms) {
    this.#run = run;
    this.#terms = terms;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    run.job.signal.addEventListener('abort', this.#abort, { once: true });
    this.result.catch(() => undefined).finally(() => this.#release());
  }

  started(pid: number): void {
    this.#pid = pid;
    this.#unwatch = watchMemory(pid, this.#terms.memory, () => this.#tooLarge());
    if (this.#run.job.signal.aborted) this.#stop();
  }

  connect(stream: Duplex): void {
    this.#connected = true;
    stream.once('close', () => {
      this.#closed = true;
      this.#judge();
    });
  }

  /** The child has ended, with this status; negative if a signal ended it. */
  exited(status: number): void {
    this.#exit = status;
    if (!this.#connected) this.#timers.push(setTimeout(() => this.#reject(this.#loss()), late));
    this.#judge();
  }

  /** The same, when nothing more is to be heard of it. */
  gone(status: number): void {
    this.#exit = status;
    this.#reject(this.#loss());
  }

  /** The host itself is gone. */
  lost(why: Error): void {
    this.#reject(why);
  }

  /** A message of the child's: its result, or a question. */
  async receive(stream: Duplex, message: Message): Promise<void> {
    if (message['op'] === 'result') return this.#succeed(message);
    if (message['op'] === 'error') return this.#reject(errorOf(message));
    const reply = await this.#terms.answer(message, this.#run.others, this.#run);
    if (reply !== undefined) sendFrame(stream, message['ask'] === undefined ? reply : { ...reply, ask: message['ask'] });
  }

  #succeed(message: Message): void {
    if (typeof message['retcode'] === 'number') this.#run.status.retcode = message['retcode'];
    try {
      this.#resolve(toReturnable(message['value']));
    } catch (thrown) {
      this.#reject(thrown);
    }
  }

  #judge(): void {
    if (this.#closed && this.#exit !== undefined) this.#reject(this.#loss());
  }

  #loss(): Error {
    const how = (this.#exit ?? 0) < 0 ? `was ended by signal ${-(this.#exit ?? 0)}` : `ended itself with status ${this.#exit}`;
    const message = `the ${this.#terms.language} process of this job ${how} before it had a result`;
    return new ForeignException('ProcessLost', message, message);
  }

  #tooLarge(): void {
    const limit = `${Math.round(this.#terms.memory / 1024 ** 2)} MiB of memory`;
    this.#reject(new CommandFailed(`the job was ended: its ${this.#terms.language} process took more than ${limit} (modules_memory_max)`));
    this.#kill('SIGKILL');
  }

  #stop(): void {
    this.#kill('SIGTERM');
    this.#timers.push(setTimeout(() => this.#kill('SIGKILL'), grace));
    this.#timers.push(setTimeout(() => this.#reject(this.#run.job.signal.reason), 2 * grace));
  }

  /** The child leads a session of its own: what it started ends with it. */
  #kill(signal: NodeJS.Signals): void {
    if (this.#pid === undefined || this.#exit !== undefined) return;
    try {
      process.kill(-this.#pid, signal);
    } catch (thrown) {
      // It has just ended by itself.
      if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') this.#reject(thrown);
    }
  }

  #release(): void {
    this.#run.job.signal.removeEventListener('abort', this.#abort);
    this.#unwatch();
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
