import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WebOptions } from '../options.ts';
import { HttpProblem } from './problem.ts';
import { shownId } from './route.ts';

/**
 * What pages of other origins may do. A cookie is sent by the browser without the page's doing, so only this server's own
 * pages, and those of `cors_origin`, may change something by it; who shows the token in a header knows it already.
 */
export function checkOrigin(request: FastifyRequest, reply: FastifyReply, options: WebOptions): void {
  const { origin } = request.headers;
  const trusted = origin === undefined || isOwn(request, origin) || options.cors_origin.includes(origin);
  reply.header('access-control-allow-origin', origin !== undefined && trusted ? origin : '*');
  reply.header('access-control-expose-headers', 'GET, POST');
  if (origin !== undefined && trusted) reply.header('access-control-allow-credentials', 'true');
  reply.header('vary', 'Origin');
  // Browsers let any page open a websocket, and read what comes.
  const opens = request.headers.upgrade !== undefined;
  const changes = opens || (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS');
  const byCookie = shownId(request).by === 'cookie';
  if (changes && byCookie && (!trusted || isCrossSite(request, options)))
    throw new HttpProblem(403, 'Pages of other origins may not do this: send X-Auth-Token, or list the origin in cors_origin');
}

/** Browsers say where a request comes from, also when they leave `Origin` out. */
const isCrossSite = (request: FastifyRequest, options: WebOptions): boolean =>
  request.headers['sec-fetch-site'] === 'cross-site' && !options.cors_origin.includes(request.headers.origin ?? '');

function isOwn(request: FastifyRequest, origin: string): boolean {
  try {
    return new URL(origin).host === request.headers.host;
  } catch {
    return false; // `null`, of pages without an origin
  }
}

/** The answer to a browser that asks before it sends. */
export const preflight = (reply: FastifyReply): FastifyReply =>
  reply
    .headers({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Content-Type, X-Auth-Token, X-Requested-With',
      'access-control-max-age': '1400',
    })
    .code(200)
    .send('');
