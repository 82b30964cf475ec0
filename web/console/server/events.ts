import type { FastifyReply } from 'fastify';
import type { PersonClient } from '../../../master/client/contract.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { Log } from '../../parts.ts';
import { jsonOf } from './json.ts';

/** ms between comments that keep the connection alive through proxies, and let a dead one be noticed. */
const BEAT = 15_000;
/** Bytes that may wait for a browser that does not take them: it is cut off, and connects again. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Globs that one stream may listen to. */
const MOST_TAGS = 8;

/** Sends events whose tags match one of these globs (with commas between) to a browser until it goes, as server-sent events. */
export function streamEvents(reply: FastifyReply, person: PersonClient, tags: string, log: Pick<Log, 'debug'>): void {
  reply.hijack();
  const out = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) out.setHeader(name, value);
  out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  out.write('retry: 1000\n\n');
  const sources = tags
    .split(',')
    .slice(0, MOST_TAGS)
    .map((tag) => person.events(tag)[Symbol.asyncIterator]());
  const beat = setInterval(() => out.write(': still here\n\n'), BEAT);
  out.on('close', () => {
    clearInterval(beat);
    for (const source of sources)
      source.return?.().catch((error: unknown) => log.debug(`a stream of events did not end well: ${messageOf(error)}`));
  });
  for (const source of sources) void send(source);

  async function send(source: AsyncIterator<unknown>): Promise<void> {
    try {
      for (let step = await source.next(); step.done !== true; step = await source.next()) {
        out.write(`data: ${jsonOf(step.value)}\n\n`);
        if (out.writableLength > MOST_WAITING) break;
      }
    } catch (error) {
      log.debug(`a stream of events ended: ${messageOf(error)}`);
    }
    out.end();
  }
}
