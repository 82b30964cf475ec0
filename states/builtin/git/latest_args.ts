import type { ArgsOf } from '../../../modules/define.ts';
import { ACCESS, COMMON } from './repository.ts';

const flag = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
const on = (doc: string) => ({ type: 'boolean', default: true, doc }) as const;
const any = (doc: string) => ({ type: 'any', doc }) as const;

export const LATEST = {
  name: { type: 'string', required: true, doc: 'the URL' },
  target: { type: 'any', required: true, doc: 'the directory' },
  rev: { type: 'any', default: 'HEAD', doc: 'the branch, tag or commit' },
  branch: any('the local branch that is checked out'),
  ...COMMON,
  update_head: on('also a HEAD that is elsewhere is updated'),
  force_checkout: flag('discard changes to check out a branch'),
  force_clone: flag('in place of what is in the directory'),
  force_fetch: flag('fetch also what is no fast-forward'),
  force_reset: { type: 'any', default: false, doc: 'reset what is no fast-forward; `remote-changes`: changes stay until then' },
  submodules: flag('with submodules'),
  bare: flag('without a working tree'),
  mirror: flag('bare, with all refs'),
  remote: { type: 'any', default: 'origin', doc: 'the name of the remote' },
  fetch_tags: on('all branches and tags are fetched'),
  sync_tags: on('tags that the remote has no longer are removed'),
  depth: any('only so many commits'),
  ...ACCESS,
  refspec_branch: { type: 'string', default: '*', doc: 'the branches that are fetched' },
  refspec_tag: { type: 'string', default: '*', doc: 'the tags that are fetched' },
} as const;
export type LatestArgs = ArgsOf<typeof LATEST>;

/** What is asked for of the remote, and what that is now. */
export interface Wanted {
  readonly args: LatestArgs;
  readonly target: string;
  readonly rev: string;
  readonly branch: string | undefined;
  readonly remote: string;
  readonly bare: boolean;
  readonly url: string;
  readonly refspecs: readonly string[];
  /** The commit; undefined of a bare or an empty repository. */
  readonly commit: string | undefined;
  readonly type: 'branch' | 'tag' | 'sha1' | undefined;
  /** `origin/main`; null: it is of no matter; false: there is to be none. */
  readonly upstream: string | null | false;
  /** How the commit is shown. */
  readonly place: string;
  readonly defaultBranch: string | undefined;
  readonly hasHead: boolean;
}

/** Whether a local commit is the one wanted, which may be shortened. */
export const isCommit = (local: string | undefined, { commit, type }: Wanted): boolean =>
  local === undefined || commit === undefined ? local === commit : type === 'sha1' ? local.startsWith(commit) : local === commit;
