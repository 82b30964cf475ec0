import { readFile, writeFile } from 'node:fs/promises';
import { CommandFailed } from '../../define.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Of hosts below the domain, too. */
  readonly below: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** How a jar is written: `lwp` or `mozilla`, as Python's http.cookiejar has them. */
export interface Format {
  readonly head: string;
  readonly mark: RegExp;
  write(cookie: Cookie): string;
  read(line: string): Cookie | undefined;
}

const word = (text: string): string => (/^\w+$/.test(text) ? text : `"${text.replace(/(["\\])/g, '\\$1')}"`);
/** `name=value; path="/"; secure`, quoted where needed. */
const pairsOf = (line: string): [string, string][] =>
  [...line.matchAll(/([^\s;=]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*)))?/g)].map(([, name = '', quoted, bare]) => [
    name,
    quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
  ]);

const lwp: Format = {
  head: '#LWP-Cookies-2.0\n',
  mark: /^#LWP-Cookies-\d+\.\d+/,
  write: ({ name, value, domain, below, path, secure, expires }) =>
    `Set-Cookie3: ${[
      `${name}=${word(value)}`,
      `path=${word(path)}`,
      `domain=${word(domain)}`,
      'path_spec',
      ...(below ? ['domain_dot'] : []),
      ...(secure ? ['secure'] : []),
      `expires=${word(`${new Date(expires * 1000).toISOString().slice(0, 19).replace('T', ' ')}Z`)}`,
      'version=0',
    ].join('; ')}`,
  read(line) {
    const [first, ...pairs] = line.startsWith('Set-Cookie3:') ? pairsOf(line.slice(12)) : [];
    if (first === undefined) return undefined;
    const said = new Map(pairs);
    const expires = Date.parse(said.get('expires') ?? '') / 1000 || 0;
    const [domain, path] = [said.get('domain') ?? '', said.get('path') ?? '/'];
    return { name: first[0], value: first[1], domain, below: said.has('domain_dot'), path, secure: said.has('secure'), expires };
  },
};

const shout = (yes: boolean): string => (yes ? 'TRUE' : 'FALSE');
const mozilla: Format = {
  head: '# Netscape HTTP Cookie File\n# http://curl.haxx.se/rfc/cookie_spec.html\n# This is a generated file!  Do not edit.\n\n',
  mark: /^#( Netscape)? HTTP Cookie File/,
  write: ({ name, value, domain, below, path, secure, expires }) =>
    [domain, shout(below), path, shout(secure), expires, name, value].join('\t'),
  read(line) {
    const [domain = '', below, path = '/', secure, expires, name, value] = line.startsWith('#') ? [] : line.split('\t');
    return name === undefined || value === undefined
      ? undefined
      : { name, value, domain, below: below === 'TRUE', path, secure: secure === 'TRUE', expires: Number(expires) || 0 };
  },
};
export const formatOf = (name: string): Format => (name === 'mozilla' ? mozilla : lwp);

const now = (): number => Date.now() / 1000;

/** Cookies that outlive a session, in a file that is read by its owner alone. */
export class Jar {
  readonly #path: string;
  readonly #format: Format;
  #cookies: readonly Cookie[];

  private constructor(path: string, format: Format, cookies: readonly Cookie[]) {
    this.#path = path;
    this.#format = format;
    this.#cookies = cookies;
  }

  /** A jar that is not there yet is made. Throws CommandFailed if the file is none. */
  static async open(path: string, format: Format): Promise<Jar> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return format.head;
      throw error;
    });
    if (!format.mark.test(text))
      throw new CommandFailed(`'${path}' does not look like a cookie file of this format; remove it or name another`);
    const cookies = text.split('\n').flatMap((line) => format.read(line) ?? []);
    const jar = new Jar(
      path,
      format,
      cookies.filter(({ expires }) => expires > now()),
    );
    await jar.save();
    return jar;
  }

  /** What goes to this URL, as the header `Cookie`; undefined if nothing does. */
  headerFor(url: URL): string | undefined {
    const sent = this.#cookies.filter(
      ({ domain, below, path, secure }) =>
        (url.hostname === domain.replace(/^\./, '') || (below && url.hostname.endsWith(`.${domain.replace(/^\./, '')}`))) &&
        (url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)) &&
        (!secure || url.protocol === 'https:'),
    );
    return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** Takes what an answer sets; what has gone by is forgotten. */
  take(headers: readonly string[], url: URL): void {
    for (const header of headers) {
      const cookie = cookieOf(header, url);
      if (cookie === undefined) continue;
      const others = this.#cookies.filter(
        ({ name, domain, path }) => name !== cookie.name || domain !== cookie.domain || path !== cookie.path,
      );
      this.#cookies = cookie.expires > now() ? [...others, cookie] : others;
    }
  }

  async save(): Promise<void> {
    await writeFile(this.#path, `${this.#format.head}${this.#cookies.map((cookie) => `${this.#format.write(cookie)}\n`).join('')}`, {
      mode: 0o600,
    });
  }
}

/** A cookie that a server may set; without a time it ends with the session, which a jar does not keep. */
const cookieOf = (header: string, url: URL): Cookie | undefined => {
  const [first = '', ...rest] = header.split(';').map((part) => part.trim());
  const said = new Map(rest.map((part) => [part.split('=', 1)[0]?.toLowerCase() ?? '', part.slice(part.indexOf('=') + 1)]));
  const age = Number(said.get('max-age') ?? Number.NaN);
  const expires = Number.isNaN(age) ? Date.parse(said.get('expires') ?? '') / 1000 : now() + age;
  const at = first.indexOf('=');
  const domain = (said.get('domain') ?? '').replace(/^\./, '').toLowerCase();
  if (at < 1 || (domain !== '' && url.hostname !== domain && !url.hostname.endsWith(`.${domain}`))) return undefined;
  const path = said.get('path')?.startsWith('/') ? (said.get('path') ?? '/') : url.pathname.replace(/\/[^/]*$/, '') || '/';
  return {
    name: first.slice(0, at),
    value: first.slice(at + 1),
    domain: domain === '' ? url.hostname : `.${domain}`,
    below: domain !== '',
    path,
    secure: said.has('secure'),
    expires: Number.isNaN(expires) ? 0 : Math.floor(expires),
  };
};
