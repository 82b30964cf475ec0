import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { type Group, type Groups, groupTarget } from '../groups/groups.ts';

export interface GroupsRunnerParts {
  readonly groups: Groups;
  readonly fleet: Fleet;
}

/** Groups of minions: saved ones, and those of the option `nodegroups`. */
export const groupsRunner = ({ groups, fleet }: GroupsRunnerParts): ExecModule => {
  const shown = (group: Group): Readonly<Record<string, Returnable>> => ({ ...group });
  const counted = (minions: readonly string[]) => ({
    members: minions.length,
    online: minions.filter((id) => fleet.presence.of(id).state === 'online').length,
  });
  return execModule({
    name: 'groups',
    doc: 'Groups of minions: targets with a name, used as node groups (-N, N@name).',
    calls: {
      list: call({
        doc: 'List the groups, with how many minions are in each and how many of those are there.',
        examples: ['tsalt-run groups.list'],
        args: {},
        changes: false,
        run: () => groups.list().map((group) => ({ ...shown(group), ...membersOf(fleet, groupTarget(group), counted) })),
      }),
      show: call({
        doc: 'Show one group with its minions.',
        examples: ['tsalt-run groups.show web'],
        args: { name: { type: 'string', required: true, doc: 'the name of the group' } },
        changes: false,
        run: (_ctx, { name }) => {
          const group = groups.need(name);
          const { minions } = fleet.match(groupTarget(group));
          return { ...shown(group), ...counted(minions), minions };
        },
      }),
      preview: call({
        doc: 'Show which minions a target means, without asking them.',
        examples: ["tsalt-run groups.preview glob 'web*'", "tsalt-run groups.preview compound 'G@os:Debian and N@web'"],
        args: {
          kind: { type: 'string', required: true, doc: 'how the expression is meant: glob, list, grain, compound, nodegroup, ...' },
          expression: { type: 'string', required: true, doc: 'which minions' },
        },
        changes: false,
        run: (_ctx, { kind, expression }) => {
          const { minions } = fleet.match({ kind, expression });
          return { kind, expression, ...counted(minions), minions };
        },
      }),
    },
  });
};

/** A group that cannot be understood any more (of the configuration, say) shows why, and hides no other. */
function membersOf(
  fleet: Fleet,
  target: ReturnType<typeof groupTarget>,
  counted: (minions: readonly string[]) => Readonly<Record<string, number>>,
): Readonly<Record<string, Returnable>> {
  try {
    return counted(fleet.match(target).minions);
  } catch (error) {
    return { members: 0, online: 0, problem: messageOf(error) };
  }
}
