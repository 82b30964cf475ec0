import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { Groups } from '../groups/groups.ts';

/** Changes to the groups of minions. */
export const groupWheel = (groups: Groups): ExecModule =>
  execModule({
    name: 'group',
    doc: 'Groups of minions, which targets name (-N, N@name).',
    calls: {
      save: call({
        doc: 'Make a group, or replace it.',
        examples: ["tsalt-run wheel.group.save name=web kind=glob expression='web*'"],
        args: {
          name: { type: 'string', required: true, doc: 'its name' },
          kind: {
            type: 'string',
            default: 'glob',
            doc: 'how the expression is meant: glob, list, pcre, grain, pillar, ipcidr, compound, nodegroup, ...',
          },
          expression: { type: 'string', required: true, doc: 'which minions it means' },
          description: { type: 'string', default: '', doc: 'for people' },
          watchers: { type: 'list', default: [], doc: 'users who may see it' },
          plugins: { type: 'list', default: [], doc: 'plugins that are offered for it' },
        },
        changes: true,
        run: (_ctx, { watchers, plugins, ...group }) => ({
          ...groups.save({ ...group, watchers: watchers.map(String), plugins: plugins.map(String) }),
        }),
      }),
      delete: call({
        doc: 'Forget a group. Its minions stay.',
        examples: ['tsalt-run wheel.group.delete name=web'],
        args: { name: { type: 'string', required: true, doc: 'its name' } },
        changes: true,
        run: (_ctx, { name }) => {
          groups.remove(name);
          return true;
        },
      }),
    },
  });
