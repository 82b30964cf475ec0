import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { debianPackages } from './debian.ts';

/** False when Debian's Chromium is here, else why it is not. */
export const noBrowser = (): string | false => debianPackages('chromium');

/** Debian's Chromium, without a window. */
export const openBrowser = async (): Promise<Browser> =>
  await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A page of a new person's browser; what it complains of is collected in `complaints`. */
export async function openPage(context: BrowserContext): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    // A refused call is an answer, of which the browser writes a line by itself.
    const refused = /^Failed to load resource: the server responded with a status of 4/.test(message.text());
    if (message.type() === 'error' && !refused) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
  return { page, complaints };
}

export async function signIn(page: Page, address: string, user: string, password: string, eauth: string): Promise<void> {
  await page.goto(`${address}/console/`);
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Checked by').selectOption(eauth);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForSelector('main.page h1');
}
