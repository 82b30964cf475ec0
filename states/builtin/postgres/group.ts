import { state, stateModule } from '../../define.ts';
import { ROLE, roleAbsent, rolePresent } from './roles.ts';
import { MAINTENANCE, serves, WHERE } from './server.ts';

const name = { type: 'string', required: true, doc: 'the group' } as const;

/** Groups of a PostgreSQL server: roles that may not log in. */
export default stateModule({
  name: 'postgres_group',
  doc: 'Groups of a PostgreSQL server: roles that may not log in.',
  serves,
  states: {
    present: state({
      doc: 'A group that is there, with these rights.',
      args: { name, ...ROLE },
      check: (ctx, args) => rolePresent(ctx, 'group', { ...args, default_password: undefined, valid_until: undefined }),
    }),
    absent: state({
      doc: 'A group that is not there.',
      args: { name, ...WHERE, ...MAINTENANCE },
      check: (ctx, args) => roleAbsent(ctx, 'group', args),
    }),
  },
});
