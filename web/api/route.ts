import type { FastifyReply, FastifyRequest } from 'fastify';
import type { From } from '../../master/client/contract.ts';
import type { WebParts } from '../parts.ts';
import type { Session } from '../sessions.ts';
import { bodyOf, type Chunk, lowstateOf } from './body.ts';

/** One request to salt-api. */
export interface Call {
  readonly parts: WebParts;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Of a route with `auth: 'session'` always there. */
  readonly session: Session | undefined;
  /** The body by its content type, null when there is none. @throws HttpProblem 400, 406 */
  readonly body: () => unknown;
  /** The calls of the body. @throws HttpProblem 400, 406 */
  readonly lowstate: () => readonly Chunk[];
}

/** A route and what the documents say of it. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** As fastify writes it: `/jobs/:jid`. */
  readonly path: string;
  readonly auth: 'none' | 'session';
  readonly summary: string;
  /** What the body holds, for the OpenAPI document. */
  readonly takes?: 'lowstate' | 'login' | 'any';
  /** The media type of the answer, if not JSON or YAML. */
  readonly gives?: string;
  /** Answers the value to send; `SENT` when it has sent everything itself. */
  readonly handle: (call: Call) => unknown;
}

export const SENT = Symbol('the reply is sent already');

export function callOf(parts: WebParts, request: FastifyRequest, reply: FastifyReply): Call {
  const body = (): unknown => bodyOf(request.headers['content-type'], request.body as Buffer | undefined);
  return { parts, request, reply, session: sessionOf(parts, request), body, lowstate: () => lowstateOf(body()) };
}

/** The session id that a request shows: the header wins over the cookie. */
export function shownId(request: FastifyRequest): { readonly id: string | undefined; readonly by: 'header' | 'cookie' } {
  const header = request.headers['x-auth-token'];
  if (typeof header === 'string' && header !== '') return { id: header, by: 'header' };
  const cookie = /(?:^|;\s*)session_id=([0-9a-f]{40})(?:;|$)/.exec(request.headers.cookie ?? '');
  return { id: cookie?.[1], by: 'cookie' };
}

export const sessionOf = (parts: WebParts, request: FastifyRequest): Session | undefined => parts.sessions.find(shownId(request).id);

export const fromOf = (request: FastifyRequest): From => ({ door: 'api', address: request.ip });

/** One value of the path. */
export const parameter = (request: FastifyRequest, name: string): string =>
  String((request.params as Readonly<Record<string, unknown>>)[name] ?? '');
