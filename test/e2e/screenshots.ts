import { mkdirSync } from 'node:fs';
import { webOptions } from '../../web/options.ts';
import { startWeb } from '../../web/server.ts';
import { openBrowser, openPage, signIn } from '../support/browser.ts';
import { fixtureMaster } from '../support/console-fixtures.ts';

/**
 * Draws the pages of the console for docs/images/console, with a made-up fleet: `node --import tsx test/e2e/screenshots.ts
 * [directory] [how many minions] [page ...]`. Without pages: those of the guide.
 */
const [directory = 'docs/images/console', minions = '200', ...asked] = process.argv.slice(2);

const PAGES: Readonly<Record<string, string>> = {
  fleet: '/',
  minion: '/minion/web-0001',
  groups: '/groups',
  group: '/groups/web',
  run: '/run?fun=state.apply',
  job: '/jobs/20261127190102123456',
  jobs: '/jobs',
  keys: '/keys',
  plugins: '/plugins',
  plugin: '/plugins/services?jid=20261127190102123456',
  monitoring: '/monitoring?group=web',
  routines: '/routines',
  routine: '/routines/nightly-updates',
  states: '/states',
  plan: '/states/20261127190102123456',
  events: '/bus',
  users: '/users',
  audit: '/audit',
};
const LOOKS = {
  light: { viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 780 }, colorScheme: 'light' },
} as const;

const log = { error: console.error, warn: () => undefined, info: () => undefined, debug: () => undefined };
const options = webOptions({ host: '127.0.0.1', port: 0, disable_ssl: true }, { clients: [], pkiDir: '/nonexistent' });
const web = await startWeb({ client: fixtureMaster(Number(minions)), options, log });
const browser = await openBrowser();
mkdirSync(directory, { recursive: true });
try {
  for (const [look, settings] of Object.entries(LOOKS)) {
    const { page, complaints } = await openPage(await browser.newContext(settings));
    await signIn(page, web.address, 'ada', 'x', 'local');
    for (const [name, path] of Object.entries(PAGES)) {
      if (asked.length > 0 && !asked.includes(name) && !asked.includes(`${name}-${look}`)) continue;
      await page.goto(`${web.address}/console${path}`);
      await page.waitForSelector('h1');
      await page.waitForSelector('.skeleton', { state: 'detached' });
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${directory}/${name}-${look}.png` });
    }
    for (const complaint of complaints) console.error(`${look}: ${complaint}`);
  }
} finally {
  await browser.close();
  await web.stop();
}
