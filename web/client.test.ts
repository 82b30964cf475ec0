import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { type FakeClient, fakeClient } from './api/fake-client.ts';
import { ApiError, TsaltClient } from './client.ts';
import { webOptions } from './options.ts';
import { type RunningWeb, startWeb } from './server.ts';

let web: RunningWeb;
let master: FakeClient;
let api: TsaltClient;
const log = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

beforeEach(async () => {
  master = fakeClient();
  const options = webOptions(
    { host: '127.0.0.1', port: 0, disable_ssl: true, metrics_disable_auth: true },
    { clients: ['local', 'local_async', 'runner', 'wheel'], pkiDir: '/nonexistent' },
  );
  web = await startWeb({ client: master, options, log });
  api = new TsaltClient(`${web.address}/`);
});
afterEach(() => web.stop());

const ada = { username: 'ada', password: 'lovelace', eauth: 'file' };

it('logs in, calls minions, runners and wheels, and logs out', async () => {
  const { user, perms } = await api.login(ada);
  assert.equal(user, 'ada');
  assert.deepEqual(perms, ['.*']);
  assert.deepEqual(await api.local('*', 'test.arg', { arg: [1] }), { m1: [1] });
  assert.deepEqual(await api.start(['m1'], 'test.ping'), { jid: '20261124010203456789', minions: ['m1'] });
  assert.equal(master.asked.run[1]?.target.kind, 'list');
  assert.deepEqual(await api.runner('jobs.list_jobs', { a: 1 }), { fun: 'jobs.list_jobs' });
  assert.deepEqual({ ...master.asked.runner[0]?.kwargs }, { a: 1 });
  assert.deepEqual(await api.wheel('key.accept', { match: 'm1' }), { fun: 'key.accept' });
  assert.deepEqual({ ...master.asked.wheel[0]?.[1] }, { match: 'm1' });
  await api.logout();
  await assert.rejects(api.runner('x.y'), (error) => error instanceof ApiError && error.status === 401);
});

it('a wrong password is told', async () => {
  await assert.rejects(api.login({ ...ada, password: 'x' }), /Could not authenticate/);
});

it('hears events until it stops', async () => {
  await api.login(ada);
  const firing = setInterval(() => master.fire('salt/job/1/new', { jid: '1' }), 5);
  for await (const event of api.events()) {
    assert.deepEqual(event, { tag: 'salt/job/1/new', data: { jid: '1' } });
    break;
  }
  clearInterval(firing);
});

it('the OpenAPI document tells every route with what it takes', async () => {
  const document = (await (await fetch(`${web.address}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { summary: string; requestBody?: unknown; security?: unknown }>>;
  };
  assert.equal(document.openapi, '3.1.0');
  for (const path of [
    '/',
    '/run',
    '/login',
    '/logout',
    '/token',
    '/minions',
    '/minions/{mid}',
    '/jobs/{jid}',
    '/keys',
    '/events',
    '/hook/{rest}',
    '/stats',
    '/metrics',
  ])
    assert.ok(path in document.paths, path);
  assert.ok(document.paths['/']?.['post']?.security !== undefined);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((operation) => (operation as unknown as { operationId: string }).operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
});

it('metrics are in the text format of Prometheus', async () => {
  const answer = await fetch(`${web.address}/metrics`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  for (const line of text.trim().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.e+-]+)$/);
  assert.match(text, /^tsalt_api_sessions 0$/m);
});
