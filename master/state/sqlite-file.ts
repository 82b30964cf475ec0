import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

export type SqliteFile = Database.Database;

export interface FileShape {
  /** Statements that make the tables, all of them `IF NOT EXISTS`. */
  readonly schema: string;
  /** Stored in the file (`user_version`); a file with a higher one was written by a newer program. */
  readonly version: number;
  /** FULL: a commit is on the disk. NORMAL: a power cut may take back the last commits, never tear the file. */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Files up to this many bytes are checked whole when opened; 0: never. */
  readonly checkUpTo: number;
}

/** Told in one sentence what was found wrong with a file and what was done about it. */
export type Warn = (message: string) => void;

const CORRUPT = /^SQLITE_(CORRUPT|NOTADB|ERROR|SCHEMA|FORMAT|MISMATCH)/;
const FULL = /^SQLITE_(FULL|IOERR_SHMSIZE)/;
const ALMOST_NOTHING = 256 * 1024;

const codeOf = (thrown: unknown): string => (typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '');

/** Whether the file itself is what is wrong, and not the disk, the rights or the request. */
export const isCorrupt = (thrown: unknown): boolean => CORRUPT.test(codeOf(thrown));

/** Whether the disk holding `path` has no room, told from the error and, for a plain I/O error, from the disk. */
export function isFull(thrown: unknown, path: string): boolean {
  const code = codeOf(thrown);
  if (FULL.test(code) || code === 'ENOSPC' || code === 'EDQUOT') return true;
  return /^SQLITE_(IOERR|CANTOPEN)/.test(code) && freeBytes(path) < ALMOST_NOTHING;
}

function freeBytes(path: string): number {
  try {
    const disk = statfsSync(dirname(path));
    return disk.bavail * disk.bsize;
  } catch {
    return Number.POSITIVE_INFINITY; // not known: the error is then named as it is
  }
}

/** The error a caller is given for what SQLite threw: `store-full`, `store-corrupt` or `store-failed`. */
export function storeError(thrown: unknown, path: string): TsaltError {
  if (thrown instanceof TsaltError) return thrown;
  const options = { cause: thrown, retry: true };
  if (isFull(thrown, path))
    return new TsaltError('store-full', `${path}: not stored, the disk is full; make room, the next write will succeed`, options);
  if (isCorrupt(thrown)) return new TsaltError('store-corrupt', `${path}: the database is damaged (${messageOf(thrown)})`, options);
  return new TsaltError('store-failed', `${path}: ${messageOf(thrown)} (${codeOf(thrown) || 'no code'})`, options);
}

/** What `act` makes of the database at `path`. @throws TsaltError as `storeError` has it */
export function inStore<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw storeError(error, path);
  }
}

/**
 * Opens the database at `path`, readable by its owner only, in WAL mode, making it when there is none.
 * A damaged one is set aside as `<path>.corrupt-<time>` and a new one is begun: keys, jobs to come and
 * everything else go on; `warn` says so.
 * @throws TsaltError `store-full`, `store-newer`, `store-failed`
 */
export function openSqlite(path: string, shape: FileShape, warn: Warn): SqliteFile {
  try {
    return tryOpen(path, shape);
  } catch (error) {
    if (!isCorrupt(error)) throw storeError(error, path);
    setAside(path, messageOf(error), warn);
  }
  return inStore(path, () => tryOpen(path, shape));
}

function tryOpen(path: string, shape: FileShape): SqliteFile {
  makePrivate(path);
  const db = new Database(path, { timeout: 10_000 });
  try {
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${shape.synchronous}`);
    db.pragma(`journal_size_limit = ${16 * 1024 * 1024}`);
    db.pragma('temp_store = MEMORY');
    checkVersion(db, path, shape.version);
    if (statSync(path).size <= shape.checkUpTo) checkWhole(db);
    db.exec(shape.schema);
    db.pragma(`user_version = ${shape.version}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLite gives `-wal` and `-shm` the mode of the database itself. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

function checkVersion(db: SqliteFile, path: string, version: number): void {
  const found = db.pragma('user_version', { simple: true });
  if (typeof found === 'number' && found > version)
    throw new TsaltError(
      'store-newer',
      `${path} was written by a newer tsalt (form ${found}, this one knows ${version}); update, or move it away`,
    );
}

/** @throws an error for which `isCorrupt` is true when SQLite finds the structure of the file wrong. */
export function checkWhole(db: SqliteFile): void {
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw Object.assign(new Error(`integrity check: ${String(found)}`), { code: 'SQLITE_CORRUPT' });
}

/** Moves a damaged database and its log out of the way, under one name, so that it can be looked at. */
export function setAside(path: string, why: string, warn: Warn): void {
  const aside = freeName(`${path}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`);
  renameSync(path, aside);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  rmSync(`${path}-shm`, { force: true });
  warn(`${path} is damaged (integrity_check: ${why}); it was set aside as ${aside} and a new one was begun`);
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let n = 2; existsSync(name); n += 1) name = `${wanted}-${n}`;
  return name;
}
