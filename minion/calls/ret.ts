import { CommandFailed, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Ports } from './ports.ts';

const RETURNER = { type: 'string', required: true, doc: 'the name of the returner' } as const;

/** Results that returners keep, read back. */
export default function ret(ports: Ports) {
  const ask = async (returner: string, what: 'jid' | 'fun' | 'jids' | 'minions', of = ''): Promise<Returnable> => {
    try {
      return await ports.returners.ask(returner, what, of);
    } catch (error) {
      throw new CommandFailed(`${returner}: ${messageOf(error)}`);
    }
  };
  return execModule({
    name: 'ret',
    doc: 'Results that returners keep, read back.',
    calls: {
      get_jid: call({
        doc: 'The returns of a job, by minion.',
        examples: ["tsalt '*' ret.get_jid postgres 20421104181954700505"],
        args: { returner: RETURNER, jid: { type: 'string', required: true, doc: 'the job id' } },
        changes: false,
        run: (_ctx, { returner, jid }) => ask(returner, 'jid', jid),
      }),
      get_fun: call({
        doc: 'The last return of a function, by minion.',
        examples: ["tsalt '*' ret.get_fun postgres network.interfaces"],
        args: { returner: RETURNER, fun: { type: 'string', required: true, doc: 'the function' } },
        changes: false,
        run: (_ctx, { returner, fun }) => ask(returner, 'fun', fun),
      }),
      get_jids: call({
        doc: 'The jobs that a returner knows, with what was asked.',
        examples: ["tsalt '*' ret.get_jids postgres"],
        args: { returner: RETURNER },
        changes: false,
        run: (_ctx, { returner }) => ask(returner, 'jids'),
      }),
      get_minions: call({
        doc: 'The minions whose returns a returner has.',
        examples: ["tsalt '*' ret.get_minions postgres"],
        args: { returner: RETURNER },
        changes: false,
        run: (_ctx, { returner }) => ask(returner, 'minions'),
      }),
    },
  });
}
