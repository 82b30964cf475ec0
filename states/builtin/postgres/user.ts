import { state, stateModule } from '../../define.ts';
import { ROLE, roleAbsent, rolePresent } from './roles.ts';
import { MAINTENANCE, serves, WHERE } from './server.ts';

const name = { type: 'string', required: true, doc: 'the user' } as const;

/** Users of a PostgreSQL server: roles that may log in. */
export default stateModule({
  name: 'postgres_user',
  doc: 'Users of a PostgreSQL server: roles that may log in.',
  serves,
  states: {
    present: state({
      doc: 'A user that is there, with these rights.',
      examples: ['frank:\n  postgres_user.present:\n    - password: secret\n    - encrypted: scram-sha-256\n    - groups: [staff]'],
      args: {
        name,
        ...ROLE,
        default_password: { type: 'string', doc: 'its password when it is created and `password` is not given' },
        valid_until: { type: 'string', doc: 'the time until which its password is good' },
      },
      check: (ctx, args) => rolePresent(ctx, 'user', args),
    }),
    absent: state({
      doc: 'A user that is not there.',
      args: { name, ...WHERE, ...MAINTENANCE },
      check: (ctx, args) => roleAbsent(ctx, 'user', args),
    }),
  },
});
