import { CommandFailed, type Ctx } from '../../../define.ts';

const isUbuntu = (ctx: Ctx): boolean => ['Ubuntu', 'Mint', 'neon'].includes(String(ctx.grains['os']));

interface Ppa {
  readonly owner: string;
  readonly name: string;
}

/** `ppa:owner/name`. Throws CommandFailed if it is not of that form. */
export const ppaOf = (repo: string): Ppa => {
  const [, owner, name] = /^ppa:([^/]+)\/(.+)$/.exec(repo) ?? [];
  if (owner !== undefined && name !== undefined) return { owner, name };
  throw new CommandFailed(
    'Unable to get PPA info from argument. Expected format "<PPA_OWNER>/<PPA_NAME>" (e.g. saltstack/salt) not found.  ' +
      `Received '${repo.slice(4)}' instead.`,
  );
};

/** The entry that a PPA stands for on Ubuntu; any other repository as it is. `auth` is `user:password`, for a private one. */
export const expandPpa = (ctx: Ctx, repo: string, auth: string | undefined): string => {
  if (!repo.startsWith('ppa:') || !isUbuntu(ctx)) return repo;
  const { owner, name } = ppaOf(repo);
  const place = auth === undefined ? 'http://ppa.launchpad.net' : `https://${auth}@private-ppa.launchpad.net`;
  return `deb ${place}/${owner}/${name}/ubuntu ${ctx.grains['oscodename']} main`;
};

/** Throws CommandFailed for a PPA where there are none. */
export const refusePpa = (ctx: Ctx, repo: string): void => {
  if (repo.startsWith('ppa:') && !isUbuntu(ctx)) throw new CommandFailed(`cannot parse "ppa:" style repo definitions: ${repo}`);
};

interface PpaInfo {
  readonly fingerprint: string;
  readonly isPrivate: boolean;
}

/** What Launchpad tells of a PPA. Throws CommandFailed if it does not know it. */
export const ppaInfo = async (ctx: Ctx, { owner, name }: Ppa): Promise<PpaInfo> => {
  const url = `https://launchpad.net/api/1.0/~${owner}/+archive/${name}`;
  const answer = await fetch(url, { headers: { Accept: 'application/json' }, signal: ctx.signal });
  if (!answer.ok)
    throw new CommandFailed(`Launchpad does not know about ${owner}/${name}: HTTP Error ${answer.status}: ${answer.statusText}`);
  const told = (await answer.json()) as { signing_key_fingerprint?: unknown; private?: unknown };
  if (typeof told.signing_key_fingerprint !== 'string')
    throw new CommandFailed(`Launchpad knows about ${owner}/${name} but did not return a fingerprint. Please set keyid manually`);
  return { fingerprint: told.signing_key_fingerprint, isPrivate: told.private === true };
};
