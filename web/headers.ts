import type { FastifyInstance } from 'fastify';
import type { WebParts } from './parts.ts';

/** What every answer says to browsers. A room that serves pages sets its own `content-security-policy` before. */
export function securityHeaders(server: FastifyInstance, { secure }: Pick<WebParts, 'secure'>): void {
  server.addHook('onRequest', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('x-frame-options', 'DENY');
    reply.header('referrer-policy', 'no-referrer');
    if (secure) reply.header('strict-transport-security', 'max-age=31536000');
  });
  server.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', STRICT);
  });
}

/** Nothing is loaded, nothing runs, nobody frames it. */
const STRICT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
