import { request as plain } from 'node:http';
import { type RequestOptions, request as secure } from 'node:https';
import type { Socket } from 'node:net';
import { connect as overTls } from 'node:tls';

/** A request as it goes out. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly login: { readonly user: string; readonly password: string } | undefined;
  readonly trust: Trust;
  readonly limits: Limits;
  readonly proxy: Relay | undefined;
}
/** What TLS goes by: PEM texts; `verify` false takes any certificate. */
export interface Trust {
  readonly verify: boolean;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}
export interface Limits {
  /** Milliseconds. */
  readonly connect: number;
  readonly whole: number;
  /** Bytes of a body. */
  readonly size: number;
  readonly redirects: number;
}
/** A proxy that is spoken to in plain HTTP. */
export interface Relay {
  readonly host: string;
  readonly port: number;
  readonly login: string | undefined;
}
export interface Reply {
  readonly url: string;
  readonly status: number;
  readonly reason: string;
  /** Names with capitals, several of one name joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Each `Set-Cookie`. */
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** No answer came because of time, or because the other side hung up: Salt's status for it is 599. */
export class NoAnswer extends Error {}

const MOVED = new Set([301, 302, 303, 307, 308]);

/** `content-type` as `Content-Type`. */
export const capitalised = (name: string): string =>
  name
    .split('-')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join('-');
export const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Sends a request and follows where it is sent on to. Rejects with NoAnswer, or the error of the system. */
export const exchange = async (first: Request, signal: AbortSignal): Promise<Reply> => {
  let [request, left] = [first, first.limits.redirects];
  for (;;) {
    const reply = await once(request, signal);
    const to = reply.headers['Location'];
    if (!MOVED.has(reply.status) || to === undefined || left === 0) return reply;
    left -= 1;
    request = redirected(request, reply.status, new URL(to, request.url));
  }
};

/** A login goes to nobody but the server that it is for; a form that was taken is not sent again. */
const redirected = (request: Request, status: number, to: URL): Request => {
  const elsewhere = to.origin !== new URL(request.url).origin;
  const fetched = (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  const dropped = [
    ...(elsewhere ? ['Authorization', 'Cookie'] : []),
    ...(fetched ? ['Content-Length', 'Content-Type', 'Content-Encoding', 'Transfer-Encoding'] : []),
  ];
  return {
    ...request,
    url: to.href,
    login: elsewhere ? undefined : request.login,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped.includes(name))),
    ...(fetched ? { method: 'GET', body: undefined } : {}),
  };
};

const once = async (request: Request, signal: AbortSignal): Promise<Reply> => {
  const url = new URL(request.url);
  const tunnel = request.proxy !== undefined && url.protocol === 'https:' ? await tunnelTo(url, request.proxy, request.limits) : undefined;
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? secure : plain)({
      ...wayTo(url, request),
      ...(tunnel === undefined
        ? {}
        : { createConnection: () => overTls({ ...tlsOf(request.trust), socket: tunnel, servername: url.hostname }) }),
      method: request.method,
      headers: headersOf(url, request),
      agent: false,
      signal,
    });
    const fail = (error: Error): void => {
      outgoing.destroy();
      reject(error);
    };
    const whole = setTimeout(() => fail(new NoAnswer('Timeout during request')), request.limits.whole);
    const connect = setTimeout(() => fail(new NoAnswer('Timeout while connecting')), request.limits.connect);
    outgoing.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => clearTimeout(connect));
      else clearTimeout(connect);
    });
    outgoing.once('close', () => [whole, connect].forEach(clearTimeout));
    outgoing.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ECONNRESET' ? new NoAnswer('Stream closed') : error));
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > request.limits.size) return fail(new NoAnswer(`the answer of ${url.origin} is longer than http_max_body allows`));
        chunks.push(chunk);
      });
      incoming.once('error', () => reject(new NoAnswer('Connection closed')));
      incoming.once('end', () =>
        resolve({
          url: request.url,
          status: incoming.statusCode ?? 0,
          reason: incoming.statusMessage ?? '',
          headers: joined(incoming.rawHeaders),
          cookies: incoming.headers['set-cookie'] ?? [],
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.end(request.body);
  });
};

const tlsOf = ({ verify, ca, cert, key }: Trust) => ({
  rejectUnauthorized: verify,
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert, key: key ?? cert }),
});

/** Where the connection goes, and what is asked for there: a proxy is asked for the whole URL. */
const wayTo = (url: URL, { proxy, trust }: Request): RequestOptions => {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const path = `${url.pathname}${url.search}`;
  if (proxy !== undefined && url.protocol === 'http:') return { host: proxy.host, port: proxy.port, path: `${url.origin}${path}` };
  return { ...(url.protocol === 'https:' ? tlsOf(trust) : {}), host, port, path };
};

const headersOf = (url: URL, { headers, login, body, method, proxy }: Request): Record<string, string> => {
  const known = url.username === '' ? login : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return {
    Connection: 'close',
    Host: url.host,
    ...(method === 'POST' ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
    ...headers,
    ...(known === undefined ? {} : { Authorization: basic(known.user, known.password) }),
    ...(body === undefined ? {} : { 'Content-Length': String(body.length) }),
    ...(proxy?.login === undefined || url.protocol === 'https:' ? {} : { 'Proxy-Authorization': proxy.login }),
  };
};

const joined = (raw: readonly string[]): Record<string, string> => {
  const found: Record<string, string> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [capitalised(raw[at] ?? ''), raw[at + 1] ?? ''];
    found[name] = found[name] === undefined ? value : `${found[name]},${value}`;
  }
  return found;
};

/** A connection through a proxy, for what the proxy may not read. */
const tunnelTo = (url: URL, proxy: Relay, limits: Limits): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const outgoing = plain({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: `${url.hostname}:${url.port || '443'}`,
      agent: false,
      timeout: limits.connect,
      ...(proxy.login === undefined ? {} : { headers: { 'Proxy-Authorization': proxy.login } }),
    });
    outgoing.once('timeout', () => outgoing.destroy(new NoAnswer('Timeout while connecting')));
    outgoing.once('error', reject);
    outgoing.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      reject(new NoAnswer(`the proxy ${proxy.host}:${proxy.port} answered ${response.statusCode} ${response.statusMessage}`));
    });
    outgoing.end();
  });
