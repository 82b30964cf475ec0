import { TsaltError } from '../../../protocol/errors.ts';
import type { Login } from '../../client/contract.ts';
import { type Backend, type Section, setting } from './backend.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1024 * 1024;

/**
 * A service says whether a password is right, and what its user may do: a POST of both as a form to `^url`; the reply 200
 * is a yes, and its JSON a list of permissions, which go behind those of the configuration (Salt's `auth/rest.py`).
 */
export const rest: Backend = {
  name: 'rest',
  prove: async (login, section) => ((await ask(login, section)) === undefined ? undefined : {}),
  acl: async (login, section) => {
    const told = await ask(login, section);
    const own = Object.hasOwn(section, login.username) ? section[login.username] : undefined;
    const merged = [...(Array.isArray(own) ? own : []), ...(told ?? [])];
    return merged.length === 0 ? undefined : merged;
  },
};

/** What the service says he may do; undefined when it does not know him so. */
async function ask({ username, password }: Login, section: Section): Promise<readonly unknown[] | undefined> {
  const url = setting(section, 'url');
  if (url === undefined) throw new TsaltError('bad-config', 'external_auth:rest:^url is not set: name the service that checks passwords');
  const body = new URLSearchParams({ username, password });
  const reply = await fetch(url, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (reply.status !== 200) {
    await reply.body?.cancel();
    return undefined;
  }
  const text = await bounded(reply);
  const told: unknown = text.trim() === '' ? [] : JSON.parse(text);
  if (told === null) return [];
  if (!Array.isArray(told))
    throw new TsaltError('bad-reply', `${new URL(url).origin} answered with something that is no list of permissions`);
  return told;
}

async function bounded(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > MOST_BYTES)
      throw new TsaltError('bad-reply', `the service that checks passwords answered with more than ${MOST_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}
