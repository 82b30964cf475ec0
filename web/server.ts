import { readFileSync } from 'node:fs';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import { type FastifyInstance, fastify } from 'fastify';
import { messageOf, TsaltError } from '../protocol/errors.ts';
import { apiRoutes } from './api/index.ts';
import { consoleAtHome } from './console/server/home.ts';
import { consoleRoutes } from './console/server/index.ts';
import { securityHeaders } from './headers.ts';
import type { WebOptions } from './options.ts';
import type { Log, WebParts, WebStart } from './parts.ts';
import { Sessions } from './sessions.ts';
import { ownCertificate } from './tls/own.ts';

export interface RunningWeb {
  /** `https://host:port`, with the port it got. */
  readonly address: string;
  stop(): Promise<void>;
}

/** In ms: within what time a client must have sent the head of its request, and all of it, and how often that is looked at. */
export interface Patience {
  readonly head: number;
  readonly request: number;
  readonly check: number;
}
const PATIENCE: Patience = { head: 10_000, request: 60_000, check: 5000 };

/** Starts to serve, and resolves when requests are taken. @throws TsaltError `cannot-bind`, `bad-config` */
export async function startWeb(start: WebStart, patience: Patience = PATIENCE): Promise<RunningWeb> {
  const { options, log } = start;
  const secure = !options.disable_ssl;
  const server = fastify({
    bodyLimit: options.max_request_body_size,
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true, caseSensitive: true },
    forceCloseConnections: true,
    serverFactory: (handler) => bounded(listener(start, handler as RequestListener, patience), options.max_connections),
  });
  const parts: WebParts = { ...start, sessions: new Sessions(), secure };
  securityHeaders(server, parts);
  if (options.app === null) consoleAtHome(server);
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

function listener({ options, log }: WebStart, handler: RequestListener, { head, request, check }: Patience): Server {
  const times = { headersTimeout: head, requestTimeout: request, connectionsCheckingInterval: check };
  if (options.disable_ssl) return createPlain(times, handler);
  return createSecure({ ...times, ...certificate(options, log), minVersion: 'TLSv1.2' }, handler);
}

/** The one that was given, or one of our own. */
function certificate({ ssl_crt, ssl_key, ssl_chain, pkiDir }: WebOptions, log: Log): { readonly cert: string; readonly key: string } {
  if (ssl_crt !== null && ssl_key !== null) {
    const chain = ssl_chain === null ? '' : `\n${readFileSync(ssl_chain, 'utf8')}`;
    return { cert: readFileSync(ssl_crt, 'utf8') + chain, key: readFileSync(ssl_key, 'utf8') };
  }
  if (ssl_crt !== null || ssl_key !== null) throw new TsaltError('bad-config', 'rest_cherrypy: ssl_crt and ssl_key belong together');
  const { cert, key, authorityFile, fresh } = ownCertificate(pkiDir);
  if (fresh)
    log.warn(
      `the API made a certificate authority of its own: let browsers and programs trust ${authorityFile}, or set ssl_crt and ssl_key`,
    );
  return { cert, key };
}

/** Many clients may not use up the process. */
function bounded(server: Server, most: number): Server {
  server.keepAliveTimeout = 75_000;
  server.maxConnections = most;
  return server;
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
