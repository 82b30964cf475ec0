import type { ArgsOf } from '../../../modules/define.ts';
import { CONNECTION } from '../../../modules/exec/mysql/session.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { plan } from '../machine/words.ts';
import { ask, withReason } from './server.ts';

const WHO = {
  name: { type: 'string', required: true, doc: 'the user' },
  host: { type: 'string', default: 'localhost', doc: 'where it comes from; `%` is anywhere' },
} as const;
const ARGS = {
  ...WHO,
  password: { type: 'string', doc: 'its password' },
  password_hash: { type: 'string', doc: 'its password as the server keeps it' },
  allow_passwordless: { type: 'boolean', default: false, doc: 'it may be without a password' },
  unix_socket: { type: 'boolean', default: false, doc: 'it is the user of that name of the machine itself' },
  password_column: { type: 'string', doc: 'the column of mysql.user with passwords; found out by default' },
  auth_plugin: { type: 'string', default: 'mysql_native_password', doc: 'the plugin that checks its password' },
} as const;
type Args = ArgsOf<typeof ARGS>;

const isPasswordless = ({ password, password_hash }: Args): boolean => !password && !password_hash;

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, host, password, password_hash, allow_passwordless, unix_socket, password_column } = args;
  const passwordless = isPasswordless(args);
  if (passwordless && !allow_passwordless && !unix_socket)
    return failed('Either password or password_hash must be specified, unless allow_passwordless is True');
  const proof = passwordless ? { passwordless } : { password, password_hash };
  const right = await ask(ctx, 'user_exists', [name, host], { ...proof, unix_socket, password_column });
  if (right.value === true) return inOrder(`User ${name}@${host} is already present${howKnown(args)}`);
  if (right.error !== undefined) return failed(right.error);
  const other = await ask(ctx, 'user_exists', [name, host], { unix_socket });
  if (other.error !== undefined) return failed(other.error);
  return other.value === true ? changing(ctx, args) : adding(ctx, args);
}

/** By what a user was found to be as it should. */
function howKnown(args: Args): string {
  if (isPasswordless(args)) return args.allow_passwordless ? ' with passwordless login' : '';
  if (args.auth_plugin !== 'mysql_native_password') return '. Unable to verify password.';
  return args.password ? ' with the desired password' : ' with the desired password hash';
}

function changing(ctx: StateCtx, args: Args): Verdict {
  const { name, host, password = null, password_hash = null, allow_passwordless, unix_socket } = args;
  const passwordless = isPasswordless(args);
  const done = passwordless ? 'cleared' : 'changed';
  const told = `Password for user ${name}@${host} is set to be ${done}`;
  const refused = passwordless && !allow_passwordless;
  const apply = async (): Promise<Outcome> => {
    const { value, error } = await ask(ctx, 'user_chpass', [name, host, password, password_hash, allow_passwordless, unix_socket]);
    if (value) return inOrder(`Password for user ${name}@${host} has been ${done}`, { [name]: 'Updated' });
    const comment = withReason(`Failed to ${passwordless ? 'clear' : 'change'} password for user ${name}@${host}`, error);
    return failed(refused ? `${comment}. Note: allow_passwordless must be True to permit passwordless login.` : comment);
  };
  if (!refused) return plan(told, apply);
  return { predicted: { comment: `${told}, but allow_passwordless != True`, changes: {}, result: false }, apply };
}

function adding(ctx: StateCtx, args: Args): Verdict {
  const { name, host, password = null, password_hash = null, allow_passwordless, unix_socket, password_column, auth_plugin } = args;
  const how = `${allow_passwordless ? ' with passwordless login' : ''}${unix_socket ? ' using unix_socket' : ''}`;
  return plan(`User ${name}@${host} is set to be added${how}`, async () => {
    const proof = { unix_socket, password_column, auth_plugin };
    const { value, error } = await ask(ctx, 'user_create', [name, host, password, password_hash, allow_passwordless], proof);
    if (value) return inOrder(`The user ${name}@${host} has been added${how}`, { [name]: 'Present' });
    return failed(withReason(`Failed to create user ${name}@${host}`, error));
  });
}

async function absent(ctx: StateCtx, { name, host }: ArgsOf<typeof WHO>): Promise<Verdict> {
  const { value, error } = await ask(ctx, 'user_exists', [name, host]);
  if (error !== undefined) return failed(error);
  if (value !== true) return inOrder(`User ${name}@${host} is not present, so it cannot be removed`);
  return plan(`User ${name}@${host} is set to be removed`, async () => {
    const removed = await ask(ctx, 'user_remove', [name, host]);
    if (removed.value) return inOrder(`User ${name}@${host} has been removed`, { [name]: 'Absent' });
    return failed(removed.error ?? `User ${name}@${host} failed to be removed`);
  });
}

/** Accounts of a MySQL or MariaDB server. */
export default stateModule({
  name: 'mysql_user',
  doc: 'Accounts of a MySQL or MariaDB server.',
  states: {
    present: state({
      doc: 'An account that is there, with this password.',
      examples: ["frank:\n  mysql_user.present:\n    - host: '10.0.%'\n    - password: secret"],
      args: ARGS,
      extra: CONNECTION,
      check: present,
    }),
    absent: state({ doc: 'An account that is not there.', args: WHO, extra: CONNECTION, check: absent }),
  },
});
