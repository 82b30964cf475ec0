import { createHash, randomBytes } from 'node:crypto';
import { inStore, type SqliteFile } from '../state/sqlite-file.ts';

/** Who a token speaks for. Times are seconds since 1970. */
export interface TokenData {
  readonly user: string;
  readonly eauth: string;
  readonly start: number;
  readonly expire: number;
  /** Groups the backend named at the login. */
  readonly groups: readonly string[];
  /** Permissions that are kept with the token (`keep_acl_in_token`, eauth `rest`); absent: those of the configuration. */
  readonly acl?: readonly unknown[];
}

interface Row {
  readonly user: string;
  readonly eauth: string;
  readonly start: number;
  readonly expire: number;
  readonly groups: string;
  readonly acl: string | null;
}

/** Tokens living at one time; the first to expire make room. */
const MOST = 100_000;
const TOKEN = /^[0-9a-f]{64}$/;

/** Tokens of logins: 256 random bits in hexadecimal, as long as Salt's, kept as SHA-256. */
export class Tokens {
  readonly #path: string;
  readonly #sql: ReturnType<typeof statements>;
  readonly #now: () => number;

  constructor(path: string, db: SqliteFile, now: () => number) {
    this.#path = path;
    this.#sql = statements(db);
    this.#now = now;
  }

  /** @returns the token; it is shown this once. */
  issue(data: TokenData): string {
    const token = randomBytes(32).toString('hex');
    inStore(this.#path, () => {
      this.#sql.prune.run(this.#now());
      this.#sql.room.run(MOST - 1);
      const acl = data.acl === undefined ? null : JSON.stringify(data.acl);
      this.#sql.add.run(hashOf(token), data.user, data.eauth, data.start, data.expire, JSON.stringify(data.groups), acl);
    });
    return token;
  }

  /** Undefined when it was never given out, was revoked, or has expired. */
  find(token: string): TokenData | undefined {
    if (!TOKEN.test(token)) return undefined;
    const row = inStore(this.#path, () => this.#sql.find.get(hashOf(token)));
    if (row === undefined || row.expire <= this.#now()) return undefined;
    const { groups, acl, ...rest } = row;
    return { ...rest, groups: JSON.parse(groups) as string[], ...(acl === null ? {} : { acl: JSON.parse(acl) as unknown[] }) };
  }

  revoke(token: string): void {
    if (TOKEN.test(token)) inStore(this.#path, () => this.#sql.revoke.run(hashOf(token)));
  }

  /** All tokens of a user: his password was changed, or he was removed. */
  revokeAll(eauth: string, user: string): void {
    inStore(this.#path, () => this.#sql.revokeAll.run(eauth, user));
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

function statements(db: SqliteFile) {
  return {
    add: db.prepare<[Buffer, string, string, number, number, string, string | null]>(
      'INSERT INTO tokens (hash, user, eauth, start, expire, groups, acl) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    find: db.prepare<[Buffer], Row>('SELECT user, eauth, start, expire, groups, acl FROM tokens WHERE hash = ?'),
    revoke: db.prepare<[Buffer]>('DELETE FROM tokens WHERE hash = ?'),
    revokeAll: db.prepare<[string, string]>('DELETE FROM tokens WHERE eauth = ? AND user = ?'),
    prune: db.prepare<[number]>('DELETE FROM tokens WHERE expire <= ?'),
    room: db.prepare<[number]>(
      'DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens ORDER BY expire LIMIT max(0, (SELECT count(*) FROM tokens) - ?))',
    ),
  };
}
