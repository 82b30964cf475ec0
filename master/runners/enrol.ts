import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { KeyStore } from '../keys/store.ts';

/** Machines that are to come. */
export const enrolRunner = (keys: Pick<KeyStore, 'waitingTokens'>): ExecModule =>
  execModule({
    name: 'enrol',
    doc: 'Machines that are to join this master by a line that was made for them.',
    calls: {
      waiting: call({
        doc: 'Lines that were not used yet, and when they expire; never their tokens.',
        examples: ['tsalt-run enrol.waiting'],
        args: {},
        changes: false,
        run: () => keys.waitingTokens().map(({ expires, ...token }) => ({ ...token, expires: expires.toISOString() })),
      }),
    },
  });
