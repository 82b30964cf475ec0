import type { EventBus } from '../../kernel/events/bus.ts';
import { call, type ExecModule, execModule } from '../../modules/define.ts';

/** Salt's runner `event`. */
export const eventRunner = (bus: EventBus): ExecModule =>
  execModule({
    name: 'event',
    doc: 'Events onto the bus of the master.',
    calls: {
      send: call({
        doc: 'Fire an event with any tag.',
        examples: ['tsalt-run event.send my/custom/event \'{"foo": "bar"}\''],
        args: {
          tag: { type: 'string', required: true, doc: 'its tag' },
          data: { type: 'map', doc: 'its data' },
        },
        changes: true,
        run: (_ctx, { tag, data }) => {
          bus.fire(tag, data ?? {});
          return true;
        },
      }),
    },
  });
