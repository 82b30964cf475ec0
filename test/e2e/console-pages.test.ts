import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { MasterClient } from '../../master/client/contract.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { webOptions } from '../../web/options.ts';
import { type RunningWeb, startWeb } from '../../web/server.ts';
import { noBrowser, openBrowser, openPage, signIn } from '../support/browser.ts';
import { fixtureMaster } from '../support/console-fixtures.ts';

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
const options = webOptions({ host: '127.0.0.1', port: 0, disable_ssl: true }, { clients: [], pkiDir: '/nonexistent' });
const serve = async (client: MasterClient): Promise<RunningWeb> => await startWeb({ client, options, log: quiet });

/** A master on which every question fails. */
function brokenMaster(): MasterClient {
  const master = fixtureMaster(3);
  const fail = (): never => {
    throw new TsaltError('store-failed', 'the store cannot be read: no space left on device');
  };
  return { ...master, as: () => ({ ...master.as({ token: '' }, { door: 'console' }), runner: fail, wheel: fail, preview: fail }) };
}

suite('what the console refuses', () => {
  let web: RunningWeb;
  let cookie = '';
  let csrf = '';
  before(async () => {
    web = await serve(fixtureMaster(3));
    const login = await post('login', { username: 'ada', password: 'x', eauth: 'local' });
    const set = login.headers.get('set-cookie') ?? '';
    assert.match(set, /; HttpOnly; SameSite=Strict/);
    cookie = set.split(';', 1)[0] ?? '';
    const me = (await (await fetch(`${web.address}/console/me`, { headers: { cookie } })).json()) as { value: { csrf: string } };
    csrf = me.value.csrf;
  });
  after(async () => await web.stop());

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    await fetch(`${web.address}/console/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const CALL = { client: 'runner', fun: 'fleet.summary' };

  test('a call needs the cookie and the token of this console', async () => {
    assert.equal((await post('call', CALL, { cookie, 'x-csrf-token': csrf })).status, 200);
    assert.equal((await post('call', CALL)).status, 401);
    assert.equal((await post('call', CALL, { 'x-csrf-token': csrf })).status, 401);
    for (const wrong of ['', 'f'.repeat(64), `${csrf}0`])
      assert.equal((await post('call', CALL, { cookie, 'x-csrf-token': wrong })).status, 403, wrong);
    assert.equal((await post('logout', {}, { cookie })).status, 403);
    assert.equal((await fetch(`${web.address}/console/events`)).status, 401);
  });

  test('pages of other origins get nothing', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal((await post('call', CALL, { cookie, 'x-csrf-token': csrf, ...(headers as Record<string, string>) })).status, 403);
    const own = { origin: web.address, cookie, 'x-csrf-token': csrf };
    assert.equal((await post('call', CALL, own)).status, 200);
  });

  test('what is malformed or unknown is told in a sentence', async () => {
    const cases: readonly (readonly [unknown, number])[] = [
      ['{', 400],
      [[], 400],
      [{ client: 'shell', fun: 'x' }, 400],
      [{ client: 'runner', fun: 5 }, 400],
      [{ client: 'runner', fun: 'fleet.summary', kwargs: [] }, 400],
      [{ client: 'run', fun: 'test.ping', target: { kind: 'glob', expression: { a: 1 } } }, 400],
      [{ client: 'runner', fun: 'no.such' }, 404],
    ];
    for (const [body, status] of cases) {
      const answer = await post('call', body, { cookie, 'x-csrf-token': csrf });
      assert.equal(answer.status, status, JSON.stringify(body));
      const { error } = (await answer.json()) as { error: { message: string } };
      assert.ok(error.message.length > 5);
    }
  });

  test('only its own files are served, under a strict policy; browsers find it at home', async () => {
    const page = await fetch(`${web.address}/console/jobs/..%2f..%2fpackage.json`);
    assert.match(await page.text(), /^<!doctype html>/);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';.*frame-ancestors 'none'$/);
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /unsafe/);
    const home = await fetch(`${web.address}/`, { redirect: 'manual', headers: { accept: 'text/html' } });
    assert.equal(home.headers.get('location'), '/console/');
    const program = await fetch(`${web.address}/`, { redirect: 'manual', headers: { accept: 'application/json' } });
    assert.equal(program.status, 200);
  });

  test('the first load is less than 150 kB, compressed', () => {
    const files = readdirSync('dist/console').filter((name) => name.endsWith('.gz'));
    const loaded = files.filter((name) => /\.(js|css|html)\.gz$/.test(name));
    const bytes = loaded.reduce((sum, name) => sum + statSync(`dist/console/${name}`).size, 0);
    assert.ok(loaded.length >= 3 && bytes < 150_000, `${bytes}`);
    assert.doesNotMatch(readFileSync('dist/console/index.html', 'utf8'), /%[A-Z]+%/);
  });
});

const PATHS = ['/', '/jobs', '/groups', '/plugins', '/monitoring', '/routines', '/states', '/keys', '/users', '/audit', '/bus', '/run'];

suite('each page of the console has its states', { skip: noBrowser() }, () => {
  let browser: Browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(async () => await browser?.close());

  async function visit(client: MasterClient, look: (page: Page, path: string) => Promise<void>, paths = PATHS): Promise<void> {
    const web = await serve(client);
    const context = await browser.newContext();
    try {
      const { page, complaints } = await openPage(context);
      await signIn(page, web.address, 'ada', 'x', 'local');
      for (const path of paths) {
        await page.goto(`${web.address}/console${path}`);
        await page.waitForSelector('main h1');
        await look(page, path);
      }
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
      await web.stop();
    }
  }

  test('with nothing to show they say so', async () => {
    const empty = ['/', '/jobs', '/groups', '/plugins', '/monitoring', '/routines', '/states', '/keys'];
    await visit(fixtureMaster(0), async (page) => void (await page.waitForSelector('.empty h2')), empty);
  });

  test('with 10,000 minions they are drawn, and only the rows that are seen', async () => {
    await visit(fixtureMaster(10_000), async (page, path) => {
      await page.waitForSelector('.skeleton', { state: 'detached' });
      assert.equal(await page.locator('.note.error').count(), 0, path);
      if (path !== '/') return;
      await page.waitForSelector('.grid-row b');
      assert.ok((await page.locator('.grid-row').count()) < 60);
      await page.locator('.virtual').evaluate((list) => list.scrollTo(0, list.scrollHeight));
      await page.getByRole('link', { name: /^web-2000/ }).waitFor();
    });
  });

  test('a failure is a sentence, with a way to try again', async () => {
    const asking = PATHS.filter((path) => path !== '/bus' && path !== '/run');
    await visit(
      brokenMaster(),
      async (page) => {
        await page.getByText('no space left on device').first().waitFor();
        await page.getByRole('button', { name: 'Try again' }).first().waitFor();
      },
      asking,
    );
  });
});
