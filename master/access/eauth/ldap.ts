import { AndFilter, Client, type Entry, EqualityFilter } from 'ldapts';
import { TsaltError } from '../../../protocol/errors.ts';
import type { Login } from '../../client/contract.ts';
import type { Backend } from './backend.ts';

type Setting = (name: string) => unknown;

/**
 * Accounts of a directory (Salt's `auth/ldap.py`, with its options `auth.ldap.*`): the user's own bind proves him. His name
 * is put into `binddn` or `filter` where these say `{{ username }}`, escaped, so that it cannot mean another one.
 */
export function ldap(setting: Setting): Backend {
  const directory = new Directory(setting);
  return {
    name: 'ldap',
    prove: async (login) => {
      // A bind without a password is anonymous, and would succeed.
      if (login.password === '') return undefined;
      const dn = await directory.nameOf(login);
      if (dn === undefined || !(await directory.canBind(dn, login.password))) return undefined;
      return { groups: await directory.groupsOf(login, dn) };
    },
    expand: (permissions) => directory.expand(permissions),
  };
}

const TIMEOUT_MS = 10_000;
const EXPANDED_FOR_MS = 60_000;
const MINION = /^[A-Za-z0-9._@-]+$/;
const SCOPES = ['base', 'one', 'sub'] as const;

