import { hostname } from 'node:os';
import type { GitUpkeep } from '../../../../kernel/git/upkeep.ts';
import { globMatcher } from '../../../../kernel/targeting/glob.ts';
import { messageOf } from '../../../../protocol/errors.ts';
import type { Done, Upkeep } from '../../backend.ts';
import type { GitRemote } from './environments.ts';

/** What the runner `fileserver` can have done to gitfs. */
export function gitUpkeep(remotes: readonly GitRemote[], keeping: GitUpkeep): Upkeep {
  /** A pattern is of URLs. */
  const matching = (pattern: string | undefined): readonly GitRemote[] =>
    pattern === undefined ? remotes : remotes.filter(({ names: [url = ''] }) => globMatcher(pattern)(url));

  return {
    update: async (only) => {
      const wanted = only === undefined ? remotes : remotes.filter(({ names }) => names.some((name) => only.includes(name)));
      await Promise.all(wanted.map(({ mirror }) => keeping.fetch(mirror)));
    },
    clearCache: async () => {
      const { bad } = await each(remotes, async ({ mirror }) => {
        await mirror.clear();
        return undefined;
      });
      return bad;
    },
    lock: (pattern) =>
      each(matching(pattern), async ({ mirror }) =>
        (await mirror.lock()) ? `Set update lock for gitfs remote '${mirror.url}' on ${hostname()}` : undefined,
      ),
    clearLock: (pattern) =>
      each(matching(pattern), async ({ mirror }) =>
        (await mirror.unlock()) ? `Removed update lock for gitfs remote '${mirror.url}' on ${hostname()}` : undefined,
      ),
  };
}

async function each(remotes: readonly GitRemote[], act: (remote: GitRemote) => Promise<string | undefined>): Promise<Done> {
  const good: string[] = [];
  const bad: string[] = [];
  for (const remote of remotes) {
    try {
      const said = await act(remote);
      if (said !== undefined) good.push(said);
    } catch (error) {
      bad.push(`${remote.mirror.url}: ${messageOf(error)}`);
    }
  }
  return { good, bad };
}
