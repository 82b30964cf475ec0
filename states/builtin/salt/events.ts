import { state } from '../../define.ts';

export const waitForEvent = state({
  doc: 'Waits until events of a tag have named all of these.',
  args: {
    name: { type: 'string', required: true, doc: 'a glob of tags' },
    id_list: { type: 'list', required: true, doc: 'what must be named, such as the ids of minions' },
    event_id: { type: 'string', default: 'id', doc: 'the key of the data that names it' },
    timeout: { type: 'number', default: 300, doc: 'seconds' },
    node: { type: 'string', default: 'master', doc: 'accepted for compatibility' },
  },
  check: async (ctx, { name, id_list, event_id, timeout }) => ({
    predicted: { comment: `Orchestration would wait for event '${name}'`, changes: {} },
    apply: async () => {
      const begun = Date.now();
      const { seen, all } = (await ctx.call('saltutil.wait_for_event', [name, id_list, event_id, timeout])) as unknown as {
        readonly seen: readonly string[];
        readonly all: boolean;
      };
      const changes = seen.length === 0 ? {} : { minions_seen: seen };
      return all
        ? { result: true, comment: `All events seen in ${(Date.now() - begun) / 1000} seconds.`, changes }
        : { result: false, comment: 'Timeout value reached.', changes };
    },
  }),
});
