import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type JobResult, type Returnable, returner } from '../define.ts';
import { jobOfLoad } from './jids.ts';
import { parsedJson, pythonJson } from './json.ts';

/** Salt's schema of its returner sqlite3, and a table of events as its other databases have. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS jids (jid TEXT PRIMARY KEY, load TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS salt_returns (
  fun TEXT, jid TEXT, id TEXT, fun_args TEXT, date TEXT NOT NULL, full_ret TEXT NOT NULL, success TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS salt_returns_jid ON salt_returns (jid);
CREATE INDEX IF NOT EXISTS salt_returns_fun ON salt_returns (fun, id);
CREATE TABLE IF NOT EXISTS salt_events (tag TEXT NOT NULL, data TEXT NOT NULL, date TEXT NOT NULL, master_id TEXT NOT NULL);`;

export default returner({
  name: 'sqlite',
  doc: "Writes each result into an SQLite database, in the tables of Salt's returner sqlite3, which are made if they are not there.",
  example: 'sqlite3.database: /var/lib/salt/returns.db',
  prefixes: ['sqlite', 'sqlite3', 'returner.sqlite3'],
  options: {
    database: { type: 'string', default: '/var/lib/salt/salt.db', doc: 'the file' },
    timeout: { type: 'number', default: 5, doc: 'seconds to wait for another writer' },
  },
  open({ database, timeout }, { id }) {
    mkdirSync(dirname(database), { recursive: true });
    const db = new Sqlite(database, { timeout: timeout * 1000 });
    db.pragma('journal_mode = WAL');
    db.exec(SCHEMA);
    const insertReturn = db.prepare(
      'INSERT INTO salt_returns (fun, jid, id, fun_args, date, full_ret, success) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    const insertEvent = db.prepare('INSERT INTO salt_events (tag, data, date, master_id) VALUES (?, ?, ?, ?)');
    const insert = db.transaction((statement: Sqlite.Statement, rows: readonly (readonly string[])[]): void => {
      for (const row of rows) statement.run(...row);
    });
    const all = (sql: string, ...values: readonly string[]) => db.prepare<unknown[], Readonly<Record<string, string>>>(sql).all(...values);
    const returnsOf = (sql: string, of: string): Returnable =>
      Object.fromEntries(all(sql, of).map((row) => [row['id'] ?? '', parsedJson(row['full_ret'])]));
    return {
      send: async (results) =>
        insert(
          insertReturn,
          results.map(({ at, what }) => returnRow(what, at)),
        ),
      events: async (events) =>
        insert(
          insertEvent,
          events.map(({ at, what }) => [what.tag, pythonJson(what.data), at.toISOString(), id]),
        ),
      ask: async (what, of) => {
        if (what === 'jid') return returnsOf('SELECT id, full_ret FROM salt_returns WHERE jid = ?', of);
        if (what === 'fun') return returnsOf('SELECT id, full_ret, max(rowid) FROM salt_returns WHERE fun = ? GROUP BY id', of);
        if (what === 'minions') return all('SELECT DISTINCT id FROM salt_returns ORDER BY id').map((row) => row['id'] ?? '');
        const jobs = all('SELECT jid, load FROM jids');
        return Object.fromEntries(jobs.map(({ jid = '', load }) => [jid, jobOfLoad(jid, parsedJson(load))]));
      },
      close: () => void db.close(),
    };
  },
});

function returnRow(result: JobResult, at: Date): string[] {
  const fun = typeof result.fun === 'string' ? result.fun : result.fun.join(',');
  const success = String(result['success'] ?? false);
  return [fun, result.jid, result.id, pythonJson(result['fun_args']), at.toISOString(), pythonJson(result), success];
}
