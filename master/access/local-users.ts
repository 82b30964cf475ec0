import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { MasterConfig } from '../options.ts';
import { fits } from './patterns.ts';

type AclConfig = Pick<MasterConfig, 'user' | 'publisher_acl' | 'publisher_acl_blacklist' | 'sudo_acl'>;

/** Before the name of one who became root by sudo, as Salt writes it. */
const SUDO = 'sudo_';
const SUDOER = /^sudo_[\w.-]{1,64}$/;

/**
 * Makes `cachedir/.<user>_key` anew, as Salt does at each start: for the master's own user, and one that only he can read
 * for each account that `publisher_acl` names, by name or pattern.
 * @returns whose key one is: the user; `claimed` is heeded where root says by whom it was sudo that made him so.
 */
export function issueUserKeys(
  config: AclConfig & Pick<MasterConfig, 'cachedir'>,
  log: Log,
): (key: string, claimed?: unknown) => string | undefined {
  const { cachedir, user: own } = config;
  mkdirSync(cachedir, { recursive: true, mode: 0o750 });
  const keys = new Map([[own, writeKey(cachedir, own)]]);
  for (const { name, uid, gid } of accounts(config)) {
    if (name === own) continue;
    try {
      keys.set(name, writeKey(cachedir, name, { uid, gid }));
      chmodSync(cachedir, statSync(cachedir).mode | 0o011); // to go through, not to look around
    } catch (error) {
      log.warn(`publisher_acl: ${name} gets no key of his own (${messageOf(error)}); only a master that runs as root can give it to him`);
    }
  }
  return (given, claimed) => {
    const bytes = Buffer.from(given);
    const user = [...keys].find(([, key]) => bytes.length === key.length && timingSafeEqual(bytes, key))?.[0];
    return user === own && typeof claimed === 'string' && SUDOER.test(claimed) ? claimed : user;
  };
}

function writeKey(cachedir: string, user: string, owner?: { readonly uid: number; readonly gid: number }): Buffer {
  const key = randomBytes(57).toString('base64').slice(0, 76);
  const file = join(cachedir, `.${user}_key`);
  rmSync(file, { force: true });
  writeFileSync(file, key, { mode: 0o600 });
  if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
  return Buffer.from(key);
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function accounts({ publisher_acl }: AclConfig): Account[] {
  const patterns = Object.keys(publisher_acl);
  if (patterns.length === 0) return [];
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name, uid }) => /^[\w.-]+$/.test(name) && Number.isInteger(uid) && patterns.some((pattern) => fits(name, pattern)));
}

/** What a local user who is not the master's own may run; undefined for one who may everything. */
export function localPermissions(config: AclConfig, user: string): readonly unknown[] | undefined {
  const sudo = user.startsWith(SUDO);
  if (sudo && (!config.sudo_acl || Object.keys(config.publisher_acl).length === 0)) return undefined;
  const name = sudo ? user.slice(SUDO.length) : user;
  if (!sudo && (user === config.user || user === 'root')) return undefined;
  return Object.entries(config.publisher_acl).flatMap(([pattern, entries]) =>
    fits(name, pattern) && Array.isArray(entries) ? entries : [],
  );
}

/** The user, if he may everything; others come by the local socket, where their calls are checked. */
export const mastersOwn = (config: AclConfig, user: string | undefined): string | undefined =>
  user === undefined || localPermissions(config, user) !== undefined ? undefined : user;

/** Why nobody of this name may run these, whatever else allows it (`publisher_acl_blacklist`: users, modules); undefined: he may. */
export function barred({ publisher_acl_blacklist: list }: AclConfig, user: string, funs: readonly string[]): string | undefined {
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []);
  if (texts(list['users']).some((pattern) => fits(user, pattern)))
    return `${user} may not run anything: publisher_acl_blacklist names this user`;
  const fun = funs.find((one) => texts(list['modules']).some((pattern) => fits(one, pattern)));
  return fun === undefined ? undefined : `${user} may not run ${fun}: publisher_acl_blacklist names it, for everybody`;
}