class Directory {
  readonly #setting: Setting;
  readonly #expanded = new Map<string, { readonly at: number; readonly ids: readonly string[] }>();

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  #text(name: string, otherwise = ''): string {
    const value = this.#setting(`auth.ldap.${name}`);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
  }

  #flag(name: string): boolean {
    return this.#setting(`auth.ldap.${name}`) === true;
  }

  /** The account the directory is searched with, if one is configured. */
  get #searcher(): { readonly dn: string; readonly password: string } | undefined {
    const [dn, password] = [this.#text('binddn'), this.#text('bindpw')];
    return dn === '' || password === '' ? undefined : { dn, password };
  }

  /** The distinguished name of a user: found by `filter`, or made from `binddn`. */
  async nameOf({ username }: Login): Promise<string | undefined> {
    const searcher = this.#searcher;
    if (searcher === undefined) {
      const template = this.#text('binddn');
      if (template === '')
        throw new TsaltError('bad-config', 'auth.ldap.binddn is not set: it names who binds, such as uid={{ username }},dc=example,dc=org');
      return filled(template, template.includes('=') ? escapedDn(username) : username);
    }
    const filter = filled(this.#text('filter', '(uid={{ username }})'), escapedFilter(username));
    const scope = SCOPES[Number(this.#text('scope', '2'))] ?? 'sub';
    const found = await this.#as(searcher.dn, searcher.password, async (client) => {
      const { searchEntries } = await client.search(this.#text('basedn'), { filter, scope, attributes: ['1.1'], sizeLimit: 2 });
      return searchEntries;
    });
    return found.length === 1 ? found[0]?.dn : undefined;
  }

  async canBind(dn: string, password: string): Promise<boolean> {
    try {
      return await this.#as(dn, password, async () => true);
    } catch (error) {
      if (error instanceof Error && /InvalidCredentials|NoSuchObject|InvalidDNSyntax/.test(error.name)) return false;
      throw error;
    }
  }

  async groupsOf({ username, password }: Login, dn: string): Promise<string[]> {
    const who = this.#searcher ?? { dn, password };
    const account = this.#text('accountattributename', 'memberUid');
    const classOf = (value: string) => new EqualityFilter({ attribute: 'objectClass', value });
    return await this.#as(who.dn, who.password, async (client) => {
      if (this.#flag('activedirectory')) {
        const member = new AndFilter({
          filters: [new EqualityFilter({ attribute: 'member', value: dn }), classOf(this.#text('groupclass', 'posixGroup'))],
        });
        const { searchEntries } = await client.search(this.#text('basedn'), { filter: member, scope: 'sub', attributes: ['cn'] });
        return searchEntries.flatMap((entry) => textsOf(entry, 'cn').slice(0, 1));
      }
      if (this.#flag('freeipa')) return await this.#freeIpaGroups(client, username, account);
      const ou = this.#text('groupou', 'Groups');
      const base = ou === '' ? this.#text('basedn') : `ou=${ou},${this.#text('basedn')}`;
      const filter = new AndFilter({
        filters: [new EqualityFilter({ attribute: account, value: username }), classOf(this.#text('groupclass', 'posixGroup'))],
      });
      const attribute = this.#text('groupattribute', 'memberOf');
      const { searchEntries } = await client.search(base, { filter, scope: 'sub', attributes: [account, 'cn', attribute] });
      const named = searchEntries
        .filter((entry) => textsOf(entry, account).includes(username))
        .flatMap((entry) => textsOf(entry, 'cn').slice(0, 1));
      const own = searchEntries
        .filter((entry) => firstValue(entry.dn) === username)
        .flatMap((entry) => textsOf(entry, attribute).map(firstValue));
      return [...named, ...own];
    });
  }

  async #freeIpaGroups(client: Client, username: string, account: string): Promise<string[]> {
    const attribute = this.#text('groupattribute', 'memberOf');
    const filter = filled(this.#text('group_filter'), escapedFilter(username));
    const { searchEntries } = await client.search(this.#text('group_basedn'), {
      filter,
      scope: 'sub',
      attributes: [account, attribute, 'cn'],
    });
    return searchEntries
      .filter((entry) => [...textsOf(entry, account), ...textsOf(entry, attribute)].some((value) => firstValue(value) === username))
      .map((entry) => firstValue(entry.dn));
  }

  /** `ldap(OU=..)` as the target of an entry means the computers in it; needs `auth.ldap.activedirectory` in Salt, here a searcher. */
  async expand(permissions: readonly unknown[]): Promise<readonly unknown[]> {
    const expanded: unknown[] = [];
    for (const entry of permissions) {
      const [[key, value] = [], ...more] = typeof entry === 'object' && entry !== null ? Object.entries(entry) : [];
      const base = more.length === 0 ? /^ldap\((.*)\)$/s.exec(key ?? '')?.[1] : undefined;
      if (base === undefined) expanded.push(entry);
      else {
        const ids = await this.#computers(base);
        if (ids.length > 0) expanded.push({ [`L@${ids.join(',')}`]: value });
      }
    }
    return expanded;
  }

  async #computers(base: string): Promise<readonly string[]> {
    const known = this.#expanded.get(base);
    if (known !== undefined && Date.now() - known.at < EXPANDED_FOR_MS) return known.ids;
    const searcher = this.#searcher;
    if (searcher === undefined)
      throw new TsaltError('bad-config', `ldap(${base}) in external_auth needs auth.ldap.binddn and auth.ldap.bindpw`);
    const stripped = this.#setting('auth.ldap.minion_stripdomains');
    const domains = Array.isArray(stripped) ? stripped.map(String) : [];
    const entries = await this.#as(searcher.dn, searcher.password, async (client) => {
      const filter = new EqualityFilter({ attribute: 'objectClass', value: 'computer' });
      return (await client.search(base, { filter, scope: 'sub', attributes: ['cn'] })).searchEntries;
    });
    const ids = entries
      .flatMap((entry) => textsOf(entry, 'cn').slice(0, 1))
      .map((name) => {
        const id = name.toLowerCase();
        const domain = domains.find((one) => id.endsWith(one));
        return domain === undefined ? id : id.slice(0, -domain.length);
      })
      .filter((id) => MINION.test(id));
    this.#expanded.set(base, { at: Date.now(), ids });
    return ids;
  }

  async #as<T>(dn: string, password: string, act: (client: Client) => Promise<T>): Promise<T> {
    const [tls, startTls] = [this.#flag('tls'), this.#flag('starttls')];
    if (tls && startTls) throw new TsaltError('bad-config', 'auth.ldap.tls and auth.ldap.starttls are both set: one of them is enough');
    const made = `${tls ? 'ldaps' : 'ldap'}://${this.#text('server', 'localhost')}:${this.#text('port', '389')}`;
    const url = this.#text('uri', made) || made;
    const tlsOptions = { rejectUnauthorized: !this.#flag('no_verify') };
    const secure = url.startsWith('ldaps:');
    const client = new Client({ url, timeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS, ...(secure ? { tlsOptions } : {}) });
    try {
      if (startTls) await client.startTLS(tlsOptions);
      await client.bind(dn, password);
      return await act(client);
    } finally {
      await client.unbind().catch(() => undefined); // it is over either way
    }
  }
}

const filled = (template: string, username: string): string => template.replace(/\{\{\s*username\s*\}\}/g, () => username);
/** RFC 4515 and RFC 4514. */
const escapedFilter = (text: string): string => text.replace(/[\\*()\0]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
const escapedDn = (text: string): string =>
  text.replace(/[\\,+"<>;=#\0]|^ | $/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** `x` of `cn=x,dc=...`. */
const firstValue = (name: string): string => name.split(',')[0]?.split('=').at(-1) ?? '';

function textsOf(entry: Entry, attribute: string): string[] {
  const value = entry[attribute];
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
}
