import type { FastifyInstance } from 'fastify';
import type { WebParts } from '../../parts.ts';

/** Hangs the console's routes into the server. */
export function consoleRoutes(_server: FastifyInstance, _parts: WebParts): void {
  // Nothing yet.
}
