import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { scopeOf, tokenizeGrant } from '../../../modules/exec/mysql/grants.ts';
import { CONNECTION } from '../../../modules/exec/mysql/session.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { namesOf } from '../accounts/words.ts';
import { plan } from '../machine/words.ts';
import { ask, withReason } from './server.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'what the grant is called here' },
  grant: { type: 'string', doc: 'privileges with commas between: `select,update`, or `all privileges`' },
  database: { type: 'string', doc: '`db.table`; either may be `*`' },
  user: { type: 'string', doc: 'the user' },
  host: { type: 'string', default: 'localhost', doc: 'where it comes from' },
  grant_option: { type: 'boolean', default: false, doc: 'it may give them to others, too' },
  escape: { type: 'boolean', default: true, doc: 'put the names of database and table into quotes' },
} as const;
const PRESENT = {
  ...ARGS,
  revoke_first: { type: 'boolean', default: false, doc: 'take from it what else it has on this very database or table' },
  ssl_option: { type: 'any', default: false, doc: 'demands on its connection: `[{SSL: True}, {ISSUER: text}]`' },
} as const;
type Args = ArgsOf<typeof ARGS>;

const words = ({ grant, database, user, host }: Args) => ({
  grant: grant ?? 'None',
  on: database ?? 'None',
  who: `${user ?? 'None'}@${host}`,
});
const asked = (args: Args): Returnable[] => [
  args.grant ?? null,
  args.database ?? null,
  args.user ?? null,
  args.host,
  args.grant_option,
  args.escape,
];

async function present(ctx: StateCtx, args: ArgsOf<typeof PRESENT>): Promise<Verdict> {
  const { grant, on, who } = words(args);
  const { value, error } = await ask(ctx, 'grant_exists', asked(args));
  if (value === true) return inOrder(`Grant ${grant} on ${on} to ${who} is already present`);
  if (error !== undefined) return failed(error);
  return plan(`MySQL grant ${args.name} is set to be created`, async () => {
    if (args.revoke_first) await revokeAll(ctx, args);
    const added = await ask(ctx, 'grant_add', [...asked(args), args.ssl_option]);
    if (added.value) return inOrder(`Grant ${grant} on ${on} to ${who} has been added`, { [args.name]: 'Present' });
    return failed(withReason(`Failed to execute: "GRANT ${grant} ON ${on} TO ${who}"`, added.error));
  });
}

/** Takes from the account what it has on this very database or table. */
async function revokeAll(ctx: StateCtx, { database = '', user = '', host, escape: quoted }: Args): Promise<void> {
  const plain = (scope: string): string => scope.replace(/["\\`]/g, '');
  const scope = plain(scopeOf(database, quoted));
  const held = (namesOf((await ask(ctx, 'user_grants', [user, host])).value) ?? []).filter(
    (grant) => plain(tokenizeGrant(grant).database) === scope,
  );
  if (held.length > 0) await ask(ctx, 'grant_revoke', ['ALL PRIVILEGES', database, user, host], { escape: quoted });
  const passedOn = held.some((grant) => grant.includes(' WITH GRANT OPTION'));
  if (passedOn) await ask(ctx, 'grant_revoke', ['GRANT OPTION', database, user, host], { escape: quoted });
}

async function absent(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { grant, on, who } = words(args);
  const { value, error } = await ask(ctx, 'grant_exists', asked(args));
  if (error !== undefined) return failed(`Unable to determine if grant ${grant} on ${on} for ${who} exists (${error})`);
  if (value !== true) return inOrder(`Grant ${grant} on ${on} to ${who} is not present, so it cannot be revoked`);
  return plan(`MySQL grant ${args.name} is set to be revoked`, async () => {
    const revoked = await ask(ctx, 'grant_revoke', asked(args));
    if (revoked.value) return inOrder(`Grant ${grant} on ${on} for ${who} has been revoked`, { [args.name]: 'Absent' });
    return failed(withReason(`Unable to revoke grant ${grant} on ${on} for ${who}`, revoked.error));
  });
}

/** What accounts of a MySQL or MariaDB server may do. */
export default stateModule({
  name: 'mysql_grants',
  doc: 'What accounts of a MySQL or MariaDB server may do.',
  states: {
    present: state({
      doc: 'Privileges that an account has.',
      examples: ['frank reads the shop:\n  mysql_grants.present:\n    - grant: select\n    - database: shop.*\n    - user: frank'],
      args: PRESENT,
      extra: CONNECTION,
      check: present,
    }),
    absent: state({ doc: 'Privileges that an account has not.', args: ARGS, extra: CONNECTION, check: absent }),
  },
});
