import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, signIn } from '../support/browser.ts';
import { House, program } from '../support/house.ts';
import { freePorts } from '../support/ports.ts';
import { run, until } from '../support/process.ts';

const PASSWORD = 'correct horse battery';
/** Would run, were it taken for HTML. */
const EVIL = `<img src="x" onerror="document.title='owned'"><script>document.title='owned'</script>`;

const MODULE = `
import { existsSync } from 'node:fs';
class Thing {}
export const thing = () => ({ list: [new Thing()] });
export const fails = () => { throw new Error('the tap is closed'); };
export const evil = () => ({ html: ${JSON.stringify(EVIL)}, list: [${JSON.stringify(EVIL)}] });
/** Answers once the file is there. */
export async function wait(ctx, file) {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 50));
  return 'it came';
}
`;

/** The input below that label. */
const field = (on: Page, label: string): Locator =>
  on
    .locator('label.field')
    .filter({ has: on.locator('span', { hasText: new RegExp(`^${label}$`) }) })
    .locator('input');

/** A metric that grows with each call. */
const VITALS = `let n = 0;
export const collect = () => ({ turns: (n += 1) });
`;

suite('the console', { skip: noBrowser() }, () => {
  let house: House;
  let browser: Browser;
  let address: string;
  let page: Page;
  let complaints: string[];

  before(async () => {
    const [port = 0] = await freePorts(1);
    house = await House.open('tsalt', {
      auto_accept: false,
      api_in_master: true,
      rest_cherrypy: { host: '127.0.0.1', port, disable_ssl: true },
    });
    house.serve('_modules/odd.mjs', MODULE);
    house.serve('_modules/vitals.mjs', VITALS);
    cpSync('docs/examples/plugins/_plugins', join(house.srv, '_plugins'), { recursive: true });
    address = `http://127.0.0.1:${port}`;
    await house.startMaster();
    await saveUser('ada', 'administrator');
    await saveUser('grace', 'watcher');
    for (const id of ['one', 'two']) house.addMinion('tsalt', id);
    browser = await openBrowser();
    ({ page, complaints } = await openPage(await browser.newContext()));
    await signIn(page, address, 'ada', PASSWORD, 'local');
  });
  after(async () => {
    await browser?.close();
    await house?.[Symbol.asyncDispose]();
  });

  async function saveUser(name: string, role: string): Promise<void> {
    const { code, stdout, stderr } = await house.tool('run', [
      'wheel.user.save',
      `name=${name}`,
      `password=${PASSWORD}`,
      `roles=[${role}]`,
    ]);
    assert.equal(code, 0, stdout + stderr);
  }

  const visit = async (path: string): Promise<void> => void (await page.goto(`${address}/console${path}`));

  /** Runs through the run box and stays at the job's page. */
  async function runJob(target: string, fun: string, args = '', on = page): Promise<void> {
    await on.goto(`${address}/console/run`);
    await field(on, 'Expression').fill(target);
    await field(on, 'Function').fill(fun);
    await field(on, 'Arguments').fill(args);
    await on.getByRole('button', { name: 'Run', exact: true }).click();
    await on.waitForSelector('[data-job]');
  }

  test('keys that wait are shown with their fingerprints as they come, and are accepted', async () => {
    await visit('/keys');
    await page.waitForSelector('[data-key="one"]');
    await page.waitForSelector('[data-key="two"]');
    const { stdout } = await house.tool('key', ['-f', 'one', '--out=json']);
    const finger = (JSON.parse(stdout) as { minions_pre: { one: string } }).minions_pre.one;
    await page.getByRole('cell', { name: finger }).waitFor();
    for (const id of ['one', 'two']) {
      await page.locator(`[data-key="${id}"]`).getByRole('button', { name: 'Accept' }).click();
      await page.waitForSelector(`[data-key="${id}"]`, { state: 'detached' });
    }
    await house.answering('one', 'two');
    await house.results('*', 'saltutil.sync_modules');
  });

  test('the fleet shows the minions without asking them', async () => {
    await visit('/');
    await page.getByRole('link', { name: /^one/ }).waitFor();
    await page.locator('[data-counter="online"]', { hasText: '2' }).waitFor();
  });

  test('a job fills as returns arrive', async () => {
    const file = (id: string): string => join(house.home, `go-${id}`);
    await visit('/run');
    await field(page, 'Function').fill('odd.wait');
    await field(page, 'Expression').fill('one');
    await field(page, 'Arguments').fill(file('one'));
    await page.waitForSelector('[data-reached="1"]');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForSelector('[data-job="running"] [data-counts="1/0/0/1"]');
    await page.waitForSelector('[data-minion="one"][data-mark="wait"]');
    writeFileSync(file('one'), '');
    await page.waitForSelector('[data-job="done"] [data-counts="1/1/0/0"]');
    await page.locator('[data-minion="one"][data-mark="ok"]', { hasText: 'it came' }).waitFor();
  });

  test('a failure, and a return that cannot be sent, are shown as such with the reason', async () => {
    await runJob('*', 'odd.fails');
    await page.waitForSelector('[data-job="done"] [data-counts="2/2/2/0"]');
    await page.locator('[data-minion="two"][data-mark="error"]', { hasText: 'the tap is closed' }).waitFor();
    await runJob('one', 'odd.thing');
    await page.waitForSelector('[data-job="done"] [data-counts="1/1/1/0"]');
    await page
      .locator('[data-minion="one"][data-mark="error"]', { hasText: /list\[0\] cannot be returned: it is an object of Thing/ })
      .waitFor();
  });

  test('what a minion returns is text, never HTML', async () => {
    await runJob('one', 'odd.evil');
    await page.waitForSelector('[data-job="done"]');
    await page.getByText(EVIL).first().waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    assert.equal(await page.title(), 'tsalt');
  });

  test('a group is made in the console and targeted from the command line', async () => {
    await visit('/groups/new');
    await field(page, 'Name').fill('first');
    await field(page, 'Expression').fill('on*');
    await page.waitForSelector('[data-reached="1"]');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'first' }).waitFor();
    assert.deepEqual(await house.results('-N', 'first', 'test.ping'), { one: true });
  });

  test('a routine is made, and is seen to run', async () => {
    await visit('/routines/new');
    await field(page, 'Name').fill('often');
    await field(page, 'Function').fill('test.ping');
    await page.getByRole('button', { name: 'Every so often' }).click();
    await field(page, 'Seconds between runs').fill('2');
    await page.waitForSelector('[data-foreseen="3"]');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'often' }).waitFor();
    await page.locator('[data-outcome] .ok').first().waitFor();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('It is disabled').waitFor();
  });

  test('a channel for alerts is made, and takes a message', async () => {
    const taken: string[] = [];
    const receiver = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => taken.push(text));
      request.on('end', () => response.end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    try {
      await visit('/monitoring?tab=channels');
      await page.getByRole('button', { name: 'New channel' }).click();
      await field(page, 'Name').fill('chat');
      await field(page, 'Address').fill(`http://127.0.0.1:${port}/hook`);
      await page.getByRole('button', { name: 'Save' }).click();
      const row = page.locator('[data-channel="chat"]');
      await row.getByText(`http://127.0.0.1:${port}/`).waitFor();
      assert.doesNotMatch((await row.textContent()) ?? '', /hook/, 'the path of the address is a secret');
      await row.getByRole('button', { name: 'Try' }).click();
      await page.getByText('It took a message.').waitFor();
      assert.equal(taken.length, 1);
    } finally {
      receiver.close();
    }
  });

  test('a plugin is run through its form, and its template is shown in a frame that runs nothing', async () => {
    await visit('/plugins');
    await page.getByRole('link', { name: /Disk usage/ }).click();
    await field(page, 'Expression').fill('one');
    await page.waitForSelector('[data-reached="1"]');
    await field(page, 'Warn from \\(percent\\)').fill('1000');
    await page.locator('button[type=submit]').click();
    await page.getByText('At most 100.').waitFor();
    await field(page, 'Warn from \\(percent\\)').fill('99');
    await page.locator('button[type=submit]').click();
    const frame = page.locator('[data-result="one"] iframe');
    await frame.waitFor();
    assert.equal(await frame.getAttribute('sandbox'), '');
    await frame.contentFrame().getByRole('columnheader', { name: 'File system' }).waitFor();
    await page.getByRole('button', { name: 'Status' }).click();
    await page.getByRole('cell', { name: 'one' }).waitFor();
  });

  test('a chart moves as values come', async () => {
    const collected = async (): Promise<void> => void (await house.results('one', 'vitals.collect'));
    await collected();
    await visit('/minion/one?tab=charts&metric=turns');
    const chart = page.locator('[data-metric="vitals.turns"]');
    await chart.locator('canvas').waitFor();
    const points = async (): Promise<number> => Number(await chart.getAttribute('data-points'));
    await until('the chart has a point', async () => (await points()) > 0);
    const before = await points();
    await until(
      'the chart has more points',
      async () => {
        await collected();
        return (await points()) > before;
      },
      90,
    );
  });

  test('a machine is added by the line that was copied, and is seen to come', async () => {
    await visit('/keys');
    await page.getByRole('button', { name: 'Add a machine' }).click();
    await page.getByRole('button', { name: 'Make the line' }).click();
    const line = (await page.locator('dialog code').textContent()) ?? '';
    assert.match(line, /--token \S+ --finger \S+/);
    await using _machine = await pasted(line, 'three');
    await page.waitForSelector('[data-arrived="three"]');
    await page.getByRole('button', { name: 'Close' }).last().click();
    await visit('/');
    await page.getByRole('link', { name: /^three/ }).waitFor();
  });

  /** Pastes the line on a new machine, where `tsalt-minion` is installed; the minion ends with the answer. */
  async function pasted(line: string, id: string): Promise<AsyncDisposable> {
    const home = join(house.home, `machine-${id}`);
    const root = join(home, 'root');
    mkdirSync(home);
    const places = { id, root_dir: root, pki_dir: join(root, 'pki'), cachedir: join(root, 'cache'), sock_dir: join(root, 'run') };
    const user = process.env['USER'] ?? (process.getuid?.() === 0 ? 'root' : 'nobody');
    const pidfile = join(root, 'pid');
    writeFileSync(join(home, 'minion'), JSON.stringify({ ...places, user, pidfile, log_file: join(root, 'log'), acceptance_wait_time: 1 }));
    writeFileSync(join(home, 'tsalt-minion'), `#!/bin/sh\nexec ${program('tsalt', 'minion').join(' ')} -c ${home} "$@"\n`, { mode: 0o755 });
    const { code, stderr } = await run(['env', `PATH=${home}:/usr/bin:/bin`, 'sh', '-c', line], { seconds: 60 });
    assert.equal(code, 0, stderr);
    return {
      [Symbol.asyncDispose]: async () => {
        await until('the minion runs', async () => existsSync(pidfile));
        const pid = Number(readFileSync(pidfile, 'utf8'));
        if (pid > 1) process.kill(pid, 'SIGTERM');
        await until('the minion ends', async () => !existsSync(`/proc/${pid}`));
      },
    };
  }

  test('events are shown as they happen', async () => {
    await visit('/bus?tag=probe/*');
    await until('the event is seen', async () => {
      await house.tool('run', ['event.send', 'probe/seen']);
      return (await page.locator('[data-event="probe/seen"]').count()) > 0;
    });
  });

  test('a watcher sees the fleet, and is refused with a sentence what changes something', async () => {
    const own = await openPage(await browser.newContext());
    await signIn(own.page, address, 'grace', PASSWORD, 'local');
    await own.page.getByRole('link', { name: /^one/ }).waitFor();
    assert.equal(await own.page.getByRole('link', { name: 'Users' }).count(), 0);
    await own.page.goto(`${address}/console/run`);
    await field(own.page, 'Function').fill('cmd.run');
    await field(own.page, 'Arguments').fill('true');
    await own.page.getByRole('button', { name: 'Run', exact: true }).click();
    await own.page
      .getByRole('alert')
      .filter({ hasText: /grace.*cmd\.run/ })
      .waitFor();
    await visit('/audit?outcome=refused');
    await page.locator('[data-audit="refused"]', { hasText: 'cmd.run' }).first().waitFor();
    assert.deepEqual(own.complaints, []);
  });

  test('the browser had nothing to complain of', () => assert.deepEqual(complaints, []));

  test('who signs out is out', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
