import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../errors.ts';
import { isKeyText, newKeyText } from './crypticle.ts';

/** Where the master keeps the session key of each minion (base64 of 56 bytes). */
export interface SessionKeys {
  /**
   * The session key of the minion `id` whose accepted public key is `publicKey` (clean PEM): a new one when there
   * is none, when it is past its life, or when it was given to the holder of another key. Called for each request.
   */
  get(id: string, publicKey: string): string;
  forget(id: string): void;
  /** Saves what is not saved yet; called when the master ends. */
  flush?(): void;
}

/** Salt's `publish_session`: how long a session key lives, in seconds. */
export const SESSION_LIFETIME = 86_400;

interface Session {
  readonly key: string;
  /** Seconds since 1970. */
  readonly since: number;
  /** Hash of the public key it was encrypted for. */
  readonly owner: string;
  /** The last public key seen to have that hash, to spare hashing it again. */
  publicKey?: string;
}

/** Session keys for a master that is not restarted, or does not mind that every minion then joins anew. */
export class MemorySessionKeys implements SessionKeys {
  protected readonly sessions = new Map<string, Session>();
  readonly #lifetime: number;
  readonly #now: () => number;

  /** `lifetime` in seconds, default a day; `now` in milliseconds since 1970. */
  constructor(options: { readonly lifetime?: number; readonly now?: () => number } = {}) {
    this.#lifetime = options.lifetime ?? SESSION_LIFETIME;
    this.#now = options.now ?? Date.now;
  }

  get(id: string, publicKey: string): string {
    const seconds = Math.floor(this.#now() / 1000);
    const known = this.sessions.get(id);
    if (known !== undefined && seconds - known.since < this.#lifetime && belongs(known, publicKey)) return known.key;
    const session = { key: newKeyText(), since: seconds, owner: ownerOf(publicKey), publicKey };
    this.sessions.set(id, session);
    this.changed(id, session);
    return session.key;
  }

  forget(id: string): void {
    if (this.sessions.delete(id)) this.changed(id, undefined);
  }

  protected changed(_id: string, _session: Session | undefined): void {}
}

export interface FileSessionOptions {
  readonly lifetime?: number;
  readonly now?: () => number;
  /** Told when the file cannot be written; default a process warning. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Session keys in one file (mode 0600), however many minions there are: a line for each change,
 * `id TAB key TAB seconds TAB owner` (an empty key: forgotten), rewritten when most lines are outdated. Lines that
 * cannot be read are skipped: the minion concerned only joins anew.
 */
export class FileSessionKeys extends MemorySessionKeys {
  readonly #file: string;
  #lines = 0;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #onError: (error: unknown) => void;

  constructor(file: string, options: FileSessionOptions = {}) {
    super(options);
    this.#onError = options.onError ?? ((error) => process.emitWarning(`session keys are not saved: ${messageOf(error)}`));
    this.#file = file;
    for (const line of linesOf(file)) this.#read(line);
    this.#rewrite();
  }

  #read(line: string): void {
    const [id = '', key, since, owner = ''] = line.split('\t');
    if (id === '') return;
    if (isKeyText(key) && Number.isSafeInteger(Number(since))) this.sessions.set(id, { key, since: Number(since), owner });
    else this.sessions.delete(id);
  }

  protected override changed(id: string, session: Session | undefined): void {
    this.#waiting += lineOf(id, session);
    this.#lines++;
    this.#timer ??= setTimeout(() => this.#flushSoon(), 50).unref();
  }

  /** What could not be written waits for the next change; the sessions themselves go on. */
  #flushSoon(): void {
    try {
      this.flush();
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Writes what changed in the last 50 ms; called by itself and before the master ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === '') return;
    if (this.#lines > 1000 && this.#lines > 3 * this.sessions.size) this.#rewrite();
    else appendFileSync(this.#file, this.#waiting, { mode: 0o600 });
    this.#waiting = '';
  }

  #rewrite(): void {
    const beside = `${this.#file}.new`;
    writeFileSync(beside, [...this.sessions].map(([id, session]) => lineOf(id, session)).join(''), { mode: 0o600 });
    chmodSync(beside, 0o600);
    renameSync(beside, this.#file);
    this.#lines = this.sessions.size;
  }
}

const lineOf = (id: string, session: Session | undefined): string =>
  session === undefined ? `${id}\t\t\t\n` : `${id}\t${session.key}\t${session.since}\t${session.owner}\n`;

const ownerOf = (publicKey: string): string => createHash('sha256').update(publicKey).digest('base64');

function belongs(session: Session, publicKey: string): boolean {
  if (session.publicKey === publicKey) return true;
  if (session.owner !== ownerOf(publicKey)) return false;
  session.publicKey = publicKey;
  return true;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
