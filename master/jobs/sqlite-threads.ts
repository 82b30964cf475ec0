import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { TsaltError } from '../../protocol/errors.ts';
import type { Failure, ReaderAnswer, ReaderRequest, Row, RowResult, WorkerOptions, WriterEvent, WriterRequest } from './sqlite-messages.ts';

/** Where the build may have put the thread's file, seen from the file this code ended up in. */
const PLACES = ['./sqlite-worker.ts', './sqlite-worker.js', '../sqlite-worker.js', './bin/sqlite-worker.js', '../jobs/sqlite-worker.js'];

/** The thread's file: TypeScript in the source tree, JavaScript in a build. @throws TsaltError `broken-install` */
export function workerFile(): URL {
  const found = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(fileURLToPath(url)));
  if (found === undefined)
    throw new TsaltError('broken-install', `no sqlite-worker.js near ${fileURLToPath(import.meta.url)}; install tsalt again`);
  return found;
}

/** The threads hand bytes on and keep little: a large young generation would only be memory. */
const YOUNG = { maxYoungGenerationSizeMb: 4 };

export function startWorker(file: URL, options: WorkerOptions): Worker {
  const started = file.pathname.endsWith('.ts') ? translated(file) : file;
  return new Worker(started, { workerData: options, execArgv: [], resourceLimits: YOUNG, name: `jobs-${options.role}` });
}

/** In the source tree: a thread that first learns to read TypeScript (Node 20 does not take `--import tsx` in a thread). */
function translated(file: URL): URL {
  const tsx = import.meta.resolve('tsx/esm/api');
  const code = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(file.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

export const errorOf = ({ code, message, retry }: Failure): TsaltError => new TsaltError(code, message, { retry });

const threadDied = (path: string, why: string): TsaltError =>
  new TsaltError('store-failed', `${path}: the database thread ended (${why}); it is started again at the next call`, { retry: true });

/** What a writer says unasked. */
export interface WriterEars {
  gone(jids: readonly string[]): void;
  warn(message: string): void;
  replaced(): void;
}

type Reply = Extract<WriterEvent, { kind: 'done' | 'pruned' | 'checked' | 'closed' | 'ready' }>;

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** The writer's thread: one request at a time, answered in order. Started again when it has died. */
export class WriterLink {
  readonly #file: URL;
  readonly #options: WorkerOptions;
  readonly #ears: WriterEars;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;

  constructor(file: URL, options: WorkerOptions, ears: WriterEars) {
    this.#file = file;
    this.#options = options;
    this.#ears = ears;
  }

  /** Resolves when the database is open. @throws TsaltError why it could not be opened. */
  async start(): Promise<void> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#listen(startWorker(this.#file, this.#options));
    });
    if (reply.kind !== 'ready' || reply.failure === undefined) return;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    throw errorOf(reply.failure);
  }

  async write(rows: readonly Row[], bytes: Uint8Array<ArrayBuffer>): Promise<readonly RowResult[]> {
    const reply = await this.#ask({ kind: 'batch', rows, bytes }, [bytes.buffer]);
    return reply.kind === 'done' ? reply.results : [];
  }

  async prune(before: number): Promise<number> {
    const reply = await this.#ask({ kind: 'prune', before });
    return reply.kind === 'pruned' ? reply.count : 0;
  }

  async check(): Promise<void> {
    await this.#ask({ kind: 'check' });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    await this.#ask({ kind: 'close' });
    this.#worker = undefined;
    await worker.terminate();
  }

  async #ask(request: WriterRequest, handedOver: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#worker === undefined) await this.start();
    return new Promise<Reply>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker?.postMessage(request, handedOver);
    });
  }

  #listen(worker: Worker): void {
    this.#worker = worker;
    worker.on('message', (event: WriterEvent) => this.#hear(event));
    worker.on('error', (error: Error) => this.#died(worker, error.message));
    worker.on('exit', (code) => this.#died(worker, `exit ${code}`));
  }

  #hear(event: WriterEvent): void {
    if (event.kind === 'gone') this.#ears.gone(event.jids);
    else if (event.kind === 'warn') this.#ears.warn(event.message);
    else if (event.kind === 'replaced') this.#ears.replaced();
    else if (event.kind === 'failed') this.#waiting.shift()?.reject(errorOf(event.failure));
    else this.#waiting.shift()?.resolve(event);
  }

  /** An error is followed by an exit: the second one must not hit what waits for the next thread. */
  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(threadDied(this.#options.path, why));
  }
}

type Question<K = ReaderRequest> = K extends ReaderRequest ? Omit<K, 'id'> : never;
type Value = Extract<ReaderAnswer, { kind: 'value' }>['value'];

/** The reader's thread, started at the first question: a master that is never asked does not pay for it. */
export class ReaderLink {
  readonly #file: URL;
  readonly #options: WorkerOptions;
  readonly #waiting = new Map<number, { resolve(value: Value): void; reject(error: Error): void }>();
  #worker: Worker | undefined;
  #next = 1;

  constructor(file: URL, options: WorkerOptions) {
    this.#file = file;
    this.#options = options;
  }

  get running(): boolean {
    return this.#worker !== undefined;
  }

  ask(question: Question): Promise<Value> {
    this.#worker ??= this.#begin();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker?.postMessage({ ...question, id });
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    await this.ask({ kind: 'close' });
    this.#worker = undefined;
    await worker.terminate();
  }

  #begin(): Worker {
    const worker = startWorker(this.#file, this.#options);
    worker.unref();
    worker.on('message', (answer: ReaderAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.kind === 'failed') waiting?.reject(errorOf(answer.failure));
      else waiting?.resolve(answer.value);
    });
    const died = (why: string): void => {
      if (this.#worker !== worker) return; // its error was told already
      this.#worker = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(threadDied(this.#options.path, why));
      this.#waiting.clear();
    };
    worker.on('error', (error: Error) => died(error.message));
    worker.on('exit', (code) => died(`exit ${code}`));
    return worker;
  }
}
