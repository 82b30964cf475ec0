import { createHash } from 'node:crypto';
import { inStore, openSqlite, type SqliteFile } from '../../state/sqlite-file.ts';

export type Outcome = 'allowed' | 'refused' | 'failed';

/** One thing that somebody did or tried. Texts; arguments are JSON with secrets as stars. */
export interface Deed {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly user: string;
  readonly eauth: string;
  readonly door: string;
  readonly address: string;
  /** `login`, `logout`, `job`, `runner`, `wheel`, `events`. */
  readonly action: string;
  readonly fun: string;
  readonly target: string;
  /** Minions reached. */
  readonly count: number;
  readonly args: string;
  readonly jid: string;
  readonly outcome: Outcome;
  readonly reason: string;
}

export interface AuditRow extends Deed {
  readonly n: number;
}

interface Kept extends AuditRow {
  readonly hash: Buffer;
}

export interface Search {
  readonly user?: string;
  /** A glob of SQLite: `*`, `?`, `[...]`. */
  readonly fun?: string;
  readonly outcome?: string;
  /** Only rows before this one. */
  readonly before?: number;
  readonly limit: number;
}

/** `broken`: the first row that is not as it was written, or before which one is missing. */
export interface Verdict {
  readonly rows: number;
  readonly first: number;
  readonly last: number;
  /** Of the last row, in hexadecimal: who writes it down elsewhere can tell later whether the end was cut off. */
  readonly head: string;
  readonly broken?: { readonly n: number; readonly why: string };
}

const FIELDS = ['at', 'user', 'eauth', 'door', 'address', 'action', 'fun', 'target', 'count', 'args', 'jid', 'outcome', 'reason'] as const;
const NOTHING = Buffer.alloc(32);

/**
 * Rows are added and never changed: triggers refuse that, and each row carries a hash over itself and the hash before it,
 * which tells of a change by other means. `anchor` holds the number and the hash of the last row that was let go for age.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS audit (
  n INTEGER PRIMARY KEY AUTOINCREMENT, ${FIELDS.map((name) => `${name} ${name === 'count' ? 'INTEGER' : 'TEXT'} NOT NULL`).join(', ')},
  hash BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
CREATE INDEX IF NOT EXISTS audit_user ON audit (user, n);
CREATE TABLE IF NOT EXISTS anchor (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS audit_kept BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'rows of the audit are not changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE DELETE ON audit WHEN OLD.n > coalesce((SELECT n FROM anchor), 0)
BEGIN SELECT RAISE(ABORT, 'rows of the audit are not removed'); END;
CREATE TRIGGER IF NOT EXISTS anchor_stays BEFORE DELETE ON anchor BEGIN SELECT RAISE(ABORT, 'the anchor of the audit is not removed'); END;
CREATE TRIGGER IF NOT EXISTS anchor_moves_on BEFORE UPDATE ON anchor WHEN NEW.n < OLD.n
BEGIN SELECT RAISE(ABORT, 'the anchor of the audit only moves on'); END;
`;

/** Rows let go at one time, so that no write is held up for long. */
const PRUNED_AT_ONCE = 1000;

export class AuditStore {
  readonly #path: string;
  readonly #db: SqliteFile;
  readonly #sql: ReturnType<typeof statements>;

