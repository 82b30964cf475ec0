import type { WebOptions } from '../options.ts';
import { HttpProblem } from './problem.ts';
import { type Call, parameter, type Route } from './route.ts';

/** Webhooks: what is posted becomes an event. */
export function hookRoutes({ webhook_url: url, webhook_disable_auth: open }: WebOptions): readonly Route[] {
  const route = (path: string): Route => ({
    method: 'POST',
    path,
    auth: open ? 'none' : 'session',
    takes: 'any',
    summary: 'Fire an event of what was posted',
    handle: (call) => hook(call, parameter(call.request, '*')),
  });
  return [route(url), route(`${url}/*`)];
}

async function hook(call: Call, path: string): Promise<unknown> {
  const { parts, request, session } = call;
  if (session !== undefined && (await parts.client.grant(session.token)) === undefined) throw new HttpProblem(401, 'The login has expired');
  const tag = ['salt/netapi/hook', ...path.split('/').filter((part) => part !== '')].join('/');
  const { cookie: _cookie, 'x-auth-token': _token, authorization: _authorization, ...headers } = request.headers;
  const data = { body: (request.body as Buffer | undefined)?.toString('utf8') ?? '', post: call.body() ?? {}, headers };
  for await (const _event of parts.client.runner({ fun: 'event.send', args: [tag, data], kwargs: {} }));
  return { success: true };
}
