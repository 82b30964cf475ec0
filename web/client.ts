/**
 * A client of the REST interface, for programs in JavaScript and TypeScript: `import { TsaltClient } from 'tsalt/client'`.
 * It speaks to the real salt-api as well.
 */

/** One call: `client`, `fun`, whom, and with what. Keys beside these are arguments of a runner or wheel function. */
export interface Lowstate {
  readonly client: 'local' | 'local_async' | 'local_batch' | 'local_subset' | 'runner' | 'runner_async' | 'wheel' | 'wheel_async';
  readonly fun: string | readonly string[];
  readonly tgt?: string | readonly string[];
  readonly tgt_type?: string;
  readonly arg?: readonly unknown[];
  readonly kwarg?: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly timeout?: number;
  readonly full_return?: boolean;
  readonly [argument: string]: unknown;
}

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly eauth: string;
}

/** What a login gives. Times are seconds since 1970. */
export interface LoggedIn {
  readonly token: string;
  readonly expire: number;
  readonly start: number;
  readonly user: string;
  readonly eauth: string;
  readonly perms: unknown;
}

export interface Started {
  readonly jid: string;
  readonly minions: readonly string[];
}

export interface SaltEvent {
  readonly tag: string;
  readonly data: unknown;
}

/** The server refused; `status` is that of HTTP. */
export class ApiError extends Error {
  readonly status: number;
  /** Seconds after which to try again, if the server says so. */
  readonly retryAfter: number | undefined;
  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** One login at one server. All methods throw ApiError when the server refuses. */
export class TsaltClient {
  readonly #url: string;
  #token = '';

  /** `https://master:8000` */
  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  async login(login: Login): Promise<LoggedIn> {
    const { return: given } = await this.#ask<{ return: [LoggedIn] }>('POST', '/login', login);
    this.#token = given[0].token;
    return given[0];
  }

  async logout(): Promise<void> {
    await this.#ask('POST', '/logout', {});
    this.#token = '';
  }

  /** Runs calls, one after another; an element of the answer for each (of `local_batch`, for each minion). */
  async run(calls: readonly Lowstate[]): Promise<readonly unknown[]> {
    return (await this.#ask<{ return: unknown[] }>('POST', '/', calls)).return;
  }

  /** Runs a function on minions and waits for them: returns by minion. */
  async local(tgt: string | readonly string[], fun: string, more: Partial<Lowstate> = {}): Promise<Readonly<Record<string, unknown>>> {
    const [returns] = await this.run([{ tgt_type: typeof tgt === 'string' ? 'glob' : 'list', ...more, client: 'local', tgt, fun }]);
    return returns as Record<string, unknown>;
  }

  /** Starts a job; undefined when no minion matches. */
  async start(tgt: string | readonly string[], fun: string, more: Partial<Lowstate> = {}): Promise<Started | undefined> {
    const [started] = await this.run([{ tgt_type: typeof tgt === 'string' ? 'glob' : 'list', ...more, client: 'local_async', tgt, fun }]);
    return typeof started === 'object' && started !== null && 'jid' in started ? (started as Started) : undefined;
  }

  async runner(fun: string, kwarg: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return (await this.run([{ client: 'runner', fun, kwarg }]))[0];
  }

  /** @throws ApiError with status 500 when the function failed */
  async wheel(fun: string, kwarg: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const [told] = (await this.run([{ client: 'wheel', fun, kwarg }])) as [{ data: { return: unknown; success: boolean } }];
    if (!told.data.success) throw new ApiError(500, String(told.data.return));
    return told.data.return;
  }

  async job(jid: string): Promise<unknown> {
    return (await this.#ask<{ info: [unknown] }>('GET', `/jobs/${encodeURIComponent(jid)}`)).info[0];
  }

  /** Events from now on, until the loop is left or `signal` is aborted. */
  async *events(signal?: AbortSignal): AsyncGenerator<SaltEvent> {
    const abort = new AbortController();
    signal?.addEventListener('abort', () => abort.abort(), { once: true });
    const answer = await this.#fetch('GET', '/events', undefined, { accept: 'text/event-stream' }, abort.signal);
    try {
      let text = '';
      for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const whole = text.split('\n\n');
        text = whole.pop() ?? '';
        for (const frame of whole) {
          const data = frame.split('\n').find((line) => line.startsWith('data: '));
          if (data !== undefined) yield JSON.parse(data.slice(6)) as SaltEvent;
        }
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    } finally {
      abort.abort();
    }
  }

  async #ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.#fetch(method, path, body, { accept: 'application/json' })).json()) as T;
  }

  async #fetch(method: string, path: string, body: unknown, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...headers,
        ...(this.#token === '' ? {} : { 'x-auth-token': this.#token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.ok) return answer;
    const wait = Number(answer.headers.get('retry-after') ?? Number.NaN);
    throw new ApiError(answer.status, problemIn(await answer.text()), Number.isFinite(wait) ? wait : undefined);
  }
}

/** The sentence of an error: of our JSON, or of a page of salt-api. */
function problemIn(text: string): string {
  try {
    return String((JSON.parse(text) as { return?: unknown }).return ?? text);
  } catch {
    return /<p>([\s\S]*?)<\/p>/.exec(text)?.[1] ?? text;
  }
}
