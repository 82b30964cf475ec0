import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type EventHub, MOST_WAITING } from '../hub.ts';
import type { WebParts } from '../parts.ts';
import { grantOf } from './events.ts';
import { FormattedEvents } from './formatted_events.ts';
import { jsonOf } from './json.ts';
import { parameter, shownId } from './route.ts';

/** What is used of a socket of `ws`. */
interface Socket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly CLOSED: number;
  send(text: string): void;
  close(): void;
  terminate(): void;
  on(event: 'error' | 'close' | 'message', heard: () => void): void;
}

/** ms within which a client says that it is ready. */
const READY_MS = 60_000;

/** `GET /ws[/TOKEN]`: events as text frames, from the client's first message on. */
export function socketRoutes(server: FastifyInstance, parts: WebParts, hub: EventHub): void {
  for (const url of ['/ws', '/ws/:token']) {
    server.get(
      url,
      { websocket: true, preValidation: async (request) => void (await grantOf(parts, shownBy(request))) },
      (socket: Socket, request) => void attend(socket, request, parts, hub),
    );
  }
}

const shownBy = (request: FastifyRequest): string | undefined => parameter(request, 'token') || shownId(request).id;

async function attend(socket: Socket, request: FastifyRequest, parts: WebParts, hub: EventHub): Promise<void> {
  socket.on('error', () => undefined); // followed by 'close'
  const ready = new Promise<boolean>((resolve) => {
    socket.on('message', () => resolve(true));
    socket.on('close', () => resolve(false));
    setTimeout(() => resolve(false), READY_MS).unref();
  });
  const grant = await grantOf(parts, shownBy(request)).catch(() => undefined);
  if (grant === undefined || !(await ready)) return socket.close();
  const send = (text: string): void => {
    if (socket.bufferedAmount > MOST_WAITING) socket.terminate();
    else socket.send(text);
  };
  const formatted = 'format_events' in (request.query as object) ? new FormattedEvents((value) => send(jsonOf(value))) : undefined;
  const stop = hub.listen(grant, {
    take: (events) => {
      for (const event of events) {
        if (formatted === undefined) send(`data: ${jsonOf({ data: event.data, tag: event.tag })}\n\n`);
        else formatted.take(event);
      }
    },
    end: () => socket.close(),
  });
  socket.on('close', stop);
  if (socket.readyState === socket.CLOSED) stop();
}
