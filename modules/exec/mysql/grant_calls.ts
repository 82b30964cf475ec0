import { type Ctx, call, type Returnable } from '../../define.ts';
import { accountExists } from './accounts.ts';
import { covers, type Grant, type GrantAsked, grantStatement, normalGrant, scopeOf, shownAs, tokenizeGrant } from './grants.ts';
import { isAtLeast, isMariadb } from './names.ts';
import { CONNECTION, type Session, talk } from './session.ts';

const user = { type: 'string', required: true, doc: 'the user' } as const;
const host = { type: 'string', default: 'localhost', doc: 'where it comes from' } as const;
const ASKED = {
  grant: { type: 'string', required: true, doc: 'privileges with commas between: `SELECT, UPDATE (name)`, or ALL' },
  database: { type: 'string', required: true, doc: '`db.table`; either may be `*`' },
  user,
  host,
  grant_option: { type: 'boolean', default: false, doc: 'it may give them to others, too' },
  escape: { type: 'boolean', default: true, doc: 'put the names of database and table into quotes' },
} as const;

/** What SHOW GRANTS has for an account, without passwords; undefined if there is no such account. */
async function grantsOf(
  ctx: Ctx,
  session: Session,
  account: { readonly user: string; readonly host: string },
): Promise<string[] | undefined> {
  if (!(await accountExists(ctx, session, { user: account.user, host: account.host }))) {
    ctx.log.info(`User '${account.user}'@'${account.host}' does not exist`);
    return undefined;
  }
  const rows = await session.rows('SHOW GRANTS FOR ?@?', [account.user, account.host]);
  return rows.map((row) => withoutPassword(String(Object.values(row)[0])));
}

function withoutPassword(grant: string): string {
  const [head = grant] = grant.split(' IDENTIFIED BY');
  const passing = ' WITH GRANT OPTION';
  return grant.includes(passing) && !head.includes(passing) ? `${head}${passing}` : head;
}

async function exists(ctx: Ctx, session: Session, asked: GrantAsked): Promise<boolean> {
  const version = await session.version();
  const held = (await grantsOf(ctx, session, asked))?.map(tokenizeGrant);
  if (held === undefined) return false;
  const wanted = await wantedOf(session, asked, version);
  const shown = (grant: Grant): Grant => ({ ...grant, grant: shownAs(grant.grant, version) });
  return covers(held.map(shown), shown(wanted));
}

async function wantedOf(session: Session, asked: GrantAsked, version: string): Promise<Grant> {
  const account = { user: asked.user, host: asked.host };
  const all = /\bALL\b/i.test(asked.grant);
  if (all && asked.database === '*.*' && !isMariadb(version) && isAtLeast(version, '8.0')) {
    return { ...account, database: asked.database, grant: await allPrivileges(session) };
  }
  const { sql } = grantStatement(all ? { ...asked, grant: 'ALL PRIVILEGES' } : asked);
  return { ...tokenizeGrant(sql), ...account };
}

async function allPrivileges(session: Session): Promise<string[]> {
  const names = (await session.rows('SHOW PRIVILEGES')).map((row) => String(row['Privilege']).trim().toUpperCase());
  return names.filter((name) => !['USAGE', 'GRANT OPTION', 'PROXY'].includes(name));
}

/** Runs `use` unless the grant is no grant, which is told in the log. */
async function checked(ctx: Ctx, use: () => Promise<boolean>): Promise<boolean> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof Error) || !/^Invalid (grant|SSL)/.test(error.message)) throw error;
    ctx.log.error(`Error during grant generation: ${error.message}`);
    return false;
  }
}

export const grantCalls = {
  user_grants: call({
    doc: 'The grants of an account as the server shows them; False if there is no such account.',
    examples: ["tsalt '*' mysql.user_grants 'frank' 'localhost'"],
    args: { user, host },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed: false, login: ctx.extra }, async (session) => (await grantsOf(ctx, session, args)) ?? false),
  }),
  grant_exists: call({
    doc: 'Whether an account has all these privileges.',
    examples: [`tsalt '*' mysql.grant_exists 'SELECT,INSERT,UPDATE,...' 'database.*' 'frank' 'localhost'`],
    args: ASKED,
    extra: CONNECTION,
    changes: false,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, (session) => checked(ctx, () => exists(ctx, session, args))),
  }),
  grant_add: call({
    doc: 'Give an account privileges.',
    examples: [`tsalt '*' mysql.grant_add 'SELECT,INSERT,UPDATE,...' 'database.*' 'frank' 'localhost'`],
    args: { ...ASKED, ssl_option: { type: 'any', default: false, doc: 'demands on its connection: `[{SSL: True}, {ISSUER: text}]`' } },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, (session) =>
        checked(ctx, async () => {
          const asked = { ...args, grant: args.grant.trim() };
          const { sql, values } = grantStatement(asked);
          await session.run(sql, values);
          return await exists(ctx, session, asked);
        }),
      ),
  }),
  grant_revoke: call({
    doc: 'Take privileges from an account. True if it has them no more.',
    examples: [`tsalt '*' mysql.grant_revoke 'SELECT,INSERT,UPDATE' 'database.*' 'frank' 'localhost'`],
    args: ASKED,
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, (session) =>
        checked(ctx, async () => {
          const grant = `${normalGrant(args.grant)}${args.grant_option ? ', GRANT OPTION' : ''}`;
          await session.run(`REVOKE ${grant} ON ${scopeOf(args.database, args.escape)} FROM ?@?`, [args.user, args.host]);
          return !(await exists(ctx, session, { ...args, grant }));
        }),
      ),
  }),
  tokenize_grant: call({
    doc: 'Take a grant as SHOW GRANTS has it to pieces: user, host, grant, database.',
    examples: [`tsalt '*' mysql.tokenize_grant "GRANT SELECT, INSERT ON testdb.* TO 'testuser'@'localhost'"`],
    args: { grant: { type: 'string', required: true, doc: 'the grant' } },
    changes: false,
    run: (_ctx, args): Returnable => ({ ...tokenizeGrant(args.grant) }),
  }),
};
