import { inOrder, type Outcome, type StateCtx } from '../../define.ts';
import { shown } from '../file/cached.ts';
import { changesBranch, type Situation, upToDate } from './latest_look.ts';
import { sentence, short, wouldBe } from './repository.ts';

/** What an update would do. */
export function foretell(ctx: StateCtx, situation: Situation): Outcome {
  const { wanted, hasChanges, isThere, fetchUrl } = situation;
  const { target, bare, commit } = wanted;
  if (hasChanges && isThere)
    return wouldBe(
      `${target} is up-to-date, but with uncommitted changes. Since 'force_reset' is set to True, these local changes would be reset. ` +
        "To only reset when there are changes in the remote repository, set 'force_reset' to 'remote-changes'.",
      { 'forced update': true },
    );
  if (commit === undefined) return upToDate(ctx, target, bare ? [`Bare repository at ${target} would be fetched`] : []);
  const moved = fetchUrl !== wanted.url;
  const { actions, changes } = moved ? movedRemote(situation) : sameRemote(situation);
  if (Object.keys(changes).length > 0) return wouldBe(sentence(actions), changes);
  return !isThere && !wanted.args.update_head && actions.length > 0 ? inOrder(sentence(actions)) : upToDate(ctx, target, actions);
}

interface Foretold {
  readonly actions: readonly string[];
  readonly changes: Outcome['changes'];
}

const action = ({ fastForward }: Situation): string =>
  fastForward === false ? 'hard-reset' : fastForward === true ? 'fast-forwarded' : 'updated';
const revision = ({ localRev, wanted }: Situation): Outcome['changes'] => ({
  revision: { old: localRev ?? null, new: wanted.commit ?? null },
});

function movedRemote(situation: Situation): Foretold {
  const { wanted, isThere, hasCommit, fetchUrl, fastForward } = situation;
  const updates = !isThere && wanted.args.update_head;
  return {
    actions: [
      `Remote '${wanted.remote}' would be changed from ${fetchUrl === undefined ? 'None' : shown(fetchUrl)} to ${shown(wanted.url)}`,
      ...(hasCommit ? [] : ['Remote would be fetched']),
      ...(updates ? [`Repository would be ${action(situation)} to ${short(wanted.commit)}`] : []),
    ],
    changes: updates ? { ...revision(situation), ...(fastForward === false ? { 'forced update': true } : {}) } : {},
  };
}

function sameRemote(situation: Situation): Foretold {
  const { wanted, isThere, hasCommit } = situation;
  const changes = !isThere && (wanted.args.update_head || changesBranch(situation)) ? revision(situation) : {};
  return {
    actions: [
      ...(hasCommit ? [] : [`Remote '${wanted.remote}' would be fetched`]),
      ...(changesBranch(situation) ? branchActions(situation) : isThere ? [] : [headAction(situation)]),
      ...trackingAction(situation),
    ],
    changes,
  };
}

function branchActions(situation: Situation): string[] {
  const { wanted, branches } = situation;
  const { branch = '', place, upstream, commit } = wanted;
  if (branches.includes(branch)) return [`Branch '${branch}' would be checked out and ${action(situation)} to ${short(commit)}`];
  return [
    `New branch '${branch}' would be checked out, with ${place} as a starting point`,
    ...(upstream ? [`Tracking branch would be set to ${upstream}`] : []),
  ];
}

function headAction({ wanted, localRev, fastForward, hasCommit }: Situation): string {
  const { commit, place, args } = wanted;
  if (!args.update_head)
    return `Local HEAD (${short(localRev)}) does not match ${place} but update_head=False, HEAD would not be updated locally`;
  const how = fastForward === true ? 'fast-forwarded' : args.force_reset && hasCommit ? 'hard-reset' : 'updated';
  return `Repository would be ${how} from ${short(localRev)} to ${short(commit)}`;
}

function trackingAction({ upstream, wanted }: Situation): string[] {
  if (upstream === undefined && wanted.upstream) return [`Tracking branch would be set to ${wanted.upstream}`];
  if (upstream !== undefined && wanted.upstream === false) return ['Tracking branch would be unset'];
  return wanted.upstream && upstream !== wanted.upstream ? [`Tracking branch would be updated to ${wanted.upstream}`] : [];
}
