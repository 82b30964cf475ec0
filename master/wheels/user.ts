import { CommandFailed, call, type ExecModule, execModule } from '../../modules/define.ts';
import type { UserBook } from '../access/user-book.ts';

const NAME = { type: 'string', required: true, doc: 'the name of the user' } as const;

/** Users of the master's own, who log in with the eauth `local`. */
export const userWheel = (book: UserBook): ExecModule =>
  execModule({
    name: 'user',
    doc: "Users of the master's own: who logs in with the eauth local.",
    calls: {
      save: call({
        doc: 'Make a user, or change one: what is not given stays as it is.',
        examples: [
          'tsalt-run wheel.user.save name=alice roles=administrator',
          'tsalt-run wheel.user.save name=bob roles=watcher groups=web',
        ],
        args: {
          name: NAME,
          password: { type: 'string', doc: 'his password; a new user without one is given one, which is shown this once' },
          roles: { type: 'list', doc: 'administrator, watcher, or names of the option roles' },
          groups: { type: 'list', doc: 'groups of minions that limit all of these; an empty list takes the limit away' },
        },
        changes: true,
        run: async (_ctx, { name, password, roles, groups }) => {
          const made = await book.save({
            name,
            ...(password === undefined ? {} : { password }),
            ...(roles === undefined ? {} : { roles: roles.map(String) }),
            ...(groups === undefined ? {} : { groups: groups.map(String) }),
          });
          return { name, ...(made === undefined ? {} : { password: made }) };
        },
      }),
      password: call({
        doc: 'Change the password of a user, and end all his logins.',
        examples: ['tsalt-run wheel.user.password name=alice password=...'],
        args: { name: NAME, password: { type: 'string', required: true, doc: 'the new one' } },
        changes: true,
        run: async (_ctx, { name, password }) => {
          if (!book.list().some((user) => user.name === name)) throw new CommandFailed(`there is no user ${name}`);
          await book.save({ name, password });
          return true;
        },
      }),
      delete: call({
        doc: 'Remove a user, and end all his logins.',
        examples: ['tsalt-run wheel.user.delete name=bob'],
        args: { name: NAME },
        changes: true,
        run: (_ctx, { name }) => {
          book.delete(name);
          return true;
        },
      }),
    },
  });
