import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { Fleet } from '../fleet/fleet.ts';

export const minionsWheel = ({ ids, presence }: Pick<Fleet, 'ids' | 'presence'>): ExecModule =>
  execModule({
    name: 'minions',
    doc: 'Which minions are there.',
    calls: {
      connected: call({
        doc: 'List the accepted minions that are connected.',
        examples: ['tsalt-run wheel.minions.connected'],
        args: {},
        changes: false,
        run: () => ids().filter((id) => presence.of(id).state === 'online'),
      }),
    },
  });
