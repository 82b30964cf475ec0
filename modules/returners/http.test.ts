import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { describe, it } from 'node:test';
import { aResult, returnerContract, returnersOf } from '../../test/contracts/returner.ts';
import { freePorts } from '../../test/support/ports.ts';
import { until } from '../../test/support/process.ts';
import http from './http.ts';

interface Request {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A web server that keeps what it gets and answers as it is told. */
class Web implements AsyncDisposable {
  readonly requests: Request[] = [];
  readonly url: string;
  readonly #port: number;
  status = 200;
  silent = false;
  #server: Server | undefined;

  constructor(port: number) {
    this.#port = port;
    this.url = `http://127.0.0.1:${port}/hook?key=hidden`;
  }

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      this.requests.push({ method: request.method, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      if (!this.silent) response.writeHead(this.status).end('answer');
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function web(): Promise<Web> {
  const [port = 0] = await freePorts(1);
  const server = new Web(port);
  await server.start();
  return server;
}

returnerContract('http', async () => {
  const server = await web();
  return {
    returner: http,
    config: { http: server.url },
    received: async () => new Map(server.requests.map(({ body }) => [(body as { id: string }).id, (body as { return: unknown }).return])),
    away: () => server.stop(),
    back: () => server.start(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

describe('http', () => {
  it('sends headers, basic authentication and, if asked, lists', async () => {
    await using server = await web();
    const config = { http: { url: server.url, method: 'PUT', headers: { 'x-a': 1 }, username: 'ada', password: 'pw', batch: true } };
    const { returners } = returnersOf({ returner: http, config });
    returners.hand(['http'], aResult('a', 1));
    returners.events(['http'], [{ at: new Date(), what: { tag: 't', data: {} } }]);
    await returners.settle(10_000);
    await returners.close();
    const { method, headers } = server.requests[0] ?? {};
    assert.deepEqual(
      [method, headers?.['x-a'], headers?.authorization, headers?.['content-type']],
      ['PUT', '1', `Basic ${Buffer.from('ada:pw').toString('base64')}`, 'application/json'],
    );
    const bodies = server.requests.map(({ body }) => JSON.stringify(body)).sort();
    assert.match(String(bodies[0]), /^\[\{"id":"a"/);
    assert.equal(bodies[1], '[{"tag":"t","data":{}}]');
  });

  it('tries again when the server is overloaded, and gives up what it refuses', async () => {
    await using server = await web();
    server.status = 503;
    const { returners, logged } = returnersOf({ returner: http, config: { http: server.url } });
    returners.hand(['http'], aResult('a', 1));
    await until('it was tried', async () => server.requests.length > 0);
    server.status = 404;
    await until('it was given up', async () => logged.length > 1);
    server.status = 200;
    returners.hand(['http'], aResult('b', 1));
    await returners.settle(10_000);
    await returners.close();
    assert.equal(server.requests.map(({ body }) => (body as { id: string }).id).at(-1), 'b');
    assert.match(String(logged[0]), /the returner http is away, 1 result waits: .*\/hook answered 503/);
    assert.match(String(logged[1]), /the returner http failed, 1 result did not get there: .*\/hook answered 404/);
    assert.doesNotMatch(logged.join(), /hidden/);
  });

  it('does not wait for a server that says nothing', async () => {
    await using server = await web();
    server.silent = true;
    const { returners, logged } = returnersOf({ returner: http, config: { http: { url: server.url, timeout: 0.2 } } });
    returners.hand(['http'], aResult('a', 1));
    await until('it is told', async () => logged.length > 0);
    await returners.close();
    assert.match(String(logged[0]), /did not answer within 0\.2 s/);
  });
});
