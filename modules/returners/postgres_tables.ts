import type { ArgsOf, JobResult, Outlet, Returnable, ReturnerCtx } from '../define.ts';
import { jobOfLoad } from './jids.ts';
import { Database } from './postgres_database.ts';
import type { connectionOptions } from './postgres_options.ts';

/** How values stand in the columns of Salt's two schemas. */
export interface Columns {
  /** For `return`, `full_ret` and `data`. */
  write(value: Returnable): string;
  read(column: unknown): Returnable;
}

const RETURN = `INSERT INTO salt_returns (fun, jid, return, id, success, full_ret, alter_time) VALUES ($1, $2, $3, $4, $5, $6, $7)`;
const EVENT = 'INSERT INTO salt_events (tag, data, master_id, alter_time) VALUES ($1, $2, $3, $4)';
const OF_JID = 'SELECT id, full_ret FROM salt_returns WHERE jid = $1';
const OF_FUN = 'SELECT DISTINCT ON (id) id, full_ret FROM salt_returns WHERE fun = $1 ORDER BY id, alter_time DESC';

/** Results in the tables of Salt's schema. */
export function tables(options: ArgsOf<typeof connectionOptions>, columns: Columns, { id }: ReturnerCtx): Outlet {
  const database = new Database(options);
  const returnsOf = async (sql: string, of: string): Promise<Returnable> =>
    Object.fromEntries((await database.rows(sql, [of])).map((row) => [String(row['id']), columns.read(row['full_ret'])]));
  return {
    send: (results) =>
      database.insert(
        RETURN,
        results.map(({ at, what }) => returnRow(what, at, columns)),
      ),
    events: (events) =>
      database.insert(
        EVENT,
        events.map(({ at, what }) => [what.tag, columns.write(what.data), id, at]),
      ),
    ask: async (what, of) => {
      if (what === 'jid') return await returnsOf(OF_JID, of);
      if (what === 'fun') return await returnsOf(OF_FUN, of);
      if (what === 'minions')
        return (await database.rows('SELECT DISTINCT id FROM salt_returns ORDER BY id')).map((row) => String(row['id']));
      const jobs = await database.rows('SELECT jid, load FROM jids');
      return Object.fromEntries(jobs.map((row) => [String(row['jid']), jobOfLoad(String(row['jid']), columns.read(row['load']))]));
    },
    close: () => database.close(),
  };
}

function returnRow(result: JobResult, at: Date, { write }: Columns): unknown[] {
  const fun = typeof result.fun === 'string' ? result.fun : result.fun.join(',');
  return [fun, result.jid, write(result.return), result.id, String(result['success'] ?? false), write(result), at];
}
