import { openSqlite, type SqliteFile } from '../state/sqlite-file.ts';

/** Users of the master's own and tokens of logins. Tokens are kept as hashes: the file holds none that could be used. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS tokens (
  hash BLOB PRIMARY KEY, user TEXT NOT NULL, eauth TEXT NOT NULL, start REAL NOT NULL, expire REAL NOT NULL,
  groups TEXT NOT NULL, acl TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_expire ON tokens (expire);
CREATE INDEX IF NOT EXISTS tokens_user ON tokens (eauth, user);
CREATE TABLE IF NOT EXISTS users (
  name TEXT PRIMARY KEY, password TEXT NOT NULL, roles TEXT NOT NULL, groups TEXT NOT NULL, changed REAL NOT NULL
) WITHOUT ROWID;
`;

/** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export const openAccessFile = (path: string, warn: (text: string) => void): SqliteFile =>
  openSqlite(path, { schema: SCHEMA, version: 1, synchronous: 'FULL', checkUpTo: 64 * 1024 * 1024 }, warn);
