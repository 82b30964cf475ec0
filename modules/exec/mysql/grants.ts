import { identifier, isAtLeast, isMariadb } from './names.ts';

/** A grant taken to pieces; `database` is written as in the grant, with its quotes. */
export interface Grant {
  readonly user: string;
  readonly host: string;
  readonly grant: readonly string[];
  readonly database: string;
}

/** A GRANT statement, its values apart. */
export interface GrantStatement {
  readonly sql: string;
  readonly values: readonly string[];
}

type Phase = 'grants' | 'db' | 'tables' | 'user' | 'host';

/**
 * Takes a grant as SHOW GRANTS has it to pieces. Privileges of several words are one; those of columns are written
 * `SELECT.name`. Where it cannot be read on, what was read counts.
 */
export function tokenizeGrant(text: string): Grant {
  const tokens: readonly string[] = text.match(/'[^']*'|`[^`]*`|[A-Za-z0-9_"][A-Za-z0-9_"'`]*|\S/g) ?? [];
  const found = { user: '', host: '', database: '', phase: 'grants' as Phase };
  const grants = privilegesIn(tokens);
  for (const token of tokens.slice(tokens.indexOf('ON') + 1 || tokens.length)) {
    if (found.phase === 'grants') found.phase = 'db';
    if (found.phase === 'db' && token === '.') found.phase = 'tables';
    if (found.phase === 'tables' && token === 'TO') found.phase = 'user';
    else if (found.phase === 'user' && token === '@') found.phase = 'host';
    else if (found.phase === 'user') found.user += token;
    else if (found.phase === 'host') {
      found.host = token;
      break;
    } else found.database += token;
  }
  return { user: bare(found.user), host: bare(found.host), grant: grants, database: found.database };
}

const bare = (text: string): string => text.replace(/^'+|'+$/g, '');

/** The privileges between GRANT and ON. */
function privilegesIn(tokens: readonly string[]): string[] {
  const grants: string[] = [];
  let words: string[] = [];
  let [inColumns, last] = [false, ''];
  for (const [index, token] of tokens.entries()) {
    if (index === 0 || token === ',') continue;
    if (token === 'ON') break;
    if (token === '(' || token === ')') {
      inColumns = token === '(';
      continue;
    }
    words.push(token);
    if (![',', 'ON', '(', ')', undefined].includes(tokens[index + 1])) continue;
    if (words.length === 1 && !inColumns) last = token;
    grants.push(words.length === 1 && inColumns ? `${last}.${token}` : words.join(' '));
    words = [];
  }
  return grants;
}

/** The privileges of MySQL and MariaDB that may be granted by name. */
const PRIVILEGES = new Set(
  `ALL PRIVILEGES|ALTER|ALTER ROUTINE|BACKUP_ADMIN|BINLOG ADMIN|BINLOG MONITOR|BINLOG REPLAY|BINLOG_ADMIN|CONNECTION ADMIN|CONNECTION_ADMIN|
CREATE|CREATE ROLE|CREATE ROUTINE|CREATE TABLESPACE|CREATE TEMPORARY TABLES|CREATE USER|CREATE VIEW|DELETE|DELETE HISTORY|DROP|DROP ROLE|
ENCRYPTION_KEY_ADMIN|EVENT|EXECUTE|FEDERATED ADMIN|FILE|GRANT OPTION|GROUP_REPLICATION_ADMIN|INDEX|INSERT|LOCK TABLES|
PERSIST_RO_VARIABLES_ADMIN|PROCESS|READ_ONLY ADMIN|REFERENCES|RELOAD|REPLICA MONITOR|REPLICATION CLIENT|REPLICATION MASTER ADMIN|
REPLICATION REPLICA|REPLICATION SLAVE|REPLICATION SLAVE ADMIN|REPLICATION_SLAVE_ADMIN|RESOURCE_GROUP_ADMIN|RESOURCE_GROUP_USER|ROLE_ADMIN|
SELECT|SERVICE_CONNECTION_ADMIN|SET USER|SET_USER_ID|SHOW DATABASES|SHOW VIEW|SHUTDOWN|SLAVE MONITOR|SUPER|SYSTEM_VARIABLES_ADMIN|TRIGGER|
UPDATE|USAGE|XA_RECOVER_ADMIN`
    .replaceAll('\n', '')
    .split('|'),
);

/** A list of privileges as it goes into a statement. Throws for one that there is not. */
export function normalGrant(grant: string): string {
  const list = grant.trim().toUpperCase() === 'ALL' ? 'ALL PRIVILEGES' : grant;
  for (const [, name = ''] of list.matchAll(/([\w\s]+)(\([^)(]*\))?\s*,?/g)) {
    if (!PRIVILEGES.has(name.trim().toUpperCase())) throw new Error(`Invalid grant : '${name}'`);
  }
  // Anything that is no list of words and columns would be SQL of the caller's.
  if (!/^[\w\s,()`]*$/.test(list)) throw new Error(`Invalid grant : '${list}'`);
  return list;
}

