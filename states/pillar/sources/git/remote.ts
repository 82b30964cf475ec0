import type { RefType } from '../../../../kernel/git/mirror.ts';
import { type RemoteEntry, type RemoteOptions, refTypesOf, remoteEntries, settingOf, textOf } from '../../../../kernel/git/remote.ts';

const LIST = 'ext_pillar: git';
const OWN = ['base', 'env', 'all_saltenvs', 'disable_saltenv_mapping'];

/** A remote of `ext_pillar: git`, for one minion: which branch, and which environment its files are of. */
export interface PillarRemote {
  readonly remote: RemoteOptions;
  readonly url: string;
  /** The branch, tag or commit that is read. */
  readonly ref: string;
  readonly fallback: string;
  readonly refTypes: readonly RefType[];
  readonly env: string;
  readonly root: string;
  /** Below which directory its files appear, for includes of other remotes; '' for one that is compiled by itself. */
  readonly mountpoint: string;
}

type Options = RemoteOptions['options'];

/** @throws BadConfig */
export const pillarEntries = (list: unknown): readonly RemoteEntry[] => remoteEntries(list, LIST, OWN);

/** @param wanted the environment pillar is made for, if there is one */
export function pillarRemote(entry: RemoteEntry, options: Options, wanted: string | undefined): PillarRemote {
  const remote: RemoteOptions = { prefix: 'git_pillar', entry, options };
  const { branch, url } = branchAndUrl(remote);
  const base = textOf(remote, 'base', 'master');
  const all = entry.own['all_saltenvs'] === undefined ? undefined : textOf(remote, 'all_saltenvs');
  const dynamic = branch === '__env__';
  const target = wanted === undefined || wanted === 'base' ? base : wanted;
  const ref = dynamic ? (all ?? target) : branch;
  return {
    remote,
    url,
    ref,
    fallback: textOf(remote, 'fallback'),
    refTypes: refTypesOf(remote, LIST),
    env:
      dynamic && all !== undefined ? (wanted ?? 'base') : ownEnv(remote, wanted, base) || (branch === base || ref === base ? 'base' : ref),
    root: slashless(settingOf(remote, 'root')),
    mountpoint: slashless(settingOf(remote, 'mountpoint')),
  };
}

function ownEnv(remote: RemoteOptions, wanted: string | undefined, base: string): string {
  const env = textOf(remote, 'env');
  return env === '__env__' ? (wanted ?? base) : env;
}

/** `branch url`, or a URL alone: of the branch that the option names. */
export function branchAndUrl(remote: RemoteOptions): { readonly branch: string; readonly url: string } {
  const [, branch, url] = /^(\S+)\s+(\S.*)$/.exec(remote.entry.id) ?? [];
  if (branch !== undefined && url !== undefined) return { branch, url };
  return { branch: textOf({ ...remote, entry: { id: '', own: {} } }, 'branch', 'master'), url: remote.entry.id };
}

const slashless = (value: unknown): string =>
  String(value ?? '')
    .replace(/^salt:\/\//, '')
    .replace(/^\/+|\/+$/g, '');
