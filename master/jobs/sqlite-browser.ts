import { globMatcher } from '../../kernel/targeting/glob.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import type { SqliteFile } from '../state/sqlite-file.ts';
import { unpackIds } from './sqlite-ids.ts';
import { type BrowsedRow, type BrowsedRows, type BrowseQuery, STATE_BITS, STATES } from './sqlite-messages.ts';

/** Ms after which a page ends with what it has: a filter that matches little must neither hold the thread nor its reader. */
const LONGEST = 60;
/** Job ids taken from an index at a time. */
const CHUNK = 200;
/** With more functions than this their indexes are not merged; all jobs are looked at instead. */
const MOST_MERGED = 200;

interface Light {
  readonly id: number;
  readonly user: number;
  readonly fun: number;
}

interface Stored {
  readonly id: number;
  readonly jid: string;
  readonly keep: string;
  readonly args: Uint8Array;
  readonly detail: Uint8Array;
  readonly expected: Uint8Array;
  readonly returns: number;
  readonly returned: number | null;
  readonly failed: number | null;
  readonly lost: number | null;
}

/** The ids of functions that are wanted; undefined: all. */
type Wanted = ReadonlySet<number> | undefined;
/** Some job ids below one, the highest first. */
type Ids = (below: string) => readonly string[];

/** Pages of jobs for people: the rows of the index that leaves most out are looked at, newest first. */
export class JobBrowser {
  readonly #sql: ReturnType<typeof statements>;
  readonly #nameOf: (id: number) => string;

  constructor(db: SqliteFile, nameOf: (id: number) => string) {
    this.#sql = statements(db);
    this.#nameOf = nameOf;
  }