/** `db`.`table` after ON. `quoted` off writes them as they are given. */
export function scopeOf(database: string, quoted: boolean): string {
  const at = database.lastIndexOf('.');
  const [db, table] = [database.slice(0, Math.max(at, 0)), database.slice(at + 1)];
  if (!quoted) return `${db}.${table}`;
  return `${db === '*' ? db : identifier(db, table === '*')}.${table === '*' ? table : identifier(table)}`;
}

export interface GrantAsked {
  readonly grant: string;
  readonly database: string;
  readonly user: string;
  readonly host: string;
  readonly grant_option: boolean;
  readonly escape: boolean;
  readonly ssl_option?: unknown;
}

/** The statement that gives what is asked. Throws for a privilege or a demand on the connection that there is not. */
export function grantStatement(asked: GrantAsked): GrantStatement {
  const grant = normalGrant(asked.grant.replace(/\s*,\s*/g, ', ').toUpperCase());
  const ssl = Array.isArray(asked.ssl_option) ? ` REQUIRE ${asked.ssl_option.map(sslDemand).filter(Boolean).join(' AND ')}` : '';
  const passing = asked.grant_option ? ' WITH GRANT OPTION' : '';
  return { sql: `GRANT ${grant} ON ${scopeOf(asked.database, asked.escape)} TO ?@?${ssl}${passing}`, values: [asked.user, asked.host] };
}

function sslDemand(option: unknown): string {
  const [key = '', value] = Object.entries((option ?? {}) as Record<string, unknown>)[0] ?? [];
  const name = key.trim().toUpperCase();
  if (['CIPHER', 'ISSUER', 'SUBJECT'].includes(name)) return `${name} '${String(value).replaceAll("'", '').replaceAll('\\', '')}'`;
  if (!['SSL', 'X509'].includes(name)) throw new Error(`Invalid SSL option : '${key}'`);
  return value ? name : '';
}

/** The words under which a server shows privileges again: MariaDB renamed some, and MySQL from version 8 on spells ALL out. */
export function shownAs(grants: readonly string[], version: string): string[] {
  if (!isMariadb(version)) return [...grants];
  const renamed = new Map<string, string>([
    ...(isAtLeast(version, '10.5.1') ? [['REPLICATION REPLICA', 'REPLICATION SLAVE'] as const] : []),
    ...(isAtLeast(version, '10.5.2') ? [['REPLICATION CLIENT', 'BINLOG MONITOR'] as const] : []),
    ...(isAtLeast(version, '10.5.9') ? [['REPLICA MONITOR', 'SLAVE MONITOR'] as const] : []),
  ]);
  return grants.map((grant) => renamed.get(grant) ?? grant);
}

/** Whether what is held has all that is wanted, of the same account, on the same database. */
export function covers(held: readonly Grant[], wanted: Grant): boolean {
  const plain = (text: string): string => text.replace(/["\\`]/g, '');
  const same = (one: Grant): boolean => (['user', 'database', 'host'] as const).every((key) => plain(one[key]) === plain(wanted[key]));
  // Names of columns may be in quotes, and in letters large or small.
  const privilege = (text: string): string => plain(text).toUpperCase();
  const all = new Set(held.filter(same).flatMap((one) => one.grant.map(privilege)));
  return held.some(same) && wanted.grant.every((grant) => all.has(privilege(grant)));
}
