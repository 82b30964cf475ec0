// How fast the console shows things, in Debian's Chromium: `npm run build && node --import tsx test/load/console.ts`.
import type { Browser, Page } from 'playwright-core';
import { webOptions } from '../../web/options.ts';
import { startWeb } from '../../web/server.ts';
import { apiHouse, USERS } from '../support/api-house.ts';
import { noBrowser, openBrowser, openPage, signIn } from '../support/browser.ts';
import { fixtureMaster } from '../support/console-fixtures.ts';

const TURNS = 12;
const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** Runs in the page: resolves with what `expression` gives as soon as it is something, looked for at each frame. */
const onceThere = (expression: string): string =>
  `new Promise((resolve) => { const look = () => { const found = ${expression}; found ? resolve(found) : requestAnimationFrame(look); }; look(); })`;

/** A command writes down when it ends, on the minion; the page says when that text is there. Milliseconds between. */
async function returnOnScreen(browser: Browser): Promise<number[]> {
  await using api = await apiHouse();
  const { house, url } = api;
  await house.startMaster();
  await api.ready();
  house.addMinion('tsalt', 'm1');
  await house.answering('m1');
  const { page } = await openPage(await browser.newContext());
  await signIn(page, url, 'admin', USERS.admin, 'file');
  const late: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await runClock(page, url);
    const text = `document.querySelector('[data-minion="m1"][data-mark="ok"]')?.textContent`;
    const times = await page.evaluate(onceThere(`/(\\d{13})(?!\\d)/.exec(${text} ?? '') && [Date.now(), ${text}]`));
    const [seen, said] = times as [number, string];
    late.push(seen - Number(/(\d{13})(?!\d)/.exec(said)?.[1]));
  }
  return late.sort((a, b) => a - b);
}

async function runClock(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/console/run`);
  await page.getByRole('textbox', { name: 'Expression' }).fill('m1');
  await page.getByRole('combobox', { name: 'Function' }).fill('cmd.run');
  await page.getByRole('textbox', { name: 'Arguments' }).fill('"sleep 1.5; date +%s%3N"');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForSelector('[data-job]');
}

/** From the click on an address of the fleet of 10,000 made-up minions to its rows, in milliseconds. */
async function rowsOnScreen(browser: Browser): Promise<number[]> {
  const options = webOptions({ host: '127.0.0.1', port: 0, disable_ssl: true }, { clients: [], pkiDir: '/nonexistent' });
  const web = await startWeb({ client: fixtureMaster(10_000), options, log: quiet });
  const { page } = await openPage(await browser.newContext());
  await signIn(page, web.address, 'ada', 'x', 'local');
  const waited: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await page.goto(`${web.address}/console/`, { waitUntil: 'commit' });
    waited.push(Number(await page.evaluate(onceThere(`document.querySelector('.grid-row b') && performance.now()`))));
  }
  await web.stop();
  return waited.sort((a, b) => a - b);
}

const why = noBrowser();
if (why !== false) throw new Error(why);
const browser = await openBrowser();
try {
  const told = (times: readonly number[]): string =>
    `median ${Math.round(times[times.length >> 1] ?? 0)} ms, worst ${Math.round(times.at(-1) ?? 0)} ms`;
  process.stdout.write(`a return on screen, after the command ended: ${told(await returnOnScreen(browser))}\n`);
  process.stdout.write(`rows of 10,000 minions on screen: ${told(await rowsOnScreen(browser))}\n`);
} finally {
  await browser.close();
}
