import { readFileSync } from 'node:fs';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import { type FastifyInstance, fastify } from 'fastify';
import { messageOf, TsaltError } from '../protocol/errors.ts';
import { apiRoutes } from './api/index.ts';
import { consoleRoutes } from './console/server/index.ts';
import { securityHeaders } from './headers.ts';
import type { WebOptions } from './options.ts';
import type { WebParts, WebStart } from './parts.ts';
import { Sessions } from './sessions.ts';

export interface RunningWeb {
  /** `https://host:port`, with the port it got. */
  readonly address: string;
  stop(): Promise<void>;
}

/** ms in which a client must have sent the head of its request, and all of it. */
const HEAD_MS = 10_000;
const REQUEST_MS = 60_000;

/** Starts to serve, and resolves when requests are taken. @throws TsaltError `cannot-bind`, `bad-config` */
export async function startWeb(start: WebStart): Promise<RunningWeb> {
  const { options, log } = start;
  const secure = !options.disable_ssl;
  const server = fastify({
    bodyLimit: options.max_request_body_size,
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true, caseSensitive: true },
    forceCloseConnections: true,
    serverFactory: (handler) => bounded(listener(options, handler as RequestListener), options.max_connections),
  });
  const parts: WebParts = { ...start, sessions: new Sessions(), secure };
  securityHeaders(server, parts);
  await server.register(websocket, { options: { maxPayload: 64 * 1024 } });
  await server.register(async (inner: FastifyInstance) => consoleRoutes(inner, parts));
  await server.register(async (inner: FastifyInstance) => apiRoutes(inner, parts), { prefix: options.root_prefix.replace(/\/+$/, '') });
  try {
    await server.listen({ host: options.host, port: options.port });
  } catch (cause) {
    throw new TsaltError('cannot-bind', `the API cannot listen on ${options.host}:${options.port}: ${messageOf(cause)}`, { cause });
  }
  const { address, port, family } = server.server.address() as AddressInfo;
  const shown = family === 'IPv6' ? `[${address}]` : address;
  if (!secure && !isLoopback(address))
    log.warn(`the API speaks plain HTTP on ${shown}:${port} (disable_ssl): passwords and results can be read on the way`);
  return { address: `${secure ? 'https' : 'http'}://${shown}:${port}`, stop: () => server.close() };
}

function listener(options: WebOptions, handler: RequestListener): Server {
  if (options.disable_ssl) return createPlain(handler);
  if (options.ssl_crt === null || options.ssl_key === null)
    throw new TsaltError('bad-config', 'rest_cherrypy: set ssl_crt and ssl_key, or disable_ssl: True');
  const chain = options.ssl_chain === null ? '' : `\n${readFileSync(options.ssl_chain, 'utf8')}`;
  const cert = readFileSync(options.ssl_crt, 'utf8') + chain;
  return createSecure({ cert, key: readFileSync(options.ssl_key, 'utf8'), minVersion: 'TLSv1.2' }, handler);
}

/** Neither slow nor many clients may keep others out. */
function bounded(server: Server, most: number): Server {
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = 75_000;
  server.maxConnections = most;
  return server;
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
