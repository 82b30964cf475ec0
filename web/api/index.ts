import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { EventHub } from '../hub.ts';
import type { WebParts } from '../parts.ts';
import { prefersHtml } from './accept.ts';
import { addressList } from './addresses.ts';
import { callRoutes, sessionRoutes } from './calls.ts';
import { eventRoute } from './events.ts';
import { sendBelow, sendFile } from './files.ts';
import { hookRoutes } from './hook.ts';
import { keyRoutes } from './keys.ts';
import { loginRoutes, setCookie, tokenRoute } from './login.ts';
import { metricsRoute } from './metrics.ts';
import { openApiOf } from './openapi.ts';
import { checkOrigin, preflight } from './origin.ts';
import { HttpProblem, NO_PERMISSION, problemOf } from './problem.ts';
import { json, send, sendProblem } from './reply.ts';
import { callOf, parameter, type Route, SENT, sessionOf } from './route.ts';
import { socketRoutes } from './socket.ts';
import { Stats } from './stats.ts';

/** Hangs salt-api's routes into the server. */
export async function apiRoutes(server: FastifyInstance, parts: WebParts): Promise<void> {
  const { options } = parts;
  const hub = new EventHub(parts.client, parts.log);
  server.addHook('onClose', async () => hub[Symbol.dispose]());
  const stats = new Stats(server);
  const served = options.authorized_ips.length === 0 ? () => true : addressList(options.authorized_ips);

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error, request, reply) => answerError(error, request, reply, parts));
  server.addHook('onRequest', async (request, reply) => {
    if (!served(request.ip)) throw new HttpProblem(403, 'Bad IP');
    checkOrigin(request, reply, options);
    if (options.app === null && request.method === 'GET' && isRoot(request.url, options) && prefersHtml(request.headers.accept))
      return reply.redirect('/console/');
    if (options.app !== null && request.method === 'GET' && !isFile(request.url, parts) && prefersHtml(request.headers.accept)) {
      if (!(await sendFile(options.app, reply))) throw notFound(request);
      return reply;
    }
    return undefined;
  });

  const routes = routesOf(parts, hub, stats);
  for (const route of routes) addRoute(server, route, parts);
  addFiles(server, parts);
  socketRoutes(server, parts, hub);
  addRefusals(server, routes);
}

function routesOf({ options }: WebParts, hub: EventHub, stats: Stats): readonly Route[] {
  const statsRoute: Route = {
    method: 'GET',
    path: '/stats',
    auth: options.stats_disable_auth ? 'none' : 'session',
    summary: 'What this server did',
    handle: () => (options.collect_stats ? stats.show() : {}),
  };
  const routes: readonly Route[] = [
    ...callRoutes,
    ...(options.enable_sessions ? [...loginRoutes((token) => hub.drop(token)), ...sessionRoutes] : []),
    tokenRoute,
    ...keyRoutes,
    eventRoute(hub),
    ...hookRoutes(options),
    statsRoute,
    metricsRoute(hub),
  ];
  const document = openApiOf(routes);
  const openApi: Route = { method: 'GET', path: '/openapi.json', auth: 'none', summary: 'This document', handle: () => document };
  return [...routes, openApi];
}

function addRoute(server: FastifyInstance, route: Route, parts: WebParts): void {
  server.route({
    method: route.method,
    url: route.path,
    // Before the body is read: strangers send nothing that is parsed.
    onRequest: async (request, reply) => {
      const session = sessionOf(parts, request);
      reply.header('allow', 'GET, HEAD, POST');
      if (route.auth !== 'session') return;
      if (session === undefined) throw new HttpProblem(401, NO_PERMISSION);
      reply.header('cache-control', 'private');
      setCookie({ parts, reply }, session);
    },
    handler: async (request, reply) => {
      const value = await route.handle(callOf(parts, request, reply));
      return value === SENT ? reply : send(request, reply, value);
    },
  });
}

const isRoot = (url: string, { root_prefix }: WebParts['options']): boolean => url === '/' || url === root_prefix;

const isFile = (url: string, { options }: WebParts): boolean =>
  [options.app_path, options.static_path, '/favicon.ico', '/console', '/ws'].some(
    (path) => url === path || url.startsWith(`${path}/`) || url.startsWith(`${path}?`),
  );

function addFiles(server: FastifyInstance, { options }: WebParts): void {
  const { app, favicon, static: directory } = options;
  if (app !== null)
    for (const url of [options.app_path, `${options.app_path}/*`])
      server.get(url, async (request, reply) => {
        if (!(await sendFile(app, reply))) throw notFound(request);
        return reply;
      });
  if (directory !== null)
    server.get(`${options.static_path}/*`, async (request, reply) => {
      if (!(await sendBelow(directory, parameter(request, '*'), reply))) throw notFound(request);
      return reply;
    });
  if (favicon !== null)
    server.get('/favicon.ico', async (request, reply) => {
      if (!(await sendFile(favicon, reply))) throw notFound(request);
      return reply;
    });
}

/** Preflights, wrong methods, and paths that lead nowhere. */
function addRefusals(server: FastifyInstance, routes: readonly Route[]): void {
  server.options('/*', async (_request, reply) => preflight(reply));
  server.options('/', async (_request, reply) => preflight(reply));
  for (const path of new Set(routes.map((route) => route.path))) {
    const known = routes.filter((route) => route.path === path).map(({ method }) => method);
    const others = (['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const).filter((method) => !known.some((one) => one === method));
    server.route({
      method: others,
      url: path,
      onRequest: async () => {
        const allow = known.includes('GET') ? ['GET', 'HEAD', ...known.filter((method) => method !== 'GET')] : known;
        throw new HttpProblem(405, 'Specified method is invalid for this resource', { allow: allow.join(', ') });
      },
      handler: async () => undefined,
    });
  }
  server.setNotFoundHandler((request) => {
    throw notFound(request);
  });
}

const notFound = (request: FastifyRequest): HttpProblem =>
  new HttpProblem(404, `The path '${request.url.split('?', 1)[0]}' was not found.`);

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, { log, options }: WebParts): FastifyReply {
  const problem = problemOf(error);
  // Salt answers what went wrong inside in JSON, whatever was asked for.
  if (problem !== undefined && problem.status !== 500) return sendProblem(request, reply, problem);
  const told = error instanceof TsaltError;
  if (!told)
    log.error(`${request.method} ${request.routeOptions.url ?? ''} failed: ${error instanceof Error ? error.stack : String(error)}`);
  const text = told || problem !== undefined || options.debug ? messageOf(error) : 'An unexpected error occurred';
  return json(reply.code(500), { status: 500, return: text });
}
