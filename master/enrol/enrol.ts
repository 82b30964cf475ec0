import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import type { Group, Groups } from '../groups/groups.ts';

export interface EnrolParts {
  readonly groups: () => Pick<Groups, 'get' | 'save'>;
  readonly bus: EventBus;
  readonly log: Log;
}

/**
 * What happens when a minion was accepted for its token: it joins the group of the token, and that is told as
 * `tsalt/enrol/<id>`. Never throws: the minion is accepted whatever becomes of the group.
 */
export const enrolled =
  ({ groups, bus, log }: EnrolParts) =>
  (id: string, group: string | undefined): void => {
    const problem = group === undefined ? undefined : joined(groups(), group, id);
    if (problem !== undefined) log.error(`${id} was accepted for its token, but is not in the group ${group}: ${problem}`);
    bus.fire(`tsalt/enrol/${id}`, { id, group: group ?? null, ...(problem === undefined ? {} : { problem }) });
  };

/** What stood in the way of it. */
function joined(groups: Pick<Groups, 'get' | 'save'>, name: string, id: string): string | undefined {
  try {
    join(groups, name, id);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function join(groups: Pick<Groups, 'get' | 'save'>, name: string, id: string): void {
  const { source: _source, ...group } = mayJoin(groups, name);
  const ids = idsOf(group.expression);
  if (!ids.includes(id)) groups.save({ ...group, expression: [...ids, id].join(',') });
}

/**
 * The group that a machine is to join: one of the kind list, which is made when there is none.
 * @throws TsaltError `bad-group`
 */
export function mayJoin(groups: Pick<Groups, 'get'>, name: string): Group {
  const group = groups.get(name);
  if (group === undefined && !NAME.test(name))
    throw new TsaltError(
      'bad-group',
      `${JSON.stringify(name).slice(0, 80)} cannot name a group: letters, digits, ".", "_" and "-" are allowed.`,
    );
  if (group === undefined) return { name, kind: 'list', expression: '', description: '', plugins: [], watchers: [], source: 'saved' };
  if (group.source === 'config')
    throw new TsaltError('bad-group', `The group ${name} comes from the option nodegroups: no machine can be added to it here.`);
  if (group.kind !== 'list')
    throw new TsaltError(
      'bad-group',
      `The group ${name} is of the kind ${group.kind}: its expression says who is in it. Name a group of the kind list, or none.`,
    );
  return group;
}

/** As groups are named. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const idsOf = (expression: string): string[] => expression.split(/[\s,]+/).filter((id) => id !== '');
