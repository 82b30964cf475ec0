import { isValues, type Values } from '../../../../kernel/config/option.ts';
import type { GitMirror, RefType } from '../../../../kernel/git/mirror.ts';
import {
  flagOf,
  flat,
  mirrorOf,
  numberOf,
  type RemoteEntry,
  type RemoteOptions,
  refTypesOf,
  remoteEntries,
  settingOf,
  textOf,
  textsOf,
  wrong,
} from '../../../../kernel/git/remote.ts';
import { globMatcher } from '../../../../kernel/targeting/glob.ts';
import { regexMatcher } from '../../../../kernel/targeting/regex.ts';
import type { Log } from '../../../../modules/define.ts';

const LIST = 'gitfs_remotes';
const OWN = ['base', 'saltenv', 'all_saltenvs', 'saltenv_whitelist', 'saltenv_blacklist', 'disable_saltenv_mapping'];

/** How one environment of a remote differs: another branch, another place in the repository or in the file tree. */
interface EnvOptions {
  readonly ref?: string;
  readonly root?: string;
  readonly mountpoint?: string;
}

/** A remote of gitfs: which branch or tag each environment means, and where its files appear. */
export class GitRemote {
  readonly mirror: GitMirror;
  /** Seconds between two fetches. */
  readonly interval: number;
  /** As written, and its name if it has one: what `remotes=` of an update may say. */
  readonly names: readonly string[];
  readonly refTypes: readonly RefType[];
  readonly fallback: string;
  readonly base: string;
  readonly #allSaltenvs: string | undefined;
  readonly #unmapped: boolean;
  readonly #root: string;
  readonly #mountpoint: string;
  readonly #own: ReadonlyMap<string, EnvOptions>;
  readonly #shared: ReadonlyMap<string, EnvOptions>;
  readonly #exposed: (env: string) => boolean;

  constructor(entry: RemoteEntry, options: Values, log: Log) {
    const remote: RemoteOptions = { prefix: 'gitfs', entry, options };
    this.mirror = mirrorOf(remote, entry.id, LIST, log);
    this.interval = numberOf(remote, 'update_interval', 60);
    this.names = [entry.id, ...(entry.own['name'] === undefined ? [] : [String(entry.own['name'])])];
    this.refTypes = refTypesOf(remote, LIST);
    this.fallback = textOf(remote, 'fallback');
    this.#own = environmentOptions(entry.own['saltenv'], LIST);
    this.#shared = environmentOptions(options['gitfs_saltenv'], 'gitfs_saltenv');
    this.base = this.#own.get('base')?.ref ?? textOf(remote, 'base', 'master');
    this.#allSaltenvs = entry.own['all_saltenvs'] === undefined ? undefined : textOf(remote, 'all_saltenvs');
    this.#unmapped = flagOf(remote, 'disable_saltenv_mapping');
    this.#root = directory(settingOf(remote, 'root'));
    this.#mountpoint = directory(settingOf(remote, 'mountpoint'));
    this.#exposed = exposedBy(textsOf(remote, 'saltenv_whitelist'), textsOf(remote, 'saltenv_blacklist'));
  }

  /** Where in the repository the files of an environment lie; '' is all of it. */
  root(env: string): string {
    return this.#own.get(env)?.root ?? this.#shared.get(env)?.root ?? this.#root;
  }

  /** Below which directory minions see them. */
  mountpoint(env: string): string {
    return this.#own.get(env)?.mountpoint ?? this.#shared.get(env)?.mountpoint ?? this.#mountpoint;
  }

  isExposed(env: string): boolean {
    return this.#exposed(env);
  }

  /** The branch, tag or commit of an environment; undefined when it has none here. */
  ref(env: string): string | undefined {
    if (this.#allSaltenvs !== undefined) return this.#allSaltenvs;
    if (env === 'base') return this.base;
    const mapped = this.#own.get(env)?.ref ?? this.#shared.get(env)?.ref;
    return mapped ?? (this.#unmapped ? undefined : env);
  }

  /** Environments by name, of which there may be others by commit. */
  async envs(): Promise<readonly string[]> {
    const envs = new Set<string>([...this.#mapped().values()].flat());
    if (isHex(this.base)) envs.add('base');
    for (const type of this.refTypes) {
      if (type === 'sha') continue;
      for (const name of await this.mirror.names(type)) for (const env of this.#envsOf(name)) envs.add(env);
    }
    return [...envs].filter((env) => this.isExposed(env)).sort();
  }

  #envsOf(ref: string): readonly string[] {
    const mapped = this.#mapped().get(ref);
    if (mapped !== undefined) return mapped;
    if (ref === this.base) return ['base'];
    return this.#unmapped ? [] : [ref];
  }

  /** Environments by the branch or tag that the options name for them. */
  #mapped(): ReadonlyMap<string, readonly string[]> {
    const mapped = new Map<string, string[]>();
    for (const [env, { ref }] of new Map([...this.#shared, ...this.#own])) {
      if (ref !== undefined) mapped.set(ref, [...(mapped.get(ref) ?? []), env]);
    }
    return mapped;
  }
}

/** @throws BadConfig */
export const gitRemotes = (options: Values, log: Log): readonly GitRemote[] =>
  remoteEntries(options[LIST] ?? [], LIST, OWN).map((entry) => new GitRemote(entry, options, log));

/** As Salt judges: anything that could be the id of a commit. */
export const isHex = (text: string): boolean => /^(0x)?[0-9a-f]+$/i.test(text);

/** `[{dev: [{ref: develop}, {root: x}]}, ...]`, or maps in place of the lists. */
function environmentOptions(given: unknown, list: string): ReadonlyMap<string, EnvOptions> {
  const envs = given === undefined || given === null ? {} : flat(given);
  if (envs === undefined) throw wrong(list, 'saltenv is no map of environments to their options');
  return new Map(Object.entries(envs).map(([env, options]) => [env, envOptions(flat(options), env, list)]));
}

function envOptions(given: Values | undefined, env: string, list: string): EnvOptions {
  if (!isValues(given)) throw wrong(list, `the options of saltenv ${env} are no map; it may have ref, root and mountpoint`);
  return {
    ...(given['ref'] === undefined ? {} : { ref: String(given['ref']) }),
    ...(given['root'] === undefined ? {} : { root: directory(given['root']) }),
    ...(given['mountpoint'] === undefined ? {} : { mountpoint: directory(given['mountpoint']) }),
  };
}

const directory = (given: unknown): string =>
  String(given ?? '')
    .replace(/^salt:\/\//, '')
    .replace(/^(\.?\/)+|\/+$/g, '')
    .replace(/^\.$/, '');

function exposedBy(whitelist: readonly string[], blacklist: readonly string[]): (env: string) => boolean {
  const allowed = whitelist.map(matcher);
  const barred = blacklist.map(matcher);
  const isIn = (matchers: readonly ((env: string) => boolean)[], env: string) => matchers.some((matches) => matches(env));
  return (env) => (allowed.length === 0 || isIn(allowed, env)) && !isIn(barred, env);
}

/** A glob or a regular expression that the whole name matches, as Salt takes both. */
function matcher(pattern: string): (env: string) => boolean {
  const glob = globMatcher(pattern);
  try {
    const regex = regexMatcher(`(?:${pattern})\\Z`);
    return (env) => glob(env) || regex(env);
  } catch {
    return glob; // such as `*`, which is no regular expression
  }
}
