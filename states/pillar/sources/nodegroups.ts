import { toPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { compileTarget } from '../../../kernel/targeting/compile.ts';
import { nodegroupsOf } from '../options.ts';
import type { Source, SourceParts } from './source.ts';

/** `nodegroups`: the names of the node groups that the minion is in. */
export const nodegroups: Source = {
  args: ['pillar_name'],
  run: async (parts, { named }) => new Map([[str(named.get('pillar_name') || 'nodegroups'), memberships(parts)]]),
};

/** Groups that cannot be understood have no members. */
export function memberships({ options, request, pillar }: Pick<SourceParts, 'options' | 'request' | 'pillar'>): string[] {
  const groups = nodegroupsOf(options['nodegroups']);
  const subject = { id: request.id, grains: request.grains as Record<string, unknown>, pillar: toPlain(pillar) as Record<string, unknown> };
  return Object.keys(groups).filter((name) => {
    try {
      return compileTarget({ kind: 'nodegroup', expression: name }, groups).matches(subject);
    } catch {
      return false;
    }
  });
}
