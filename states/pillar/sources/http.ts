import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, isTrue } from '../../../kernel/render/python/value.ts';
import { loadYaml } from '../../../kernel/render/yaml/index.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { Given, Source, SourceParts } from './source.ts';

/** Milliseconds an answer may take. */
const PATIENCE_MS = 30_000;
const LARGEST = 64 << 20;

/** `http_json` and `http_yaml` of Salt up to 3007: a map from a URL, in which `%s` is the id and `<grain>` a grain. */
export const httpJson: Source = httpSource((text) => fromPlain(JSON.parse(text)));
export const httpYaml: Source = httpSource(loadYaml);

function httpSource(read: (text: string) => Data): Source {
  return {
    args: ['url', 'with_grains', 'header_dict', 'auth', 'username', 'password'],
    required: 1,
    async run(parts, given) {
      const url = addressOf(parts, given);
      if (url === undefined) return new Map();
      try {
        return read(await fetched(url, given));
      } catch (error) {
        parts.log.error(`Error on minion '${parts.request.id}' http query: ${shown(url)}: ${messageOf(error)}`);
        return new Map();
      }
    },
  };
}

function addressOf({ request, log }: SourceParts, { named }: Given): string | undefined {
  let url = str(named.get('url') ?? null).replaceAll('%s', encodeURIComponent(request.id));
  if (!isTrue(named.get('with_grains') ?? false)) return url;
  for (const [place, name = ''] of url.matchAll(/<(.*?)>/g)) {
    const value = fromPlain(request.grains[name]);
    if (!isTrue(value)) {
      log.error(`Unable to get minion '${request.id}' grain: ${name}`);
      return undefined;
    }
    url = url.replaceAll(place, encodeURIComponent(str(value)));
  }
  return url;
}

/** @throws Error for what is no answer, TypeError for what is no URL */
async function fetched(url: string, { named }: Given): Promise<string> {
  const headers = new Headers();
  const given = named.get('header_dict');
  if (isDict(given)) for (const [name, value] of given as Dict) headers.set(str(name), str(value));
  const auth = named.get('auth');
  const [user, password] = Array.isArray(auth) ? auth : [named.get('username') ?? null, named.get('password') ?? null];
  const address = new URL(url);
  const name = user === null || user === undefined ? decodeURIComponent(address.username) : str(user);
  const word = password === null || password === undefined ? decodeURIComponent(address.password) : str(password);
  if (name !== '') headers.set('Authorization', `Basic ${Buffer.from(`${name}:${word}`).toString('base64')}`);
  address.username = '';
  address.password = '';
  const answer = await fetch(address, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  if (Number(answer.headers.get('content-length') ?? 0) > LARGEST) throw new Error(`the answer is larger than ${LARGEST} bytes`);
  return await answer.text();
}

/** Without the user, and without the query, where tokens are often kept. */
function shown(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
