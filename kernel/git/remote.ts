import { join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import { BadConfig } from '../config/errors.ts';
import { isValues, type Values } from '../config/option.ts';
import { type Credentials, shownUrl, wrongUrl } from './access.ts';
import { GitMirror, type RefType } from './mirror.ts';

/** An entry of `gitfs_remotes` or of `ext_pillar: git`: what stands there, and the options it sets for itself. */
export interface RemoteEntry {
  /** As written: a URL, for pillar with a branch before it. */
  readonly id: string;
  readonly own: Values;
}

/** The options of one remote: its own, else those of the daemon that begin with `prefix`. */
export interface RemoteOptions {
  readonly prefix: 'gitfs' | 'git_pillar';
  readonly entry: RemoteEntry;
  readonly options: Values;
}

const SHARED = ['name', 'refspecs', 'depth', 'update_interval', 'ssl_verify', 'proxy', 'ref_types', 'fallback', 'root', 'mountpoint'];
const AUTH = ['user', 'password', 'pubkey', 'privkey', 'passphrase', 'insecure_auth'];
const REFSPECS = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];

/**
 * Reads a list of remotes: texts, or maps of one to its options, which may be a list of maps.
 * @param allowed options besides those that every remote may have
 * @throws BadConfig naming the remote and what is wrong with it
 */
export function remoteEntries(option: unknown, list: string, allowed: readonly string[]): RemoteEntry[] {
  if (!Array.isArray(option)) throw wrong(list, 'is no list of remotes');
  return option.flatMap((item: unknown): RemoteEntry[] => {
    if (!isValues(item)) return [{ id: String(item), own: {} }];
    return Object.entries(item).map(([id, given]) => ({ id, own: ownOptions(given, id, list, [...SHARED, ...AUTH, ...allowed]) }));
  });
}

function ownOptions(given: unknown, id: string, list: string, allowed: readonly string[]): Values {
  const own = flat(given);
  if (own === undefined || Object.keys(own).length === 0)
    throw wrong(list, `the remote '${shownUrl(id)}' ends in a colon, but no options of it follow; remove the colon`);
  const unknown = Object.keys(own).filter((name) => !allowed.includes(name));
  if (unknown.length > 0)
    throw wrong(list, `'${unknown.join("', '")}' of remote '${shownUrl(id)}' is no option of a remote; there are: ${allowed.join(', ')}`);
  return own;
}

/** A list of maps as one map, as Salt writes options of remotes and environments. */
export function flat(given: unknown): Values | undefined {
  if (isValues(given)) return given;
  if (!Array.isArray(given) || !given.every(isValues)) return undefined;
  return Object.assign(Object.create(null), ...given) as Values;
}

export const wrong = (list: string, message: string): BadConfig => new BadConfig([{ file: list, message }]);

/** The value of an option of a remote; undefined when neither it nor the daemon sets it. */
export function settingOf({ prefix, entry, options }: RemoteOptions, name: string): unknown {
  return entry.own[name] ?? options[`${prefix}_${name}`] ?? undefined;
}
export const textOf = (remote: RemoteOptions, name: string, fallback = ''): string => String(settingOf(remote, name) ?? fallback);
export const flagOf = (remote: RemoteOptions, name: string, fallback = false): boolean =>
  typeof settingOf(remote, name) === 'boolean' ? settingOf(remote, name) === true : fallback;
/** A list, or a text with commas. */
export function textsOf(remote: RemoteOptions, name: string, fallback: readonly string[] = []): readonly string[] {
  const value = settingOf(remote, name);
  if (typeof value === 'string') return value === '' ? fallback : value.split(',').map((one) => one.trim());
  return Array.isArray(value) && value.length > 0 ? value.map(String) : fallback;
}
export function numberOf(remote: RemoteOptions, name: string, fallback: number): number {
  const value = Number(settingOf(remote, name) ?? fallback);
  return Number.isFinite(value) && value >= 0 ? value : fallback;
}
export function refTypesOf(remote: RemoteOptions, list: string): readonly RefType[] {
  const types = textsOf(remote, 'ref_types', ['branch', 'tag', 'sha']).map((type) => type.toLowerCase());
  const other = types.filter((type) => type !== 'branch' && type !== 'tag' && type !== 'sha');
  if (other.length > 0)
    throw wrong(list, `ref_types of '${shownUrl(remote.entry.id)}' has ${other.join(', ')}; there are branch, tag, sha`);
  return types as RefType[];
}

/** The copy of a remote, below `cachedir/<prefix>`. @throws BadConfig for a URL that is none */
export function mirrorOf(remote: RemoteOptions, url: string, list: string, log: Log): GitMirror {
  const problem = wrongUrl(url);
  if (problem !== undefined) throw wrong(list, `the remote '${shownUrl(url)}' ${problem}`);
  const name = settingOf(remote, 'name');
  return new GitMirror({
    url,
    ...(name === undefined ? {} : { name: String(name) }),
    directory: join(String(remote.options['cachedir']), remote.prefix),
    credentials: credentialsOf(remote),
    refspecs: textsOf(remote, 'refspecs', REFSPECS),
    depth: numberOf(remote, 'depth', 0),
    timeout: numberOf({ ...remote, prefix: 'gitfs' }, 'fetch_timeout', 600),
    log,
  });
}

const credentialsOf = (remote: RemoteOptions): Credentials => ({
  user: textOf(remote, 'user'),
  password: textOf(remote, 'password'),
  privkey: textOf(remote, 'privkey'),
  passphrase: textOf(remote, 'passphrase'),
  insecureAuth: flagOf(remote, 'insecure_auth'),
  sslVerify: flagOf(remote, 'ssl_verify', true),
  proxy: textOf(remote, 'proxy'),
});