  /** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
  constructor(path: string, warn: (text: string) => void) {
    this.#path = path;
    // NORMAL: a power cut may take the last rows, and the chain ends before them.
    this.#db = openSqlite(path, { schema: SCHEMA, version: 1, synchronous: 'NORMAL', checkUpTo: 16 * 1024 * 1024 }, warn);
    this.#sql = statements(this.#db);
  }

  /** Adds a row, and lets go of some that are older than `oldest` (ISO 8601). @throws TsaltError `store-full`, `store-failed` */
  add(deed: Deed, oldest: string): void {
    inStore(this.#path, () =>
      this.#db.transaction(() => {
        const last = this.#sql.last.get() ?? this.#sql.anchor.get();
        const n = (this.#sql.sequence.get()?.seq ?? last?.n ?? 0) + 1;
        const hash = hashOf(last?.hash ?? NOTHING, { n, ...deed });
        this.#sql.add.run({ n, ...deed, hash });
        this.#prune(oldest);
      })(),
    );
  }

  #prune(oldest: string): void {
    const gone = this.#sql.old.get(PRUNED_AT_ONCE, oldest);
    if (gone === undefined) return;
    this.#sql.moveAnchor.run(gone.n, gone.hash);
    this.#sql.prune.run(gone.n);
  }

  /** Newest first. */
  search({ user, fun, outcome, before, limit }: Search): AuditRow[] {
    const rows = inStore(this.#path, () =>
      this.#sql.search.all({ user: user ?? null, fun: fun ?? null, outcome: outcome ?? null, before: before ?? null, limit }),
    );
    return rows.map(({ hash: _hash, ...row }) => row);
  }

  /** Follows the chain from its beginning. */
  verify(): Verdict {
    return inStore(this.#path, () => {
      const anchor = this.#sql.anchor.get();
      let [before, n] = [anchor?.hash ?? NOTHING, anchor?.n ?? 0];
      let rows = 0;
      const state = () => ({ rows, first: (anchor?.n ?? 0) + 1, last: n, head: Buffer.from(before).toString('hex') });
      for (const { hash, ...row } of this.#sql.all.iterate()) {
        if (row.n !== n + 1) return { ...state(), broken: { n: row.n, why: `row ${n + 1} is missing before it` } };
        if (!hash.equals(hashOf(before, row))) return { ...state(), broken: { n: row.n, why: 'it was changed after it was written' } };
        [before, n] = [hash, row.n];
        rows += 1;
      }
      const written = this.#sql.sequence.get()?.seq ?? n;
      return written > n ? { ...state(), broken: { n: n + 1, why: `rows ${n + 1} to ${written} were removed` } } : state();
    });
  }

  close(): void {
    this.#db.close();
  }
}

function hashOf(before: Uint8Array, row: AuditRow): Buffer {
  const text = JSON.stringify([row.n, ...FIELDS.map((name) => row[name])]);
  return createHash('sha256').update(before).update(text).digest();
}

function statements(db: SqliteFile) {
  const columns = ['n', ...FIELDS, 'hash'];
  return {
    add: db.prepare<[Kept]>(`INSERT INTO audit (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`),
    last: db.prepare<[], { readonly n: number; readonly hash: Buffer }>('SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1'),
    anchor: db.prepare<[], { readonly n: number; readonly hash: Buffer }>('SELECT n, hash FROM anchor'),
    sequence: db.prepare<[], { readonly seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'"),
    old: db.prepare<[number, string], { readonly n: number; readonly hash: Buffer }>(
      'SELECT n, hash FROM (SELECT n, hash, at FROM audit ORDER BY n LIMIT ?) WHERE at < ? ORDER BY n DESC LIMIT 1',
    ),
    moveAnchor: db.prepare<[number, Buffer]>(
      'INSERT INTO anchor (one, n, hash) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET n = excluded.n, hash = excluded.hash',
    ),
    prune: db.prepare<[number]>('DELETE FROM audit WHERE n <= ?'),
    all: db.prepare<[], Kept>(`SELECT ${columns.join(', ')} FROM audit ORDER BY n`),
    search: db.prepare<[Readonly<Record<string, string | number | null>>], Kept>(
      `SELECT ${columns.join(', ')} FROM audit WHERE (@user IS NULL OR user = @user) AND (@fun IS NULL OR fun GLOB @fun)
       AND (@outcome IS NULL OR outcome = @outcome) AND (@before IS NULL OR n < @before) ORDER BY n DESC LIMIT @limit`,
    ),
  };
}
