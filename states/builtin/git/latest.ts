import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type StateCtx, state, type Verdict } from '../../define.ts';
import { LATEST, type LatestArgs } from './latest_args.ts';
import { cloning } from './latest_clone.ts';
import { foretell } from './latest_foretell.ts';
import { isFailure, lookAt } from './latest_look.ts';
import { update } from './latest_update.ts';
import { wantedOf } from './latest_wanted.ts';
import { fail, Repository, reason } from './repository.ts';

async function check(ctx: StateCtx, args: LatestArgs): Promise<Verdict> {
  const wanted = await wantedOf(ctx, args);
  if ('result' in wanted) return wanted;
  const repository = new Repository(ctx, wanted.target, wanted.args);
  const sign = join(wanted.target, wanted.bare ? 'refs' : '.git');
  const isThere = statSync(sign, { throwIfNoEntry: false })?.isDirectory() === true || (await repository.isWorktree());
  if (!isThere) return cloning(wanted, repository);
  try {
    const situation = await lookAt(ctx, wanted, repository);
    if ('result' in situation) return situation;
    return { predicted: foretell(ctx, situation), apply: () => update(ctx, situation) };
  } catch (error) {
    if (isFailure(error)) return fail(reason(error));
    throw error;
  }
}

export const latest = state({
  doc: 'A repository that was cloned, and has the newest commit of a branch or tag of the remote.',
  examples: ['https://example.com/app.git:\n  git.latest:\n    - target: /opt/app\n    - rev: main'],
  args: LATEST,
  extra: 'refused, as in Salt',
  check,
});
