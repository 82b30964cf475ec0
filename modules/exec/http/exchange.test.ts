import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer as plainServer, type RequestListener, type Server } from 'node:http';
import { createServer as secureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatOf, Jar } from './cookies.ts';
import { exchange, NoAnswer, type Request } from './exchange.ts';
import { backendOf } from './failure.ts';

const home = mkdtempSync(join(tmpdir(), 'tsalt-http-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(home, { recursive: true, force: true });
});
const listening = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const plain = (answer: RequestListener): Promise<number> => listening(plainServer(answer));

execFileSync('openssl', [
  ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
  ...['-keyout', join(home, 'key'), '-out', join(home, 'cert')],
]);
const [key, cert] = [readFileSync(join(home, 'key'), 'utf8'), readFileSync(join(home, 'cert'), 'utf8')];
const secure = (answer: RequestListener): Promise<number> => listening(secureServer({ key, cert }, answer));

const request = (url: string, more: Partial<Request> = {}): Request => ({
  url,
  method: 'GET',
  headers: {},
  body: undefined,
  login: undefined,
  trust: { verify: true, ca: undefined, cert: undefined, key: undefined },
  limits: { connect: 5000, whole: 5000, size: 1000, redirects: 5 },
  proxy: undefined,
  ...more,
});
const ask = (url: string, more: Partial<Request> = {}) => exchange(request(url, more), new AbortController().signal);

test('a certificate of nobody we trust is refused in words of Python; one of the bundle, or any without verify_ssl, is taken', async () => {
  const url = `https://localhost:${await secure((_, response) => response.end('in'))}/`;
  const trust = { verify: true, ca: undefined, cert: undefined, key: undefined };
  const refusal = await ask(url, { trust }).catch((error: unknown) => error);
  assert.match(
    String(backendOf('tornado', true, true).absent(refusal, url)['error']),
    /CERTIFICATE_VERIFY_FAILED.*self-signed certificate/,
  );
  assert.equal((await ask(url, { trust: { ...trust, ca: cert } })).body.toString(), 'in');
  assert.equal((await ask(url, { trust: { ...trust, verify: false } })).body.toString(), 'in');
});

test('https goes through a proxy as a tunnel, and the proxy alone hears its own login', async () => {
  const heard: (string | undefined)[] = [];
  const port = await secure((incoming, response) => {
    heard.push(incoming.headers['proxy-authorization']);
    response.end('behind');
  });
  const server = plainServer();
  const asked: (string | undefined)[] = [];
  server.on('connect', (incoming, socket) => {
    asked.push(incoming.url, incoming.headers['proxy-authorization']);
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
  });
  const proxy = { host: '127.0.0.1', port: await listening(server), login: 'Basic eDp5' };
  const reply = await ask(`https://localhost:${port}/`, { proxy, trust: { verify: true, ca: cert, cert: undefined, key: undefined } });
  assert.equal(reply.body.toString(), 'behind');
  assert.deepEqual([asked, heard], [[`localhost:${port}`, 'Basic eDp5'], [undefined]]);
});

test('a login and cookies do not follow to another server', async () => {
  const seen: unknown[] = [];
  const other = await plain(({ headers }, response) => {
    seen.push(headers.authorization, headers.cookie);
    response.end();
  });
  const first = await plain(({ headers }, response) => {
    seen.push(headers.authorization, headers.cookie);
    response.writeHead(302, { Location: `http://127.0.0.1:${other}/` }).end();
  });
  await ask(`http://127.0.0.1:${first}/`, { login: { user: 'x', password: 'y' }, headers: { Cookie: 'a=b' } });
  assert.deepEqual(seen, ['Basic eDp5', 'a=b', undefined, undefined]);
});

test('an answer that is longer than allowed is not read to its end', async () => {
  const port = await plain((_, response) => response.end('x'.repeat(2000)));
  await assert.rejects(ask(`http://127.0.0.1:${port}/`), NoAnswer);
});

test('a jar keeps cookies that have a time, for their owner alone, and sends them where they belong', async () => {
  for (const format of ['lwp', 'mozilla']) {
    const path = join(home, format);
    const jar = await Jar.open(path, formatOf(format));
    const url = new URL('http://www.example.org/a/b');
    jar.take(
      [
        'one=1; Max-Age=60; Path=/',
        'two="x y"; Max-Age=60; Path=/a; Domain=example.org',
        'session=1',
        'gone=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT',
        'foreign=1; Max-Age=60; Domain=example.com',
        'safe=1; Max-Age=60; Secure; Path=/',
      ],
      url,
    );
    await jar.save();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const again = await Jar.open(path, formatOf(format));
    assert.equal(again.headerFor(url), 'one=1; two="x y"');
    assert.equal(again.headerFor(new URL('https://www.example.org/')), 'one=1; safe=1');
    assert.equal(again.headerFor(new URL('http://other.example.org/a')), 'two="x y"');
    assert.equal(again.headerFor(new URL('http://other.example.org/ab')), undefined);
    again.take(['one=; Max-Age=0; Path=/'], url);
    assert.equal(again.headerFor(new URL('http://www.example.org/')), undefined);
  }
});
