import type { Grant } from '../../master/client/contract.ts';
import { type EventHub, type HubEvent, MOST_WAITING } from '../hub.ts';
import type { WebParts } from '../parts.ts';
import { jsonOf } from './json.ts';
import { HttpProblem } from './problem.ts';
import { type Call, type Route, SENT, shownId } from './route.ts';

export const eventRoute = (hub: EventHub): Route => ({
  method: 'GET',
  path: '/events',
  auth: 'none',
  gives: 'text/event-stream',
  summary: 'The events of the master, as they come (server-sent events)',
  handle: (call) => stream(call, hub),
});

/** Who shows a session, or a token of the master's own. @throws HttpProblem 401 */
export async function grantOf(parts: WebParts, shown: string | undefined): Promise<Grant> {
  const token = parts.sessions.find(shown)?.token ?? shown;
  const grant = token !== undefined && /^[0-9a-f]+$/i.test(token) ? await parts.client.grant(token) : undefined;
  if (grant === undefined) throw new HttpProblem(401, 'No permission -- see authorization schemes');
  return grant;
}

/** Events as SSE clients read them; the bytes are made once for all listeners. */
function framesOf(events: readonly HubEvent[]): Buffer {
  if (last?.events !== events) last = { events, bytes: Buffer.from(events.map(frameOf).join('')) };
  return last.bytes;
}
let last: { readonly events: readonly HubEvent[]; readonly bytes: Buffer } | undefined;

const frameOf = ({ tag, data }: HubEvent): string => `tag: ${tag.replace(/[\r\n]/g, ' ')}\ndata: ${jsonOf({ data, tag })}\n\n`;

async function stream({ parts, request, reply }: Call, hub: EventHub): Promise<typeof SENT> {
  if (request.url.includes('?'))
    throw new HttpProblem(
      400,
      'The /events endpoint takes no query parameters: an address with a token ends up in logs. Send X-Auth-Token, or the cookie of /login',
    );
  const grant = await grantOf(parts, shownId(request).id);
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream;charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  } as Record<string, string>);
  raw.write('retry: 400\n');
  const stop = hub.listen(grant, {
    take: (events) => {
      if (raw.writableLength > MOST_WAITING) {
        parts.log.info(`a reader of events of ${grant.user} was too slow, and was cut off`);
        raw.destroy();
      } else raw.write(framesOf(events));
    },
    end: () => raw.end(),
  });
  raw.on('error', () => undefined); // followed by 'close'
  raw.on('close', stop);
  if (raw.destroyed) stop();
  return SENT;
}
