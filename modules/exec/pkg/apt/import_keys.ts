import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../../define.ts';
import { addKeyFile, receiveKey, repoKeys } from './keyring.ts';
import { apt, text } from './run.ts';

/** The proxy of the minion's options, for programs that fetch by themselves. */
export const proxyUrl = (ctx: Ctx): string | undefined => {
  const { proxy_host: host, proxy_port: port, proxy_username: user, proxy_password: password } = ctx.config;
  if (!host || !port) return undefined;
  return user && password ? `http://${user}:${password}@${host}:${port}` : `http://${host}:${port}`;
};

interface Place {
  readonly saltenv: string;
  readonly aptkey: boolean;
}

/** Imports the keys that the keywords `keyid` (with `keyserver`), `key_url` or `key_text` of pkg.mod_repo name. */
export const importRepoKeys = async (
  ctx: Ctx,
  place: Place,
  signedby: string,
  given: Readonly<Record<string, Returnable>>,
): Promise<void> => {
  if (given['keyid'] !== undefined) return fromServer(ctx, place, signedby, given);
  if (given['key_url'] !== undefined) return fromUrl(ctx, place, signedby, String(given['key_url']));
  if (given['key_text'] === undefined) return;
  const ran = await apt(ctx, ['apt-key', 'add', '-'], { stdin: String(given['key_text']) });
  if (!text(ran.stdout).toUpperCase().startsWith('OK')) throw new CommandFailed(`Error: failed to add key:\n${given['key_text']}`);
};

const fromServer = async (ctx: Ctx, place: Place, signedby: string, given: Readonly<Record<string, Returnable>>): Promise<void> => {
  const server = given['keyserver'];
  if (!given['keyid'] || !server) throw new CallRefused('both keyserver and keyid options required.');
  // YAML takes an id of digits and `0x` for a number.
  const ids = [given['keyid']].flat().map((id) => (typeof id === 'number' ? `0x${id.toString(16)}` : String(id)));
  const known = await repoKeys(ctx, place.aptkey, dirname(signedby));
  for (const id of ids) {
    const bare = id.replace(/^0x/i, '').toUpperCase();
    if (Object.keys(known || {}).some((key) => key.endsWith(bare) || bare.endsWith(key))) continue;
    const ring = place.aptkey ? undefined : signedby;
    const ran = await receiveKey(ctx, { id, server: String(server), ring, proxy: proxyOf(ctx, String(server)) });
    if (ran.code === 0) continue;
    throw new CommandFailed(
      place.aptkey ? `Error: key retrieval failed: ${text(ran.stdout).trimEnd()}` : `Error: Could not add key: ${id}`,
    );
  }
};

const proxyOf = (ctx: Ctx, server: string): string | undefined => {
  const without = ctx.config['no_proxy'];
  return Array.isArray(without) && without.includes(server) ? undefined : proxyUrl(ctx);
};

const fromUrl = async (ctx: Ctx, place: Place, signedby: string, url: string): Promise<void> => {
  const cached = await ctx.call('cp.cache_file', [url, place.saltenv]);
  if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`Error: file not found: ${url}`);
  if (place.aptkey) {
    const ran = await apt(ctx, ['apt-key', 'add', cached]);
    if (!text(ran.stdout).toUpperCase().startsWith('OK')) throw new CommandFailed(`Error: failed to add key from ${url}`);
    return;
  }
  // The name that the entry gives the key is the one apt will look for.
  const named = signedby === '' ? cached : join(dirname(cached), basename(signedby));
  if (named !== cached) await rename(cached, named);
  const keydir = signedby === '' ? undefined : dirname(signedby);
  if (!(await addKeyFile(ctx, named, keydir, undefined))) throw new CommandFailed(`Error: Could not add key: ${named}`);
};
