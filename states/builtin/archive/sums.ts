import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { StateCtx } from '../../define.ts';

/** The hash an archive had when it was last unpacked, kept below the cache of the minion in Salt's places. */
export async function keptSum(ctx: StateCtx, archive: string): Promise<string | undefined> {
  const lines = await keptLines(ctx, archive);
  return lines.find(([type]) => type === hashType(ctx))?.[1];
}

/** Keeps the hash of an archive. */
export async function keepSum(ctx: StateCtx, archive: string): Promise<void> {
  const sum = String(await ctx.call('file.get_hash', [archive, hashType(ctx)]));
  const others = (await keptLines(ctx, archive)).filter(([type]) => type !== hashType(ctx));
  const path = placeOf(ctx, archive);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, [...others, [hashType(ctx), sum]].map((line) => `${line.join(':')}\n`).join(''));
}

const hashType = (ctx: StateCtx): string => String(ctx.config['hash_type'] ?? 'sha256');

function placeOf(ctx: StateCtx, archive: string): string {
  const cache = String(ctx.config['cachedir']);
  const below = `${relative(cache, archive)}.hash`;
  return join(cache, 'archive_hash', below.startsWith('../') ? join('local', archive) : below);
}

async function keptLines(ctx: StateCtx, archive: string): Promise<[string, string][]> {
  const text = await readFile(placeOf(ctx, archive), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return [...text.matchAll(/^([^:\n]+):(.*)$/gm)].map(([, type = '', sum = '']): [string, string] => [type, sum]);
}
