import { type Ctx, call, type Returnable } from '../../define.ts';
import { type Account, accountExists, changeProof, pluginOf, proofClause } from './accounts.ts';
import { CONNECTION, connect, type Session, talk, talkWithEither } from './session.ts';

const user = { type: 'string', required: true, doc: 'the user' } as const;
const host = { type: 'string', default: 'localhost', doc: 'where it comes from; `%` is anywhere' } as const;
const password = { type: 'string', doc: 'its password' } as const;
const password_hash = { type: 'string', doc: 'its password as the server keeps it' } as const;
const allow_passwordless = { type: 'boolean', default: false, doc: 'it may be without a password' } as const;
const unix_socket = { type: 'boolean', default: false, doc: 'it is the user of that name of the machine itself' } as const;
const password_column = { type: 'string', doc: 'the column of mysql.user with passwords; found out by default' } as const;

async function create(ctx: Ctx, session: Session, account: Account & Parameters<typeof proofClause>[2], column?: string): Promise<boolean> {
  const { user, host } = account;
  if (await accountExists(ctx, session, { user, host })) {
    ctx.log.info(`User '${user}'@'${host}' already exists`);
    return false;
  }
  const clause = await proofClause(ctx, session, account);
  if (clause === undefined) return false;
  await session.run(`CREATE USER ?@?${clause.sql}`, [user, host, ...clause.values]);
  const asked = account.unix_socket || account.allow_passwordless ? { user, host } : account;
  return await accountExists(ctx, session, asked, undefined, column);
}

export const userCalls = {
  user_list: call({
    doc: 'All accounts, each with User and Host.',
    examples: ["tsalt '*' mysql.user_list"],
    args: {},
    extra: CONNECTION,
    changes: false,
    run: (ctx): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: [], login: ctx.extra }, (session) => session.rows('SELECT User, Host FROM mysql.user')),
  }),
  user_exists: call({
    doc: 'Whether there is such an account, and whether it has this password, or none.',
    examples: ["tsalt '*' mysql.user_exists 'username' 'hostname' 'password'", "tsalt '*' mysql.user_exists 'username' passwordless=True"],
    args: {
      user,
      host,
      password,
      password_hash,
      passwordless: { type: 'boolean', default: false, doc: 'only if it needs no password' },
      unix_socket,
      password_column,
    },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args) =>
      talkWithEither<boolean>(ctx, { failed: false, login: ctx.extra }, args.password, (session) =>
        accountExists(ctx, session, args, args, args.password_column),
      ),
  }),
  user_info: call({
    doc: 'All that the table of users has of an account; None if there is none.',
    examples: ["tsalt '*' mysql.user_info root localhost"],
    args: { user, host },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args): Promise<Returnable> =>
      talk<Returnable>(
        ctx,
        { failed: false, login: ctx.extra },
        async (session) => (await session.rows('SELECT * FROM mysql.user WHERE User = ? AND Host = ?', [args.user, args.host]))[0] ?? null,
      ),
  }),
  user_create: call({
    doc: 'Create an account. False if there is one.',
    examples: [
      "tsalt '*' mysql.user_create 'username' 'hostname' 'password'",
      "tsalt '*' mysql.user_create 'username' 'hostname' allow_passwordless=True",
    ],
    args: {
      user,
      host,
      password,
      password_hash,
      allow_passwordless,
      unix_socket,
      password_column,
      auth_plugin: { type: 'string', default: 'mysql_native_password', doc: 'the plugin that checks its password' },
    },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talkWithEither<boolean>(ctx, { failed: false, login: ctx.extra }, args.password, (session) =>
        create(ctx, session, args, args.password_column),
      ),
  }),
  user_chpass: call({
    doc: 'Change the password of an account, or let it be without one. False if there is no such account.',
    examples: ["tsalt '*' mysql.user_chpass frank localhost newpassword"],
    args: { user, host, password, password_hash, allow_passwordless, unix_socket, password_column },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talkWithEither<boolean>(ctx, { failed: false, login: ctx.extra }, args.password, async (session) => {
        const { user, host } = args;
        if (!(await accountExists(ctx, session, { user, host }))) {
          ctx.log.info(`User '${user}'@'${host}' does not exist`);
          return false;
        }
        return await changeProof(ctx, session, { ...args, auth_plugin: await pluginOf(session, args) }, args.password_column);
      }),
  }),
  user_remove: call({
    doc: 'Remove an account. False if there is none.',
    examples: ["tsalt '*' mysql.user_remove frank localhost"],
    args: { user, host },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, async (session) => {
        if (!(await accountExists(ctx, session, args))) {
          ctx.log.info(`User '${args.user}'@'${args.host}' does not exist`);
          return false;
        }
        await session.run('DROP USER ?@?', [args.user, args.host]);
        return !(await accountExists(ctx, session, args));
      }),
  }),
  verify_login: call({
    doc: 'Whether a user gets in by this password.',
    examples: ["tsalt '*' mysql.verify_login root password"],
    args: { user, password },
    extra: CONNECTION,
    changes: false,
    async run(ctx, args) {
      const connection = await connect(ctx, { ...ctx.extra, connection_user: args.user, connection_pass: args.password ?? null });
      await connection?.end();
      return connection !== undefined;
    },
  }),
};
