import { returner } from '../../define.ts';
import { Connection } from './connection.ts';
import { type Naming, type Point, pointsOf, pointsOfEvent } from './points.ts';
import { asPickle, asText } from './protocols.ts';

export default returner({
  name: 'carbon',
  doc: 'Sends the numbers of each result to Graphite: those in maps and lists become metrics with dotted names.',
  example: `carbon.host: graphite.example.com
carbon.port: 2003
carbon.skip_on_error: True
carbon.metric_base_pattern: servers.[minion_id].[module].[function]`,
  options: {
    host: { type: 'string', required: true, doc: 'name or address of the Carbon daemon' },
    port: { type: 'number', doc: 'its port; 2003, or 2004 with the pickle protocol, unless given' },
    mode: { type: 'string', default: 'text', choices: ['text', 'pickle'], doc: 'the protocol' },
    skip_on_error: { type: 'boolean', default: false, doc: 'leave out what is no number, instead of giving the result up' },
    metric_base_pattern: {
      type: 'string',
      default: '[module].[function].[minion_id]',
      doc: 'how metrics begin; results of virt bear module and function alone',
    },
    metric_base: { type: 'string', default: '', doc: 'put before all names' },
  },
  open({ host, port, mode, skip_on_error, metric_base_pattern, metric_base }, { log }) {
    const connection = new Connection(host, port ?? (mode === 'pickle' ? 2004 : 2003));
    const leaveOut = { skip: (why: string): void => log.debug(`carbon: ${why}`) };
    const naming: Naming = { pattern: metric_base_pattern, base: metric_base, ...(skip_on_error ? leaveOut : {}) };
    const send = async (points: readonly Point[]): Promise<void> => {
      if (points.length > 0) await connection.send(mode === 'pickle' ? asPickle(points) : asText(points));
    };
    return {
      send: (results) => send(results.flatMap((result) => pointsOf(result, naming))),
      events: (events) => send(events.flatMap((event) => pointsOfEvent(event, { ...naming, ...leaveOut }))),
      close: () => connection.close(),
    };
  },
});
