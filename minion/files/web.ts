import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

/** Downloads `url` to `dest`, atomically. Credentials in the url are sent as basic authentication. @throws TsaltError `fetch-failed` */
export async function fetchWeb(url: URL, dest: string, signal?: AbortSignal): Promise<void> {
  const draft = `${dest}.${process.pid}.part`;
  await mkdir(dirname(dest), { recursive: true });
  try {
    const response = await fetch(bare(url), {
      headers: authorisation(url),
      redirect: 'follow',
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status} ${response.statusText}`);
    await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), createWriteStream(draft, { mode: 0o600 }));
    await rename(draft, dest);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new TsaltError('fetch-failed', `Error: ${messageOf(cause)} reading ${bare(url).href}`, { cause, retry: true });
  }
}

function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy;
}

function authorisation(url: URL): Record<string, string> {
  if (url.username === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
