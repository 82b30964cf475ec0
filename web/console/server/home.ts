import type { FastifyInstance } from 'fastify';
import { prefersHtml } from '../../api/accept.ts';

/** Shows the console to browsers that ask for `/`; programs get what salt-api says there. */
export function consoleAtHome(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url !== '/' || request.method !== 'GET' || !prefersHtml(request.headers.accept)) return undefined;
    return reply.redirect('/console/');
  });
}
