import { createHash } from 'node:crypto';
import type { Ctx } from '../../define.ts';
import { isAtLeast, isMariadb } from './names.ts';
import { complain, type Session } from './session.ts';

/** An account, and how it shall prove who it is. */
export interface Account {
  readonly user: string;
  readonly host: string;
  readonly password?: string | undefined;
  readonly password_hash?: string | undefined;
}
export interface Passwordless {
  readonly passwordless: boolean;
  readonly unix_socket: boolean;
}

const ALWAYS_BY_PASSWORD: Passwordless = { passwordless: false, unix_socket: false };
/** The plugin by which a server knows users of its own machine. */
export const socketPlugin = (version: string): string => (isMariadb(version) ? 'unix_socket' : 'auth_socket');
/** From this version on MySQL has neither PASSWORD() nor a table of users to write to. */
const isNewMysql = (version: string): boolean => !isMariadb(version) && isAtLeast(version, '8.0.11');

const hashOf = (password: string): string => {
  const sha1 = (data: string | Buffer): Buffer => createHash('sha1').update(data).digest();
  return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`;
};

/** The column that passwords are in; servers changed it. */
export async function passwordColumn(session: Session, given?: string): Promise<string> {
  if (given) return given.replace(/\W/g, '');
  const found = await session.rows(
    "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'user' AND COLUMN_NAME = 'Password'",
  );
  return found.length > 0 ? 'Password' : 'authentication_string';
}

export async function pluginOf(session: Session, { user, host }: Account): Promise<string> {
  const [row] = await session.rows('SELECT plugin FROM mysql.user WHERE User = ? AND Host = ?', [user, host]);
  return String(row?.['plugin'] || 'mysql_native_password');
}

/** Whether there is such an account, and, where the question says so, whether it has this password or none. */
export async function accountExists(
  ctx: Ctx,
  session: Session,
  account: Account,
  how: Passwordless = ALWAYS_BY_PASSWORD,
  column?: string,
): Promise<boolean> {
  const conditions = ['User = ?', 'Host = ?'];
  const values = [account.user, account.host];
  const demand = (condition: string, ...more: readonly string[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  const version = await session.version();
  const has = await passwordColumn(session, column);
  if (how.passwordless) {
    if (how.unix_socket) demand('plugin = ?', socketPlugin(version));
    else demand(`${has} = ''`);
  } else if (account.password) {
    if (!isNewMysql(version)) demand(`${has} = PASSWORD(?)`, account.password);
    else if ((await pluginOf(session, account)) === 'mysql_native_password') demand(`${has} = ?`, hashOf(account.password));
    else complain(ctx, 'Unable to verify password.');
  } else if (account.password_hash) demand(`${has} = ?`, account.password_hash);
  return (await session.rows(`SELECT User FROM mysql.user WHERE ${conditions.join(' AND ')}`, values)).length === 1;
}

export interface Proof extends Account {
  readonly allow_passwordless: boolean;
  readonly unix_socket: boolean;
  readonly auth_plugin: string;
}

interface Clause {
  readonly sql: string;
  readonly values: readonly string[];
}

/** How an account proves itself, as CREATE USER has it; undefined, with the reason in the log, if it may not be so. */
export async function proofClause(ctx: Ctx, session: Session, proof: Proof): Promise<Clause | undefined> {
  const version = await session.version();
  if (proof.unix_socket) return await socketClause(ctx, session, proof, version);
  if (proof.allow_passwordless) return { sql: '', values: [] };
  if (proof.password === undefined && proof.password_hash === undefined) {
    ctx.log.error('password or password_hash must be specified, unless allow_passwordless=True');
    return undefined;
  }
  const secret = proof.password ?? proof.password_hash ?? '';
  const hashed = proof.password === undefined;
  if (isNewMysql(version)) return { sql: ` IDENTIFIED WITH ? ${hashed ? 'AS' : 'BY'} ?`, values: [proof.auth_plugin, secret] };
  return { sql: ` IDENTIFIED BY ${hashed ? 'PASSWORD ' : ''}?`, values: [secret] };
}

async function socketClause(ctx: Ctx, session: Session, proof: Proof, version: string): Promise<Clause | undefined> {
  const plugin = socketPlugin(version);
  if ((await pluginStatus(session, plugin)) === '') {
    complain(ctx, `The ${plugin} plugin is not enabled.`);
    return undefined;
  }
  if (proof.host !== 'localhost') {
    complain(ctx, 'Auth via unix_socket can be set only for host=localhost');
    return undefined;
  }
  return { sql: ` IDENTIFIED ${isMariadb(version) ? 'VIA' : 'WITH'} ${plugin}`, values: [] };
}

/** `ACTIVE`, `DISABLED`, ...; empty for a plugin the server has not. */
export async function pluginStatus(session: Session, name: string): Promise<string> {
  const [row] = await session.rows('SELECT PLUGIN_STATUS AS status FROM INFORMATION_SCHEMA.PLUGINS WHERE PLUGIN_NAME = ?', [name]);
  return String(row?.['status'] ?? '');
}

/** Gives an account another password, or another way to prove itself. False, with the reason in the log, if it may not be so. */
export async function changeProof(ctx: Ctx, session: Session, proof: Proof, column?: string): Promise<boolean> {
  const version = await session.version();
  const who = [proof.user, proof.host];
  if (proof.allow_passwordless && proof.unix_socket) {
    const clause = await socketClause(ctx, session, proof, version);
    if (clause === undefined) return false;
    await session.run(`ALTER USER ?@?${clause.sql}`, who);
    return true;
  }
  if (proof.password === undefined && proof.password_hash === undefined && !proof.allow_passwordless) {
    ctx.log.error('password or password_hash must be specified, unless allow_passwordless=True');
    return false;
  }
  const secret = proof.password ?? proof.password_hash ?? '';
  const hashed = proof.password === undefined;
  // What a user of the machine's own gets here is a password.
  const plugin = proof.auth_plugin === socketPlugin(version) ? 'mysql_native_password' : proof.auth_plugin;
  if (isNewMysql(version)) {
    await session.run(`ALTER USER ?@? IDENTIFIED WITH ? ${hashed && secret !== '' ? 'AS' : 'BY'} ?`, [...who, plugin, secret]);
  } else if (isMariadb(version) && isAtLeast(version, '10.4')) {
    await session.run(`ALTER USER ?@? IDENTIFIED VIA ? USING ${hashed ? '?' : 'PASSWORD(?)'}`, [...who, plugin, secret]);
  } else {
    const set = `UPDATE mysql.user SET ${await passwordColumn(session, column)} = ${hashed ? '?' : 'PASSWORD(?)'} WHERE User = ? AND Host = ?`;
    if ((await session.run(set, [secret, ...who])) === 0) return false;
  }
  await session.run('FLUSH PRIVILEGES');
  return true;
}
