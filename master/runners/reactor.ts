import { CommandFailed, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { ReactorMap } from '../reactor/map.ts';

/** Whether this master reacts to events. */
export interface Leadership {
  leader: boolean;
}

const SALTENV = {
  saltenv: { type: 'string', default: 'base', doc: 'accepted for compatibility' },
  test: { type: 'any', doc: 'accepted for compatibility' },
} as const;
const EVENT = { type: 'string', required: true, doc: 'the glob of tags' } as const;

/** Which SLS files react to which events (Salt's runner `reactor`). Changes last until the configuration is read again. */
export const reactorRunner = (map: ReactorMap, reactor: () => Leadership | undefined): ExecModule => {
  const running = (): Leadership => {
    const found = map.running ? reactor() : undefined;
    if (found === undefined) throw new CommandFailed('Reactor system is not running.');
    return found;
  };
  const status = (done: boolean, yes: string, no: string): Returnable => ({ status: done, comment: done ? yes : no });
  return execModule({
    name: 'reactor',
    doc: 'What the master does by itself when events are fired.',
    calls: {
      list: call({
        doc: 'List the globs of tags with the files that react to them.',
        examples: ['tsalt-run reactor.list'],
        args: SALTENV,
        changes: false,
        run: () => {
          running();
          return map.list() as Returnable;
        },
      }),
      add: call({
        doc: 'React to more events.',
        examples: ["tsalt-run reactor.add 'salt/cloud/*/destroyed' reactors='/srv/reactor/destroy/*.sls'"],
        args: { event: EVENT, reactors: { type: 'any', required: true, doc: 'a file, or a list of files' }, ...SALTENV },
        changes: true,
        run: (_ctx, { event, reactors }) => {
          running();
          return status(
            map.add(event, (Array.isArray(reactors) ? reactors : [reactors]).map(String)),
            'Reactor added.',
            'Reactor already exists.',
          );
        },
      }),
      delete: call({
        doc: 'React no more to the events of a glob.',
        examples: ["tsalt-run reactor.delete 'salt/cloud/*/destroyed'"],
        args: { event: EVENT, ...SALTENV },
        changes: true,
        run: (_ctx, { event }) => {
          running();
          return status(map.delete(event), 'Reactor deleted.', 'Reactor does not exists.');
        },
      }),
      is_leader: call({
        doc: 'Say whether this master reacts to events.',
        examples: ['tsalt-run reactor.is_leader'],
        args: {},
        changes: false,
        run: () => running().leader,
      }),
      set_leader: call({
        doc: 'Let this master react to events, or not.',
        examples: ['tsalt-run reactor.set_leader True'],
        args: { value: { type: 'boolean', default: true, doc: 'whether it does' } },
        changes: true,
        run: (_ctx, { value }) => {
          const found = running();
          found.leader = value;
          return value;
        },
      }),
    },
  });
};