  page(query: BrowseQuery): BrowsedRows {
    const until = performance.now() + LONGEST;
    const funs = this.#funs(query);
    const user = query.user === undefined ? undefined : (this.#sql.nameId.get(query.user)?.id ?? -1);
    const minion = query.minion === undefined ? undefined : (this.#sql.nameId.get(query.minion)?.id ?? -1);
    if (user === -1 || minion === -1 || funs?.size === 0) return { rows: [] };
    const ids = this.#ids(query, funs, user);
    const rows: BrowsedRow[] = [];
    for (let below = query.below ?? '~', some = ids(below); some.length > 0; some = ids(below)) {
      for (const jid of some) {
        below = jid;
        const row = this.#fitting(jid, query, { funs, user, minion });
        if (row !== undefined) rows.push(row);
        if (rows.length >= query.size || performance.now() > until) return { rows, last: jid };
      }
    }
    return { rows };
  }

  #ids(query: BrowseQuery, funs: Wanted, user: number | undefined): Ids {
    const from = query.from ?? '';
    if (query.troubled) return (below) => this.#sql.troubled.all(below, from, CHUNK);
    if (user !== undefined) return (below) => this.#sql.byUser.all(user, below, from, CHUNK);
    if (funs === undefined || funs.size > MOST_MERGED) return (below) => this.#sql.byJid.all(below, from, CHUNK);
    return (below) => {
      const all = [...funs].flatMap((fun) => this.#sql.byFun.all(fun, below, from, CHUNK));
      return all.sort((a, b) => (a < b ? 1 : -1)).slice(0, CHUNK);
    };
  }

  #funs({ fun, without }: BrowseQuery): Wanted {
    if (fun === undefined && (without === undefined || without.length === 0)) return undefined;
    const wanted = fun?.map(globMatcher);
    const left = new Set(without);
    const fits = (name: string): boolean =>
      !left.has(name) && (wanted === undefined || wanted.some((matches) => name.split(',').some((one) => matches(one))));
    return new Set(this.#sql.funs.all().filter((id) => fits(this.#nameOf(id))));
  }

  #fitting(
    jid: string,
    query: BrowseQuery,
    { funs, user, minion }: { readonly funs: Wanted; readonly user: number | undefined; readonly minion: number | undefined },
  ): BrowsedRow | undefined {
    const light = this.#sql.light.get(jid);
    if (light === undefined || (user !== undefined && light.user !== user) || funs?.has(light.fun) === false) return undefined;
    const row = this.#sql.row.get(light.id);
    if (row === undefined) return undefined;
    const expected = unpackIds(row.expected);
    if (minion !== undefined && !expected.includes(minion) && this.#sql.returnedBy.get(light.id, minion) === undefined) return undefined;
    const names = { user: this.#nameOf(light.user), fun: this.#nameOf(light.fun) };
    if (query.search !== undefined && !holds(query.search, row, names)) return undefined;
    const { keep, args, detail } = row;
    return { jid, keep, args, detail, ...names, expected: expected.length, ...this.#tally(row) };
  }

  /** A job from before there were tallies is counted now. */
  #tally({ id, returns, returned, failed, lost }: Stored): { readonly returned: number; readonly failed: number; readonly lost: number } {
    if (returned !== null && failed !== null && lost !== null) return { returned, failed, lost };
    const counts = { returned: 0, failed: 0, lost: 0 };
    if (returns === 0) return counts;
    for (const { state, n } of this.#sql.count.all(id)) {
      const name = STATES[state];
      counts[name === 'returned' || name === 'failed' ? name : 'lost'] += n;
    }
    return counts;
  }
}

function holds(part: string, { jid, detail }: Stored, { user, fun }: { readonly user: string; readonly fun: string }): boolean {
  return jid.startsWith(part) || fun.toLowerCase().includes(part) || user.toLowerCase().includes(part) || targetText(detail).includes(part);
}

function targetText(detail: Uint8Array): string {
  const found = decode(detail);
  const expression = typeof found === 'object' && found !== null && 'expression' in found ? found.expression : '';
  return String(expression).toLowerCase();
}

function statements(db: SqliteFile) {
  const page = 'jid < ? AND jid >= ? ORDER BY jid DESC LIMIT ?';
  const jids = <P extends unknown[]>(text: string) => db.prepare<P, string>(text).pluck();
  return {
    byJid: jids<[string, string, number]>(`SELECT jid FROM jobs WHERE ${page}`),
    byUser: jids<[number, string, string, number]>(`SELECT jid FROM jobs INDEXED BY by_user WHERE user = ? AND ${page}`),
    byFun: jids<[number, string, string, number]>(`SELECT jid FROM jobs INDEXED BY by_fun WHERE fun = ? AND ${page}`),
    troubled: jids<[string, string, number]>(`SELECT jid FROM tallies INDEXED BY troubled WHERE failed + lost > 0 AND ${page}`),
    /** Each function that jobs ran, by skipping from one to the next in the index. */
    funs: db
      .prepare<[], number>(
        `WITH RECURSIVE f (id) AS (SELECT min(fun) FROM jobs UNION ALL SELECT (SELECT min(fun) FROM jobs WHERE fun > f.id) FROM f
         WHERE f.id IS NOT NULL) SELECT id FROM f WHERE id IS NOT NULL`,
      )
      .pluck(),
    light: db.prepare<[string], Light>('SELECT id, user, fun FROM jobs WHERE jid = ? AND doomed = 0'),
    row: db.prepare<[number], Stored>(
      `SELECT j.id, j.jid, c.name AS keep, j.args, j.detail, j.expected, j.returns, t.returned, t.failed, t.lost
       FROM jobs j JOIN classes c ON c.id = j.class LEFT JOIN tallies t ON t.job = j.id WHERE j.id = ?`,
    ),
    returnedBy: db.prepare<[number, number], { n: number }>('SELECT 1 AS n FROM returns WHERE job = ? AND minion = ?'),
    count: db.prepare<[number], { state: number; n: number }>(
      `SELECT bits & ${STATE_BITS} AS state, count(*) AS n FROM returns WHERE job = ? GROUP BY 1`,
    ),
    nameId: db.prepare<[string], { id: number }>('SELECT id FROM names WHERE name = ?'),
  };
}
