import { DeliveryFailed, type Returnable, ReturnerAway, returner } from '../define.ts';
import { messageOf, orAway } from './failure.ts';
import { strictJson } from './json.ts';

/** Answers that may be others a little later: the batch is sent again. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

export default returner({
  name: 'http',
  doc: 'Posts each result as JSON to a web server.',
  example: `http.url: https://hooks.example.com/salt
http.headers:
  Authorization: Bearer 0123456789`,
  prefixes: ['http', 'http_return'],
  options: {
    url: { type: 'string', required: true, doc: 'where to' },
    method: { type: 'string', default: 'POST', choices: ['POST', 'PUT', 'PATCH'], doc: 'the method' },
    headers: { type: 'map', default: {}, doc: 'further headers' },
    username: { type: 'string', doc: 'for basic authentication' },
    password: { type: 'string', doc: 'for basic authentication' },
    batch: { type: 'boolean', default: false, doc: 'one request with a list for all that is due, instead of one for each' },
    timeout: { type: 'number', default: 10, doc: 'seconds that a request may take' },
  },
  open({ url, method, headers, username, password, batch, timeout }, ctx) {
    const target = new URL(url);
    const login =
      username === undefined ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
    const extra = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const sent = { 'content-type': 'application/json', 'user-agent': 'tsalt', ...login, ...extra };
    const shown = `${target.origin}${target.pathname}`;
    const request = async (body: Returnable): Promise<void> => {
      const late = AbortSignal.timeout(timeout * 1000);
      const signal = AbortSignal.any([ctx.signal, late]);
      const answer = await fetch(target, { method, headers: sent, body: strictJson(body), signal, redirect: 'error' }).catch(
        (error: unknown) => {
          throw late.aborted ? new ReturnerAway(`${shown} did not answer within ${timeout} s`) : orAway(error, shown);
        },
      );
      await answer.body?.cancel();
      if (answer.ok) return;
      const text = `${shown} answered ${answer.status} ${answer.statusText}`.trim();
      throw PASSING.has(answer.status) ? new ReturnerAway(text) : new Error(text);
    };
    const requests = async (items: readonly Returnable[]): Promise<void> => {
      if (batch) return await request(items);
      for (const [index, item] of items.entries()) {
        await request(item).catch((error: unknown) => {
          throw new (error instanceof ReturnerAway ? ReturnerAway : DeliveryFailed)(messageOf(error), index);
        });
      }
    };
    return {
      send: (results) => requests(results.map(({ what }) => what)),
      events: (events) => requests(events.map(({ what: { tag, data } }) => ({ tag, data }))),
    };
  },
});
