import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { TooManyLogins } from '../../master/client/errors.ts';
import { webOptions } from '../options.ts';
import { type RunningWeb, startWeb } from '../server.ts';
import { type FakeClient, fakeClient } from './fake-client.ts';

let home: string;
let web: RunningWeb;
let client: FakeClient;
const log = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
const CLIENTS = ['local', 'local_async', 'runner', 'wheel'];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'tsalt-web-'));
  mkdirSync(join(home, 'static/sub'), { recursive: true });
  writeFileSync(join(home, 'static/a.txt'), 'served');
  writeFileSync(join(home, 'secret.txt'), 'not served');
  symlinkSync(join(home, 'secret.txt'), join(home, 'static/link.txt'));
  client = fakeClient();
  const options = webOptions(
    { host: '127.0.0.1', port: 0, disable_ssl: true, static: join(home, 'static'), metrics_disable_auth: true },
    { clients: CLIENTS, pkiDir: home },
  );
  web = await startWeb({ client, options, log }, { head: 200, request: 1000, check: 50 });
});
afterEach(async () => {
  await web.stop();
  rmSync(home, { recursive: true });
});

type Sent = Readonly<Record<string, string>>;
const post = async (path: string, body: string, headers: Sent = {}): Promise<Response> =>
  await fetch(`${web.address}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
  });
const login = async (): Promise<string> =>
  (await post('/login', '{"username":"ada","password":"lovelace","eauth":"file"}')).headers.get('x-auth-token') ?? '';
const PING = '{"client":"local","tgt":"*","fun":"test.ping"}';

/** As it is written: `fetch` would tidy the path up. */
const raw = (path: string, headers: Sent = {}): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(web.address);
    const asked = httpRequest({ host: hostname, port, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end();
  });

it('a form of a foreign page changes nothing, though the browser sends the cookie', async () => {
  const cookie = `session_id=${await login()}`;
  const form = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
  for (const headers of [
    { ...form, origin: 'https://evil.example' },
    { ...form, origin: 'null' },
    { ...form, 'sec-fetch-site': 'cross-site' },
  ])
    assert.equal((await post('/', 'client=local&tgt=*&fun=test.ping', headers)).status, 403);
  assert.equal(client.asked.run.length, 0);
  assert.equal((await post('/', 'client=local&tgt=*&fun=test.ping', { ...form, origin: web.address })).status, 200);
  assert.equal(client.asked.run.length, 1);
});

/** The status of a request for a websocket. */
const upgrade = (headers: Sent): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(web.address);
    const socket = createConnection(Number(port), hostname);
    const all = {
      host,
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    };
    socket.write(
      `GET /ws HTTP/1.1\r\n${Object.entries(all)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    );
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(Number(chunk.toString().split(' ')[1]));
    });
    socket.once('error', reject);
  });

it('a foreign page opens no websocket with the cookie', async () => {
  const cookie = `session_id=${await login()}`;
  assert.equal(await upgrade({ cookie, origin: 'https://evil.example' }), 403);
  assert.equal(await upgrade({ origin: web.address }), 401);
  assert.equal(await upgrade({ cookie, origin: web.address }), 101);
});

it('a foreign page cannot read with the cookie: its origin is not allowed credentials', async () => {
  const answer = await fetch(`${web.address}/`, { headers: { origin: 'https://evil.example' } });
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  assert.notEqual(answer.headers.get('access-control-allow-origin'), 'https://evil.example');
});

it('the cookie is out of reach of scripts and of foreign sites', async () => {
  const answer = await post('/login', '{"username":"ada","password":"lovelace","eauth":"file"}');
  assert.match(answer.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
});

it('strangers leave nothing behind, and get no cookie', async () => {
  for (const path of ['/', '/login', '/minions', '/events'])
    assert.equal((await fetch(web.address + path)).headers.get('set-cookie'), null);
});

it('who tries too many passwords is told to wait', async () => {
  client.refuse = new TooManyLogins('too many', 12.3);
  const answer = await post('/login', '{"username":"ada","password":"x","eauth":"file"}');
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get('retry-after'), '13');
});

it('no path leads out of the directory of files', async () => {
  assert.equal((await raw('/static/a.txt')).text, 'served');
  const tricks = [
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    'sub/../../secret.txt',
    '..%5csecret.txt',
    'link.txt',
    '.hidden',
    'a.txt%00.html',
    '/etc/passwd',
    '//etc/passwd',
    '',
  ];
  for (const trick of tricks) {
    const { status, text } = await raw(`/static/${trick}`);
    assert.ok(status === 404 || status === 400, `${trick}: ${status}`);
    assert.doesNotMatch(text, /not served|root:/, trick);
  }
});

