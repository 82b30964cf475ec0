import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { UserBook } from '../access/user-book.ts';

/** Users of the master's own; never their passwords. */
export const usersRunner = (book: UserBook): ExecModule =>
  execModule({
    name: 'users',
    doc: "Users of the master's own, who log in with the eauth local.",
    calls: {
      list: call({
        doc: 'List the users with their roles and the groups of minions they are limited to.',
        examples: ['tsalt-run users.list'],
        args: {},
        changes: false,
        run: () => book.list().map(({ changed, ...user }) => ({ ...user, changed: new Date(changed * 1000).toISOString() })),
      }),
      roles: call({
        doc: 'List the roles there are.',
        examples: ['tsalt-run users.roles'],
        args: {},
        changes: false,
        run: () => [...book.roles()],
      }),
    },
  });
