import { type ArgsOf, CallRefused } from '../../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { defined } from '../defined.ts';
import { plan } from '../machine/words.ts';
import { loginOf, MAINTENANCE, serves, WHERE } from './server.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the role' },
  object_name: { type: 'string', required: true, doc: 'what it may use; ALL: all tables or sequences of the schema' },
  object_type: { type: 'string', required: true, doc: 'table, sequence, schema, tablespace, language, database, function, or group' },
  privileges: { type: 'list', doc: 'a list such as [SELECT, INSERT], or [ALL]; none for a group' },
  prepend: { type: 'string', default: 'public', doc: 'the schema of a table, sequence or function' },
  ...WHERE,
  ...MAINTENANCE,
} as const;
const GRANT = { ...ARGS, grant_option: { type: 'boolean', doc: 'it may give them to others, too' } } as const;

interface Words {
  readonly fun: 'grant' | 'revoke';
  readonly done: string;
  readonly change: string;
  readonly already: string;
  readonly side: string;
}
const GRANTED: Words = {
  fun: 'grant',
  done: 'granted',
  change: 'Present',
  already: 'The requested privilege(s) are already set',
  side: 'to',
};
const REVOKED: Words = {
  fun: 'revoke',
  done: 'revoked',
  change: 'Absent',
  already: 'The requested privilege(s) are not set so cannot be revoked',
  side: 'from',
};

async function settle(
  ctx: StateCtx,
  words: Words,
  args: ArgsOf<typeof ARGS> & { readonly grant_option?: boolean | undefined },
): Promise<Verdict> {
  const { name, object_name, object_type, prepend, grant_option } = args;
  if (args.privileges?.some((one) => typeof one !== 'string'))
    throw new CallRefused(`privileges must be a list of names, not ${shown(args.privileges)}`);
  const privileges = args.privileges?.length ? args.privileges.join(',') : undefined;
  const asked = { ...defined({ privileges, grant_option }), prepend, ...loginOf(args) };
  const has = await ctx.call('postgres.has_privileges', [name, object_name, object_type], asked);
  if (has === (words.fun === 'grant')) return inOrder(words.already);
  const meant = object_type === 'group' ? object_name : (privileges ?? 'None');
  return plan(`The privilege(s): ${meant} are set to be ${words.done} ${words.side} ${name}`, async () =>
    (await ctx.call(`postgres.privileges_${words.fun}`, [name, object_name, object_type], asked))
      ? inOrder(`The privilege(s): ${meant} have been ${words.done} ${words.side} ${name}`, { [name]: words.change })
      : failed(`Failed to ${words.fun} privilege(s): ${meant} ${words.side} ${name}`),
  );
}

/** What roles of a PostgreSQL server may do. */
export default stateModule({
  name: 'postgres_privileges',
  doc: 'What roles of a PostgreSQL server may do.',
  serves,
  states: {
    present: state({
      doc: 'A role that has these privileges on an object, or is in a group.',
      examples: [
        'alice:\n  postgres_privileges.present:\n    - object_name: orders\n    - object_type: table\n    - privileges: [SELECT, INSERT]\n    - maintenance_db: shop',
      ],
      args: GRANT,
      check: (ctx, args) => settle(ctx, GRANTED, args),
    }),
    absent: state({
      doc: 'A role that has not these privileges on an object, or is not in a group.',
      args: ARGS,
      check: (ctx, args) => settle(ctx, REVOKED, args),
    }),
  },
});
