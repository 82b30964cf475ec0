import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VERSION } from '../../../kernel/version.ts';
import { TsaltError } from '../../../protocol/errors.ts';

import type { WebParts } from '../../parts.ts';
import { callFor } from './call.ts';
import { failureOf } from './errors.ts';
import { streamEvents } from './events.ts';
import { type ConsoleFile, consoleFiles, PAGE } from './files.ts';
import { jsonOf } from './json.ts';
import { checkCsrf, checkOrigin, cookieOf, csrfOf, fromOf, needToken, tokenOf } from './session.ts';

/** Scripts and styles of our own alone, no frame around us; `data:` is for the empty icon. */
const POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Hangs the console's routes into the server. They answer `{value}` or `{error: {code, message}}`. */
export function consoleRoutes(server: FastifyInstance, parts: WebParts): void {
  const { client, secure, log } = parts;
  server.addHook('onRequest', async (request, reply) => {
    reply.header('content-security-policy', POLICY);
    checkOrigin(request);
  });
  server.setErrorHandler((error, _request, reply) => {
    const { status, code, message, retryAfter } = failureOf(error, log);
    if (retryAfter !== undefined) reply.header('retry-after', String(Math.ceil(retryAfter)));
    return sent(reply.code(status), { error: { code, message } });
  });

  server.post('/console/login', async (request, reply) => {
    const { username, password, eauth } = credentials(request.body);
    const grant = await client.login({ username, password, eauth }, fromOf(request));
    reply.header('set-cookie', cookieOf(grant.token, grant.expire - Date.now() / 1000, secure));
    return sent(reply, { value: { user: grant.user } });
  });

  server.post('/console/logout', async (request, reply) => {
    const token = needToken(request, secure);
    checkCsrf(request, token);
    await client.logout(token);
    reply.header('set-cookie', cookieOf('', 0, secure));
    return sent(reply, { value: true });
  });

  server.get('/console/me', async (request, reply) => {
    const token = tokenOf(request, secure);
    const grant = token === undefined ? undefined : await client.grant(token);
    if (token === undefined || grant === undefined) return sent(reply, { value: null });
    const { user, eauth, roles, groups, perms, expire } = grant;
    return sent(reply, {
      value: { user, eauth, roles, groups, perms, expire, csrf: csrfOf(token), master: request.hostname, version: VERSION },
    });
  });

  server.post('/console/call', async (request, reply) => {
    const token = needToken(request, secure);
    checkCsrf(request, token);
    const value = await callFor(client.as({ token }, fromOf(request)), request.body);
    return sent(reply, { value: value ?? null });
  });

  server.get('/console/events', async (request, reply) => {
    const token = needToken(request, secure);
    if ((await client.grant(token)) === undefined) throw new TsaltError('not-authenticated', 'Sign in first.');
    const { tag } = request.query as { tag?: unknown };
    streamEvents(reply, client.as({ token }, fromOf(request)), typeof tag === 'string' && tag !== '' ? tag : '*', log);
  });

  const files = consoleFiles();
  for (const path of ['/console', '/console/*']) server.get(path, async (request, reply) => serveFile(files, request, reply));
}

function serveFile(files: ReadonlyMap<string, ConsoleFile>, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const name = (request.params as { '*'?: string })['*'] ?? '';
  const file = files.get(name) ?? (name.startsWith('assets/') ? undefined : files.get(PAGE));
  if (file === undefined) {
    const message = files.size === 0 ? 'The console was not built: run npm run build.' : 'There is no such file.';
    return reply.code(404).type('text/plain; charset=utf-8').send(message);
  }
  reply.header('cache-control', file === files.get(PAGE) ? 'no-cache' : 'public, max-age=31536000, immutable');
  reply.header('vary', 'accept-encoding').type(file.type);
  const packed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) ? file.gzipped : undefined;
  if (packed === undefined) return reply.send(file.body);
  return reply.header('content-encoding', 'gzip').send(packed);
}

const sent = (reply: FastifyReply, answer: unknown): FastifyReply => reply.type('application/json; charset=utf-8').send(jsonOf(answer));

/** @throws TsaltError `bad-request` */
function credentials(body: unknown): { username: string; password: string; eauth: string } {
  const { username, password, eauth } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof username !== 'string' || typeof password !== 'string' || typeof eauth !== 'string')
    throw new TsaltError('bad-request', 'A user name, a password and the way of checking them are needed.');
  return { username, password, eauth };
}
