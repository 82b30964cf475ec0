import { type Outlet, type Returnable, returner } from '../define.ts';
import { messageOf } from './failure.ts';

/** Configured as in Salt by a list, `multi_returner: [a, b]`, or as the others are. */
export default returner({
  name: 'multi',
  doc: 'Hands each result to several other returners; each has a queue of its own, so that none waits for another.',
  example: 'multi.returners: [carbon, rawfile_json]',
  prefixes: ['multi', 'multi_returner'],
  options: { returners: { type: 'list', required: true, doc: 'names of returners' } },
  open({ returners }, ctx) {
    const others = returners.map((name) => ctx.other(String(name)));
    /** What one of them does not take is no failure of the others, which would get it a second time. */
    const all = async (act: (other: Outlet) => Promise<void> | undefined): Promise<void> => {
      const ended = await Promise.allSettled(others.map(act));
      for (const [index, end] of ended.entries())
        if (end.status === 'rejected') ctx.log.error(`multi could not hand over to ${String(returners[index])}: ${messageOf(end.reason)}`);
    };
    return {
      send: (results) => all((other) => other.send(results)),
      events: (events) => all((other) => other.events?.(events)),
      /** As in Salt maps of all are joined, and later ones win; lists are joined, too. */
      ask: async (what, of) => {
        const answers = await Promise.all(others.map((other) => other.ask?.(what, of)));
        return what === 'minions'
          ? [...new Set(answers.flatMap((answer) => answer ?? []))]
          : Object.assign({}, ...(answers as Returnable[]));
      },
    };
  },
});
