import { RecordFile } from '../run/records.ts';

/** A job that was begun and, as far as the log knows, not ended. */
export interface Begun {
  readonly jid: string;
  readonly master: string;
  readonly fun: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const BEGUN = 1;
const ENDED = 2;

/**
 * The jids this minion has taken on, kept across restarts, so that no job runs twice for one jid (P4)
 * and a job cut off by a crash is known. One append-only file; the last `remember` jids are kept.
 * A line reaches the kernel before the job runs, and the disk within a second.
 */
export class JidLog {
  readonly #file: RecordFile;
  readonly #remember: number;
  readonly #onTrouble: (error: unknown) => void;
  /** In order of arrival; the value is undefined once the job ended. */
  readonly #jids = new Map<string, Begun | undefined>();
  #lines = 0;
  #flush: NodeJS.Timeout | undefined;

  /** `onTrouble` hears of a full or broken disk: jobs run all the same, and are remembered until the end of the process. */
  constructor(path: string, onTrouble: (error: unknown) => void, remember = 5000) {
    this.#remember = remember;
    this.#onTrouble = onTrouble;
    this.#file = new RecordFile(path, (place, payload) => {
      this.#lines += 1;
      this.#recall(place.kind, payload.toString());
    });
    this.#trim();
  }

  has(jid: string): boolean {
    return this.#jids.has(jid);
  }

  /** Takes `jid` on. False when it was taken on before: the job must not run. */
  begin(begun: Begun): boolean {
    if (this.#jids.has(begun.jid)) return false;
    this.#jids.set(begun.jid, begun);
    this.#append(BEGUN, JSON.stringify(begun));
    return true;
  }

  /** The job ended and its return is in the spool or with the master. */
  end(jid: string): void {
    if (this.#jids.get(jid) === undefined) return;
    this.#jids.set(jid, undefined);
    this.#append(ENDED, jid);
  }

  /** Jobs begun and not ended. Right after the start these are what a crash cut off. */
  open(): Begun[] {
    return [...this.#jids.values()].filter((begun) => begun !== undefined);
  }

  close(): void {
    clearTimeout(this.#flush);
    this.#file.close();
  }

  #recall(kind: number, text: string): void {
    if (kind === ENDED) {
      if (this.#jids.has(text)) this.#jids.set(text, undefined);
      return;
    }
    const begun = JSON.parse(text) as Begun;
    this.#jids.set(begun.jid, begun);
  }

  #append(kind: number, text: string): void {
    try {
      this.#file.append(kind, Buffer.from(text));
      this.#lines += 1;
      if (this.#lines > 4 * this.#remember) this.#rewrite();
      this.#flush ??= setTimeout(() => this.#sync(), 1000).unref();
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  #sync(): void {
    this.#flush = undefined;
    this.#file.sync().catch(this.#onTrouble);
  }

  #trim(): void {
    for (const [jid, begun] of this.#jids) {
      if (this.#jids.size <= this.#remember) return;
      if (begun === undefined) this.#jids.delete(jid);
    }
  }

  #rewrite(): void {
    this.#trim();
    const records = [...this.#jids].flatMap(([jid, begun]) => linesOf(jid, begun));
    this.#file.replace(records);
    this.#lines = records.length;
  }
}

function linesOf(jid: string, begun: Begun | undefined): { kind: number; payload: Uint8Array }[] {
  const first = { kind: BEGUN, payload: Buffer.from(JSON.stringify(begun ?? { jid, master: '', fun: '', at: 0 })) };
  return begun === undefined ? [first, { kind: ENDED, payload: Buffer.from(jid) }] : [first];
}
