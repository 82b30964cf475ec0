import type { FileShape } from '../state/sqlite-file.ts';

/** Bytes; checking this much takes about a tenth of a second. */
export const JOBS_CHECKED_AT_OPEN = 16 * 1024 * 1024;

/**
 * One row a return, keyed by small numbers: a trivial return takes about 30 bytes. Times of returns are
 * milliseconds since the job was opened. `tallies` counts returns by how they ended (a job from before there were tallies
 * has none, and its returns are counted when it is shown). `doomed` jobs are forgotten already; their rows go step by step.
 */
export const JOBS: FileShape = {
  version: 1,
  synchronous: 'FULL',
  checkUpTo: JOBS_CHECKED_AT_OPEN,
  schema: `
    CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS classes (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, returns INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS jobs (
      id INTEGER PRIMARY KEY, jid TEXT NOT NULL UNIQUE, class INTEGER NOT NULL, user INTEGER NOT NULL, fun INTEGER NOT NULL,
      opened INTEGER NOT NULL, ended INTEGER NOT NULL, returns INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
      doomed INTEGER NOT NULL DEFAULT 0, expected BLOB NOT NULL, args BLOB NOT NULL, detail BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS living ON jobs (class) WHERE doomed = 0;
    CREATE INDEX IF NOT EXISTS doomed ON jobs (doomed) WHERE doomed = 1;
    CREATE TABLE IF NOT EXISTS returns (
      job INTEGER NOT NULL, minion INTEGER NOT NULL, bits INTEGER NOT NULL, retcode INTEGER NOT NULL, at INTEGER NOT NULL,
      fun INTEGER, out INTEGER, value BLOB, args BLOB, more BLOB, PRIMARY KEY (job, minion)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tallies (
      job INTEGER PRIMARY KEY, jid TEXT NOT NULL, returned INTEGER NOT NULL, failed INTEGER NOT NULL, lost INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS troubled ON tallies (jid) WHERE failed + lost > 0;
    CREATE INDEX IF NOT EXISTS by_user ON jobs (user, jid);
    CREATE INDEX IF NOT EXISTS by_fun ON jobs (fun, jid);
  `,
};
