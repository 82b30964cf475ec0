import { TsaltError } from '../../protocol/errors.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type FileShape, isCorrupt, openSqlite, type SqliteFile, setAside, storeError, type Warn } from './sqlite-file.ts';

const STATE: FileShape = {
  version: 1,
  synchronous: 'NORMAL',
  checkUpTo: 16 * 1024 * 1024,
  schema:
    'CREATE TABLE IF NOT EXISTS state (bank TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (bank, key)) WITHOUT ROWID;',
};

const WRITE_AFTER_MS = 50;
const RETRY_AFTER_MS = 2_000;
/** Encoded size of the values whose decoded form is remembered. */
const REMEMBERED_BYTES = 32 * 1024 * 1024;

/**
 * Small things a master remembers across restarts (presence, mine data, grains and pillar of minions, suite
 * state), as values by bank and key. Reads are synchronous and see every write at once; writes reach the
 * disk some 50 ms later in one transaction, and at the latest when the store is closed. What must be
 * durable before it is acknowledged does not belong here. Values handed out are shared: do not change them.
 */
export interface StateStore extends AsyncDisposable {
  get(bank: string, key: string): unknown;
  /** @throws TsaltError `not-packable` for what msgpack cannot carry. */
  set(bank: string, key: string, value: unknown): void;
  /** Says whether there was one. */
  delete(bank: string, key: string): boolean;
  /** Sorted. */
  keys(bank: string): string[];
  /** Sorted by key. */
  entries(bank: string): [key: string, value: unknown][];
  /** Writes now. @throws TsaltError `store-full`, `store-failed`; what was not written is tried again later. */
  flush(): void;
}

/**
 * Opens `path`, or makes it. A damaged file is set aside as `<path>.corrupt-<time>`, `warn` tells it.
 * @throws TsaltError `store-full`, `store-newer`, `store-failed`
 */
export function openStateStore(path: string, warn: Warn = (message) => process.emitWarning(message)): StateStore {
  return new SqliteStateStore(path, warn);
}

interface Remembered {
  readonly value: unknown;
  readonly size: number;
}

class SqliteStateStore implements StateStore {
  readonly #path: string;
  readonly #warn: Warn;
  readonly #unwritten = new Map<string, Map<string, Uint8Array | null>>();
  readonly #decoded = new Map<string, Remembered>();
  #decodedBytes = 0;
  #open: Opened;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #closed = false;

  constructor(path: string, warn: Warn) {
    this.#path = path;
    this.#warn = warn;
    this.#open = opened(openSqlite(path, STATE, warn));
  }

  get(bank: string, key: string): unknown {
    const known = this.#decoded.get(nameOf(bank, key));
    if (known !== undefined) return known.value;
    const bytes = this.#bytes(bank, key);
    return bytes === undefined ? undefined : this.#remember(bank, key, bytes);
  }

  set(bank: string, key: string, value: unknown): void {
    this.#put(bank, key, encode(value));
    this.#forget(bank, key);
  }

  delete(bank: string, key: string): boolean {
    if (this.#bytes(bank, key) === undefined) return false;
    this.#put(bank, key, null);
    this.#forget(bank, key);
    return true;
  }

  keys(bank: string): string[] {
    const keys = new Set(this.#read((sql) => sql.keys.all(bank))?.map((row) => row.key));
    for (const [key, bytes] of this.#unwritten.get(bank) ?? []) {
      if (bytes === null) keys.delete(key);
      else keys.add(key);
    }
    return [...keys].sort();
  }

  entries(bank: string): [string, unknown][] {
    return this.keys(bank).map((key) => [key, this.get(bank, key)]);
  }

  flush(): void {
    if (this.#unwritten.size === 0) return;
    try {
      this.#write();
    } catch (error) {
      if (!isCorrupt(error)) throw storeError(error, this.#path);
      this.#replace(error);
      this.#write();
    }
    this.#unwritten.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    try {
      this.flush();
    } finally {
      this.#closed = true;
      this.#open.db.close();
    }
  }

  #write(): void {
    const { db, put, remove } = this.#open;
    db.transaction(() => {
      for (const [bank, entries] of this.#unwritten)
        for (const [key, bytes] of entries) {
          if (bytes === null) remove.run(bank, key);
          else put.run(bank, key, bytes);
        }
    }).immediate();
  }

  #put(bank: string, key: string, bytes: Uint8Array | null): void {
    if (this.#closed) throw new TsaltError('store-closed', `${this.#path} is closed`);
    let entries = this.#unwritten.get(bank);
    if (entries === undefined) {
      entries = new Map();
      this.#unwritten.set(bank, entries);
    }
    entries.set(key, bytes);
    this.#timer ??= setTimeout(() => this.#writeLater(), this.#failing ? RETRY_AFTER_MS : WRITE_AFTER_MS);
  }

  /** A failure is told once, and again when it is over; nothing is dropped meanwhile. */
  #writeLater(): void {
    this.#timer = undefined;
    try {
      this.flush();
      if (this.#failing) this.#warn(`${this.#path}: written again`);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#warn(`${storeError(error, this.#path).message}; kept in memory and tried again`);
      this.#failing = true;
      this.#timer = setTimeout(() => this.#writeLater(), RETRY_AFTER_MS);
    }
  }

  #bytes(bank: string, key: string): Uint8Array | undefined {
    const unwritten = this.#unwritten.get(bank)?.get(key);
    if (unwritten !== undefined) return unwritten ?? undefined;
    return this.#read((sql) => sql.get.get(bank, key))?.value;
  }

  #read<T>(question: (sql: Opened) => T): T | undefined {
    try {
      return question(this.#open);
    } catch (error) {
      if (!isCorrupt(error)) throw storeError(error, this.#path);
      this.#replace(error);
      return undefined;
    }
  }

  #replace(error: unknown): void {
    this.#open.db.close();
    setAside(this.#path, storeError(error, this.#path).message, this.#warn);
    this.#open = opened(openSqlite(this.#path, STATE, this.#warn));
  }

  #remember(bank: string, key: string, bytes: Uint8Array): unknown {
    const value = this.#decode(bank, key, bytes);
    for (const [name, { size }] of this.#decoded) {
      if (this.#decodedBytes + bytes.length <= REMEMBERED_BYTES) break;
      this.#decoded.delete(name);
      this.#decodedBytes -= size;
    }
    this.#decoded.set(nameOf(bank, key), { value, size: bytes.length });
    this.#decodedBytes += bytes.length;
    return value;
  }

  #decode(bank: string, key: string, bytes: Uint8Array): unknown {
    try {
      return decode(bytes);
    } catch {
      this.#warn(`${this.#path}: the value ${key} of ${bank} is damaged and was dropped`);
      this.#put(bank, key, null);
      return undefined;
    }
  }

  #forget(bank: string, key: string): void {
    const name = nameOf(bank, key);
    this.#decodedBytes -= this.#decoded.get(name)?.size ?? 0;
    this.#decoded.delete(name);
  }
}

const nameOf = (bank: string, key: string): string => `${bank}\0${key}`;

type Opened = ReturnType<typeof opened>;

function opened(db: SqliteFile) {
  return {
    db,
    get: db.prepare<[string, string], { value: Uint8Array }>('SELECT value FROM state WHERE bank = ? AND key = ?'),
    keys: db.prepare<[string], { key: string }>('SELECT key FROM state WHERE bank = ? ORDER BY key'),
    put: db.prepare('INSERT INTO state VALUES (?,?,?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    remove: db.prepare('DELETE FROM state WHERE bank = ? AND key = ?'),
  };
}
