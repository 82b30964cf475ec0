import { setTimeout as pause } from 'node:timers/promises';
import type { GitMirror } from '../../../../kernel/git/mirror.ts';
import { mirrorOf, numberOf, type RemoteOptions } from '../../../../kernel/git/remote.ts';
import { GitUpkeep } from '../../../../kernel/git/upkeep.ts';
import { fromPlain, toPlain } from '../../../../kernel/render/python/plain.ts';
import { isDict } from '../../../../kernel/render/python/value.ts';
import type { Log } from '../../../../modules/define.ts';
import { branchAndUrl, pillarEntries } from './remote.ts';

/** The copies of the remotes of `ext_pillar: git`. */
export interface GitPillars extends AsyncDisposable {
  /** Ready to be read; what it brought last, if it cannot be fetched. @throws BadConfig, NeverFetched */
  mirror(remote: RemoteOptions): Promise<GitMirror>;
}

/** Milliseconds for which a pillar waits for a remote that has never been fetched. */
const FIRST_MS = 15_000;

/** A pillar without what should be in it would be worse than none. */
export class NeverFetched extends Error {
  constructor(url: string) {
    super(`${url} could not be fetched so far, the log says why`);
    this.name = 'GitRemoteError';
  }
}

type Keep = (mirror: GitMirror, interval: number) => GitUpkeep;

/** Of a daemon: they are fetched in the background, and nobody waits but for the first time. @throws BadConfig */
export function keptPillars(options: RemoteOptions['options'], log: Log): GitPillars {
  const pillars = pillarsOf(
    log,
    (mirror, interval) => {
      const upkeep = new GitUpkeep([{ mirror, interval }], log);
      upkeep.start();
      return upkeep;
    },
    async (mirror, upkeep) => {
      if (!(await mirror.isFilled())) await Promise.race([upkeep.fetch(mirror), pause(FIRST_MS, undefined, { ref: false })]);
    },
  );
  const sources: unknown = options['ext_pillar'];
  for (const source of Array.isArray(sources) ? sources : []) {
    const git = isDict(fromPlain(source)) ? (source as Readonly<Record<string, unknown>>)['git'] : undefined;
    if (git === undefined) continue;
    for (const entry of pillarEntries(toPlain(fromPlain(git)))) pillars.know({ prefix: 'git_pillar', entry, options });
  }
  return pillars;
}

/** Of a call without a master: fetched each time. */
export const freshPillars = (log: Log): GitPillars =>
  pillarsOf(
    log,
    (mirror, interval) => new GitUpkeep([{ mirror, interval }], log),
    async (mirror, upkeep) => {
      await upkeep.fetch(mirror);
    },
  );

interface Known {
  readonly mirror: GitMirror;
  readonly upkeep: GitUpkeep;
}

function pillarsOf(
  log: Log,
  keep: Keep,
  ready: (mirror: GitMirror, upkeep: GitUpkeep) => Promise<void>,
): GitPillars & { know(remote: RemoteOptions): Known } {
  const known = new Map<string, Known>();
  /** Remotes that differ in their branch alone share a copy; those that differ in anything else do not. */
  const know = (remote: RemoteOptions): Known => {
    const { url } = branchAndUrl(remote);
    const key = JSON.stringify([url, remote.entry.own]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const mirror = mirrorOf(remote, url, 'ext_pillar: git', log);
    const made = { mirror, upkeep: keep(mirror, numberOf(remote, 'update_interval', 60)) };
    known.set(key, made);
    return made;
  };
  return {
    know,
    mirror: async (remote) => {
      const { mirror, upkeep } = know(remote);
      await ready(mirror, upkeep);
      if (!(await mirror.isFilled())) throw new NeverFetched(mirror.url);
      return mirror;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { upkeep } of known.values()) await upkeep[Symbol.asyncDispose]();
    },
  };
}
