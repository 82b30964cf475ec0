import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import type { Outcome, StateCtx } from '../../define.ts';
import type { LatestArgs, Wanted } from './latest_args.ts';
import { fail, Repository, reason } from './repository.ts';

/** Asks the remote what is wanted, or tells why that cannot be. */
export async function wantedOf(ctx: StateCtx, given: LatestArgs): Promise<Wanted | Outcome> {
  const args = { ...given, identity: identities(given.identity) };
  const unfit = unfitArguments(ctx, args);
  if (unfit !== undefined) return fail(unfit);
  const target = String(args.target);
  const bare = args.bare || args.mirror;
  const url = withUser(args.name, args.https_user, args.https_pass);
  if (url === undefined) return fail('Basic Auth only supported for HTTPS');
  if (String(args.rev) !== 'HEAD' && bare) return fail("'rev' is not compatible with the 'mirror' and 'bare' arguments");
  let refs: Readonly<Record<string, string>>;
  try {
    refs = await new Repository(ctx, target, args).remoteRefs(args.name, { ignore_retcode: false, saltenv: ctx.saltenv });
  } catch (error) {
    if (error instanceof CommandFailed) return fail(`Failed to check remote refs: ${reason(error)}`);
    throw error;
  }
  const remote = String(args.remote);
  const found = bare
    ? { rev: 'HEAD', commit: undefined, type: undefined, upstream: false as const }
    : findRev(refs, String(args.rev), remote);
  if (args.depth != null && found.type !== 'branch' && found.type !== 'tag')
    return fail("When 'depth' is used, 'rev' must be set to the name of a branch or tag on the remote repository");
  if (found.commit === undefined && !bare && found.rev !== 'HEAD')
    return fail(`No revision matching '${found.rev}' exists in the remote repository`);
  const refspecs = args.fetch_tags
    ? [
        `refs/heads/${args.refspec_branch}:refs/remotes/${remote}/${args.refspec_branch}`,
        `+refs/tags/${args.refspec_tag}:refs/tags/${args.refspec_tag}`,
      ]
    : [];
  const branch = args.branch == null ? undefined : String(args.branch);
  const rest = { defaultBranch: defaultBranch(refs), hasHead: 'HEAD' in refs, place: placeOf(found) };
  return { args, target, branch, remote, bare, url, refspecs, ...found, ...rest };
}

const identities = (value: Returnable | undefined): Returnable | undefined => {
  const expanded = (one: Returnable): Returnable => (typeof one === 'string' ? one.replace(/^~(?=\/|$)/, homedir()) : one);
  return typeof value === 'string' ? [expanded(value)] : Array.isArray(value) ? value.map(expanded) : value;
};

function unfitArguments(ctx: StateCtx, args: LatestArgs): string | undefined {
  const odd = Object.entries(ctx.extra).filter(([key]) => !key.startsWith('__'));
  if (odd.length > 0)
    return `The following keyword arguments are not valid: ${odd.map(([key, value]) => `${key}=${String(value)}`).join(', ')}`;
  if (!args.remote) return "'remote' argument is required";
  if (!args.target) return "'target' argument is required";
  if (!args.rev) return `'${args.rev === null ? 'None' : String(args.rev)}' is not a valid value for the 'rev' argument`;
  if (![true, false, 'remote-changes'].includes(args.force_reset as boolean | string))
    return "'force_reset' must be one of True, False, or 'remote-changes'";
  if (!isAbsolute(String(args.target))) return `target '${String(args.target)}' is not an absolute path`;
  if (args.identity != null && !Array.isArray(args.identity)) return 'identity must be either a list or a string';
  const relative = [args.identity ?? []].flat().find((path) => !isAbsolute(String(path)) && !String(path).startsWith('salt://'));
  if (relative !== undefined) return `identity '${String(relative)}' is not an absolute path`;
  return statSync(String(args.target), { throwIfNoEntry: false })?.isFile() === true
    ? `Target '${String(args.target)}' exists and is a regular file, cannot proceed`
    : undefined;
}

/** The URL that the remote is to have; undefined if user and password have no place in it. */
function withUser(url: string, user: Returnable | undefined, password: Returnable | undefined): string | undefined {
  if (user == null && password == null) return url;
  if (!url.startsWith('https://')) return undefined;
  const who = [user, password].filter((one) => one != null).map(String);
  return `https://${who.join(':')}@${url.slice('https://'.length).replace(/^[^/@]*@/, '')}`;
}

type Found = Pick<Wanted, 'rev' | 'commit' | 'type' | 'upstream'>;

function findRev(refs: Readonly<Record<string, string>>, rev: string, remote: string): Found {
  const none = { rev, upstream: false as const };
  if (rev === 'HEAD')
    return refs['HEAD'] === undefined
      ? { ...none, commit: undefined, type: undefined }
      : { rev, commit: refs['HEAD'], type: 'sha1', upstream: null };
  const branch = refs[`refs/heads/${rev}`];
  if (branch !== undefined) return { rev, commit: branch, type: 'branch', upstream: `${remote}/${rev}` };
  const tag = refs[`refs/tags/${rev}^{}`] ?? refs[`refs/tags/${rev}`];
  if (tag !== undefined) return { ...none, commit: tag, type: 'tag' };
  if (!/^[0-9a-f]{1,40}$/i.test(rev)) return { ...none, commit: undefined, type: undefined };
  const sha = rev.toLowerCase();
  return { rev: sha, commit: sha, type: 'sha1', upstream: false };
}

function placeOf({ rev, commit, type, upstream }: Found): string {
  const shown = commit?.slice(0, 7) ?? '';
  if (type === 'sha1') return rev === 'HEAD' ? `remote HEAD (${shown})` : shown;
  return `${type === 'branch' ? upstream : rev} (${shown})`;
}

function defaultBranch(refs: Readonly<Record<string, string>>): string | undefined {
  const [ref] = Object.entries(refs).find(([name, sha]) => name.startsWith('refs/heads/') && sha === refs['HEAD']) ?? [];
  return ref?.slice('refs/heads/'.length);
}
