// `node --import tsx test/interop/try-saltgui.ts DIR [SHOTS]`: every page of SaltGUI against tsalt-api. DIR holds its
// `index.html` and `static`; pictures of the pages are put into SHOTS. By hand, for SaltGUI is no part of this repository.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { apiHouse } from '../support/api-house.ts';
import { openBrowser, openPage } from '../support/browser.ts';
import { until } from '../support/process.ts';

const PAGES = [
  ['minions', 'm1'],
  ['keys', 'm1'],
  ['grains', 'm1'],
  ['grains-minion?minionid=m1', 'osrelease'],
  ['schedules', 'm1'],
  ['schedules-minion?minionid=m1', ''],
  ['pillars', 'm1'],
  ['pillars-minion?minionid=m1', 'secret_value'],
  ['mine', 'm1'],
  ['mine-minion?minionid=m1', ''],
  ['beacons', 'm1'],
  ['beacons-minion?minionid=m1', ''],
  ['nodegroups', 'web'],
  ['jobs', 'test.ping'],
  ['highstate', ''],
  ['templates', ''],
  ['events', ''],
  ['reactors', ''],
  ['orchestrations', 'hello'],
  ['options', 'nodegroups'],
  ['issues', ''],
  ['quickview', ''],
] as const;

const [given, shots] = process.argv.slice(2);
if (given === undefined) throw new Error('name the directory with the index.html of SaltGUI');
const site = resolve(given);
if (shots !== undefined) mkdirSync(shots, { recursive: true });

await using api = await apiHouse(() => ({ app: join(site, 'index.html'), static: join(site, 'static'), collect_stats: true }), {
  nodegroups: { web: 'm1' },
  reactor: [{ 'my/event': ['/srv/reactor/x.sls'] }],
  saltgui_templates: { ping: { description: 'ping all', target: '*', command: 'test.ping' } },
});
const { house } = api;
house.serve('hello.sls', 'hello:\n  salt.function:\n    - name: test.ping\n    - tgt: m1\n');
house.servePillar('top.sls', "base:\n  '*':\n    - secret\n");
house.servePillar('secret.sls', 'secret_value: open sesame\n');
await house.startMaster();
await api.ready();
for (const id of ['m1', 'm2']) house.addMinion('tsalt', id);
await house.answering('m1', 'm2');

await using browser = await openBrowser();
const { page, complaints } = await openPage(await browser.newContext());
const refusedCalls: string[] = [];
page.on('response', (answer) => {
  if (answer.status() >= 400 && !/\/static\/(minions|salt-)/.test(answer.url()))
    refusedCalls.push(`${answer.status()} ${answer.url()} ${answer.request().postData() ?? ''}`);
});

await page.goto(`${api.url}/`);
await page.fill('#username', 'admin');
await page.fill('#password', 'adminpw');
await page.locator('select').first().selectOption('file');
await page.click('#login-button');
await page.waitForSelector('#page-minions', { state: 'visible' });
// It keeps what it learns of the master at its login, on which other pages build.
await until(
  'SaltGUI has asked for orchestrations',
  async () => (await page.evaluate("sessionStorage.getItem('orchestrations')")) === 'true',
);

let failed = 0;
for (const [path, expected] of PAGES) {
  const before = complaints.length + refusedCalls.length;
  await page.goto(`${api.url}/?${path.split('?')[1] ?? ''}#${path.split('?')[0]}`);
  const found = await appears(page, path.split('?')[0] ?? '', expected);
  const bad = [...complaints, ...refusedCalls].slice(before);
  if (!found || bad.length > 0) failed += 1;
  process.stdout.write(
    `${found && bad.length === 0 ? 'ok  ' : 'BAD '} ${path}${found ? '' : `: ${expected} did not appear`}${bad.map((line) => `\n     ${line}`).join('')}\n`,
  );
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${path.replaceAll(/\W/g, '_')}.png`) });
}

await page.click('#button-manual-run', { force: true });
await page.fill('#target', '*');
await page.fill('#command', 'test.ping');
await page.click('#run-command');
await page.locator('#popup-output', { hasText: /m1[\s\S]*m2/ }).waitFor();
process.stdout.write('ok   a job was run\n');
if (shots !== undefined) await page.screenshot({ path: join(shots, 'run.png') });
process.stdout.write(
  `\n${complaints.length} complaints of the browser, ${refusedCalls.length} refused calls\n${[...complaints, ...refusedCalls].join('\n')}\n`,
);
process.exitCode = failed > 0 || complaints.length > 0 ? 1 : 0;

async function appears(shown: Page, name: string, text: string): Promise<boolean> {
  try {
    await shown.waitForSelector(`#page-${name}`, { state: 'visible', timeout: 15_000 });
    await shown.locator(`#page-${name}`, { hasText: text }).waitFor({ timeout: 15_000 });
    await shown.waitForLoadState('load');
    await shown.waitForTimeout(800); // what the page asks for comes after it
    return true;
  } catch {
    return false;
  }
}
