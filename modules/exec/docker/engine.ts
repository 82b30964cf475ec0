import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import type { Fields } from './values.ts';

const DEFAULT_URL = 'unix:///var/run/docker.sock';
/** Seconds that the engine may be silent, where a call says nothing else; that of Salt. */
const SILENCE = 60;

/** The engine answered with an error. */
export class EngineError extends CommandFailed {
  readonly status: number;
  readonly explanation: string;
  constructor(status: number, explanation: string) {
    super(`Error ${status}: ${explanation}`);
    this.status = status;
    this.explanation = explanation;
  }
}

export interface Ask {
  readonly query?: Readonly<Record<string, Returnable | undefined>>;
  /** Sent as JSON, or as it is where it is a stream. */
  readonly body?: Fields | Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds of silence until it is given up; 0 for ever. */
  readonly timeout?: number;
}

/** The HTTP interface of a Docker Engine, at `docker.url` of the configuration or `DOCKER_HOST`. */
export class Engine {
  readonly #url: URL;
  readonly #prefix: string;
  readonly #signal: AbortSignal;

  private constructor(url: string, version: string, signal: AbortSignal) {
    this.#url = engineUrl(url);
    this.#prefix = version === '' || version === 'auto' ? '' : `/v${version}`;
    this.#signal = signal;
  }

  static async of(ctx: Ctx): Promise<Engine> {
    const url = String((await ctx.call('config.option', ['docker.url', ''])) ?? '');
    const version = String((await ctx.call('config.option', ['docker.version', ''])) ?? '');
    return new Engine(url || process.env['DOCKER_HOST'] || DEFAULT_URL, version, ctx.signal);
  }

  /** What it answers, as JSON; null for an empty answer. */
  async json(method: string, path: string, ask: Ask = {}): Promise<Returnable> {
    const text = (await this.bytes(method, path, ask)).toString('utf8');
    if (text.trim() === '') return null;
    try {
      return JSON.parse(text) as Returnable;
    } catch {
      throw new CommandFailed(`Docker answered ${method} ${path} with what is no JSON: ${text.slice(0, 200)}`);
    }
  }

  async bytes(method: string, path: string, ask: Ask = {}): Promise<Buffer> {
    return await allOf(await this.stream(method, path, ask));
  }

  /** Messages of a work in progress, one JSON object a line. */
  async messages(method: string, path: string, ask: Ask = {}): Promise<Fields[]> {
    const text = (await this.bytes(method, path, ask)).toString('utf8');
    return text.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as Fields]));
  }

  /** The body of the answer while it comes. Throws EngineError unless the status is of success. */
  async stream(method: string, path: string, ask: Ask = {}): Promise<IncomingMessage> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      this.#send(method, path, ask, reject).on('response', resolve);
    });
    const status = answer.statusCode ?? 0;
    if (status < 200 || status >= 400) throw new EngineError(status, explanation(await allOf(answer), answer.statusMessage ?? ''));
    return answer;
  }

  /** A connection in both directions, for what a program in a container reads and writes. */
  async both(path: string, body: Fields): Promise<Socket> {
    const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
    return await new Promise((resolve, reject) => {
      const sent = this.#send('POST', path, { body, headers, timeout: 0 }, reject);
      sent.on('upgrade', (_answer, socket: Socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      sent.on('response', (answer) => {
        allOf(answer).then((bytes) => reject(new EngineError(answer.statusCode ?? 0, explanation(bytes, ''))), reject);
      });
    });
  }

  #send(method: string, path: string, ask: Ask, reject: (error: Error) => void): ClientRequest {
    const { body, timeout = SILENCE } = ask;
    const isStream = body !== undefined && 'pipe' in body;
    const options: RequestOptions = {
      ...target(this.#url),
      method,
      path: `${this.#prefix}${path}${queryText(ask.query ?? {})}`,
      signal: this.#signal,
      headers: { Host: 'docker', ...(body === undefined || isStream ? {} : { 'Content-Type': 'application/json' }), ...ask.headers },
      ...(timeout > 0 ? { timeout: timeout * 1000 } : {}),
    };
    const sent = (this.#url.protocol === 'https:' ? secureRequest : request)(options);
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout} s`)));
    sent.on('error', (error) =>
      reject(new CommandFailed(`Docker cannot be asked at ${this.#url.href} (${method} ${path}): ${error.message}`)),
    );
    if (!isStream) sent.end(body === undefined ? undefined : JSON.stringify(body));
    else (body as unknown as Readable).on('error', (error) => sent.destroy(error)).pipe(sent);
    return sent;
  }
}

function engineUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text.replace(/^http\+unix:/, 'unix:').replace(/^tcp:/, 'http:')) : undefined;
  if (url !== undefined && ['unix:', 'http:', 'https:'].includes(url.protocol)) return url;
  throw new CommandFailed(
    `'${text}' is no address of a Docker Engine: unix:///path, tcp://host:port and https://host:port are (docker.url, DOCKER_HOST)`,
  );
}

const target = (url: URL): RequestOptions =>
  url.protocol === 'unix:'
    ? { socketPath: `${url.host === '' ? '' : `/${url.host}`}${url.pathname}` }
    : { hostname: url.hostname, port: url.port || (url.protocol === 'https:' ? 2376 : 2375) };

/** Maps and lists travel as JSON, truth as 1 and 0, what is undefined not at all. */
function queryText(query: Readonly<Record<string, Returnable | undefined>>): string {
  const words = Object.entries(query).flatMap(([key, value]) => (value === undefined || value === null ? [] : [[key, queryValue(value)]]));
  return words.length === 0 ? '' : `?${new URLSearchParams(words as [string, string][]).toString()}`;
}

const queryValue = (value: Returnable): string =>
  typeof value === 'boolean' ? (value ? '1' : '0') : typeof value === 'object' ? JSON.stringify(value) : String(value);

async function allOf(answer: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function explanation(body: Buffer, fallback: string): string {
  const text = body.toString('utf8').trim();
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text || fallback;
  }
}

/** A name of the user's as part of a path. */
export const part = (name: string): string => encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':');
