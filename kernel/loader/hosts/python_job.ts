import type { Socket } from 'node:net';
import type { Returnable } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { entriesOf } from '../arguments.ts';
import type { Given, Others, Run } from '../callable.ts';
import { BadArguments, ForeignException, NotAvailable, NotReturnable, UnknownKeywords } from '../errors.ts';
import { toReturnable } from '../returnable.ts';
import { type Message, sendFrame } from './frames.ts';

/** Milliseconds between SIGTERM and SIGKILL for a job that is aborted. */
const grace = 2000;
/** Milliseconds that a child which has ended may still have its connection waiting to be accepted. */
const late = 1000;

/** One job in a child of the Python host: answers its calls into the minion until it brings its result. */
export class PythonJob {
  readonly result: Promise<Returnable>;
  readonly #run: Run;
  #resolve: (value: Returnable) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #pid: number | undefined;
  #connected = false;
  #closed = false;
  #exit: number | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #abort = (): void => this.#stop();

  constructor(run: Run) {
    this.#run = run;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    run.job.signal.addEventListener('abort', this.#abort, { once: true });
    this.result.catch(() => undefined).finally(() => this.#release());
  }

  started(pid: number): void {
    this.#pid = pid;
    if (this.#run.job.signal.aborted) this.#stop();
  }

  connect(socket: Socket): void {
    this.#connected = true;
    socket.once('close', () => {
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

  /** The host itself is gone. */
  lost(why: Error): void {
    this.#reject(why);
  }

  #judge(): void {
    if (this.#closed && this.#exit !== undefined) this.#reject(this.#loss());
  }

  #loss(): Error {
    const how = (this.#exit ?? 0) < 0 ? `was ended by signal ${-(this.#exit ?? 0)}` : `ended itself with status ${this.#exit}`;
    const message = `the Python process of this job ${how} before it had a result`;
    return new ForeignException('ProcessLost', message, message);
  }

  /** A message of the child's: its result, or a question. */
  async receive(socket: Socket, message: Message): Promise<void> {
    if (message['op'] === 'result') return this.#succeed(message);
    if (message['op'] === 'error') return this.#fail(message);
    sendFrame(socket, await answer(message, this.#run.others, this.#run));
  }

  #succeed(message: Message): void {
    if (typeof message['retcode'] === 'number') this.#run.status.retcode = message['retcode'];
    try {
      this.#resolve(toReturnable(message['value']));
    } catch (thrown) {
      this.#reject(thrown);
    }
  }

  #fail(message: Message): void {
    const [kind, text, traceback] = ['kind', 'message', 'traceback'].map((field) => String(message[field]));
    if (kind === 'NotReturnable') this.#reject(new NotReturnable(String(message['path']), text ?? ''));
    else this.#reject(new ForeignException(kind ?? '', text ?? '', traceback ?? ''));
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
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** The reply to what Python code asks of the minion: `has`, `names` or `call`. */
export const answer = async (message: Message, others: Others, run: Run): Promise<Message> => {
  const fun = String(message['fun']);
  switch (message['op']) {
    case 'has':
      return { value: await others.has(fun) };
    case 'names':
      return { value: await others.names() };
    case 'call':
      return others.call(fun, givenOf(message), run).then((value) => ({ ok: true, value }), refusal);
    default:
      return { ok: false, kind: 'MinionError', message: `the minion does not know the request ${String(message['op'])}` };
  }
};

const givenOf = (message: Message): Given => ({
  positional: Array.isArray(message['args']) ? message['args'] : [],
  keywords: new Map((entriesOf(message['kwargs']) ?? []).map(([name, value]) => [String(name), value])),
});

/** An error as the exception a Python caller of Salt's would see. */
const refusal = (thrown: unknown): Message => ({ ok: false, kind: kindOf(thrown), message: messageOf(thrown) });

const kindOf = (thrown: unknown): string => {
  if (thrown instanceof NotAvailable) return 'KeyError';
  if (thrown instanceof BadArguments) return 'TypeError';
  if (thrown instanceof UnknownKeywords) return 'SaltInvocationError';
  if (thrown instanceof ForeignException) return thrown.kind;
  return thrown instanceof Error && thrown.name === 'CommandExecutionError' ? thrown.name : 'MinionError';
};