it('a body that is too large, or malformed, is refused, and the server goes on', async () => {
  const token = { 'x-auth-token': await login() };
  assert.equal((await post('/', `[${' '.repeat(1024 * 1024)}]`, token)).status, 413);
  for (const [body, type] of [
    ['{', 'application/json'],
    ['"x"', 'application/json'],
    ['[1]', 'application/json'],
    ['a: [', 'application/x-yaml'],
    [`${'['.repeat(5000)}${']'.repeat(5000)}`, 'application/json'],
    ['nonsense', 'text/plain'],
  ] as const)
    assert.equal((await post('/', body, { ...token, 'content-type': type })).status, 400, `${type} ${body.slice(0, 20)}`);
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[at]}`).join(',')}]\n`)
    .join('')}`;
  assert.equal((await post('/', bomb, { ...token, 'content-type': 'application/x-yaml' })).status, 400);
  assert.equal((await post('/', '<a/>', { ...token, 'content-type': 'application/xml' })).status, 406);
  assert.equal((await post('/', PING, token)).status, 200);
});

it('strangers are turned away before their body is read', async () => {
  assert.equal((await post('/', `${'['.repeat(5000)}`)).status, 401);
  assert.equal((await post('/', 'x'.repeat(2 * 1024 * 1024))).status, 401);
});

it('__proto__ and constructor are names of arguments and nothing else', async () => {
  const token = { 'x-auth-token': await login() };
  const kwarg = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}';
  await post('/', `{"client":"local","tgt":"*","fun":"test.arg","kwarg":${kwarg},"__proto__":{"polluted":1}}`, token);
  await post('/', `{"client":"wheel","fun":"key.list_all","kwarg":${kwarg},"__proto__":{"polluted":1}}`, token);
  await post('/', 'client=runner&fun=x.y&__proto__=1&arg=__proto__=2', { ...token, 'content-type': 'application/x-www-form-urlencoded' });
  await post('/', 'client: runner\nfun: x.y\n__proto__:\n  polluted: 1\n', { ...token, 'content-type': 'application/x-yaml' });
  assert.equal((await post('/', '{"client":"__proto__","fun":"x.y"}', token)).status, 400);
  assert.equal((await post('/', '{"client":"toString","fun":"x.y"}', token)).status, 400);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(client.asked.run.length, 1);
});

it('what a client sends never becomes a header of ours, nor a line of an event stream', async () => {
  const token = { 'x-auth-token': await login() };
  assert.equal((await post('/keys', '{"mid":"m1\\r\\nset-cookie: x=1"}', token)).status, 400);
  assert.equal((await raw('/jobs/%0d%0aset-cookie:%20x=1', token)).status, 200);
  const abort = new AbortController();
  const stream = await fetch(`${web.address}/events`, { headers: token, signal: abort.signal });
  const reader = stream.body?.getReader();
  let text = '';
  const firing = setInterval(() => client.fire('evil\n\ndata: {"forged": true}', { x: '\n\ndata: forged' }), 10);
  while (!text.includes('\n\n')) text += new TextDecoder().decode((await reader?.read())?.value);
  clearInterval(firing);
  abort.abort();
  assert.doesNotMatch(text, /^data: (\{"forged|forged)/m);
});

it('an error of a call shows text, never markup', async () => {
  const answer = await fetch(`${web.address}/<script>alert(1)</script>`, { headers: { accept: 'text/html' } });
  assert.doesNotMatch(await answer.text(), /<script>/);
});

it('who sends the head of a request slowly is cut off', async () => {
  const { hostname, port } = new URL(web.address);
  const socket = createConnection(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n');
  const dripping = setInterval(() => socket.write('x-a: b\r\n'), 20);
  await new Promise((resolve) => {
    socket.on('data', () => undefined);
    socket.on('close', resolve);
  });
  clearInterval(dripping);
  assert.equal((await fetch(web.address)).status, 200);
});

it('a reader of events that takes nothing is cut off before it fills the memory', async () => {
  const { hostname, port, host } = new URL(web.address);
  const socket = createConnection(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`GET /events HTTP/1.1\r\nhost: ${host}\r\nx-auth-token: ${await login()}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const readers = async (): Promise<string> =>
    /^tsalt_api_event_readers (\d+)$/m.exec(await (await fetch(`${web.address}/metrics`)).text())?.[1] ?? '';
  assert.equal(await readers(), '1');
  const firing = setInterval(() => client.fire('big', 'x'.repeat(1_000_000)), 10);
  try {
    while ((await readers()) !== '0') await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    clearInterval(firing);
    socket.destroy();
  }
});

it('after logout neither session nor stream is worth anything', async () => {
  const token = { 'x-auth-token': await login() };
  const stream = await fetch(`${web.address}/events`, { headers: token });
  assert.equal((await post('/logout', '{}', token)).status, 200);
  const reader = stream.body?.getReader();
  for (;;) if ((await reader?.read())?.done === true) break;
  assert.equal((await post('/', PING, token)).status, 401);
});
