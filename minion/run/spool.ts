import type { Message } from '../../protocol/suites/suite.ts';
import { decodeMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { packedWithin } from './bounded.ts';
import { type Place, RecordFile } from './records.ts';

/** A return that the master has not acknowledged yet. */
export interface Kept {
  readonly seq: number;
  /** The master (as named in the configuration) that is owed it. */
  readonly master: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly jid: string;
  /** Of its record on the disk. */
  readonly bytes: number;
}

export interface SpoolBounds {
  /** Bytes of one return (`return_max_size`). */
  readonly returnBytes: number;
  /** Bytes of returns kept at most; then the oldest go, with a word in the log. */
  readonly bytes: number;
  /** Milliseconds after which a return is given up. */
  readonly ageMs: number;
}

interface Entry extends Kept {
  readonly place: Place;
}

const RETURN = 1;
const DONE = 2;
const SLACK = 1 << 20;

/**
 * Returns on their way to the master (P2). Each is written here before it is sent and struck out when
 * the master acknowledged it, so that a crash between run and delivery loses nothing. The write reaches
 * the kernel at once; `secure` also waits for the disk and is called when a first delivery failed, so
 * the ordinary return costs two small writes. One file; delivered at least once.
 */
export class Spool {
  readonly #file: RecordFile;
  readonly #bounds: SpoolBounds;
  readonly #entries = new Map<number, Entry>();
  readonly #onDropped: (kept: Kept, why: string) => void;
  #next = 1;
  #live = 0;

  constructor(path: string, bounds: SpoolBounds, onDropped: (kept: Kept, why: string) => void) {
    this.#bounds = bounds;
    this.#onDropped = onDropped;
    this.#file = new RecordFile(path, (place, payload) => this.#recall(place, payload));
  }

  /** What is owed to `master`, oldest first; without a name, to any. */
  owed(master?: string): Kept[] {
    this.#forgetOld();
    return [...this.#entries.values()].filter((entry) => master === undefined || entry.master === master);
  }

  holds(jid: string): boolean {
    for (const entry of this.#entries.values()) if (entry.jid === jid) return true;
    return false;
  }

  /** It has not been struck out. */
  owes({ seq }: Kept): boolean {
    return this.#entries.has(seq);
  }

  /** Keeps `load`. @throws ReturnTooBig, and when it cannot be packed or the disk refuses it; nothing is kept then. */
  keep(master: string, jid: string, load: Message): Kept {
    const since = Date.now();
    const seq = this.#next;
    const packed = new Packed(packedWithin(load, this.#bounds.returnBytes));
    const place = this.#file.append(RETURN, encode({ seq, master, since, jid, load: packed }));
    this.#next += 1;
    const entry: Entry = { seq, master, since, jid, place, bytes: place.length };
    this.#entries.set(seq, entry);
    this.#live += place.length;
    this.#keepWithinBytes();
    return entry;
  }

  /** The load as it was kept, its value left packed; undefined when it is gone. */
  load(kept: Kept): Message | undefined {
    const entry = this.#entries.get(kept.seq);
    if (entry === undefined) return undefined;
    const { load } = decodeMessage(this.#file.read(entry.place), { packedAt: ['load'] });
    return load instanceof Packed ? decodeMessage(load.bytes, { packedAt: ['return'], floats: 'wrap' }) : undefined;
  }

  /** Resolves when all that is kept is on the disk. */
  async secure(): Promise<void> {
    await this.#file.sync();
  }

  /** The master has it. */
  strike(kept: Kept): void {
    const entry = this.#entries.get(kept.seq);
    if (entry === undefined) return;
    this.#entries.delete(kept.seq);
    this.#live -= entry.place.length;
    this.#file.append(DONE, encode(kept.seq));
    if (this.#file.size > 2 * this.#live + SLACK || (this.#entries.size === 0 && this.#file.size > SLACK / 16)) this.#compact();
  }

  close(): void {
    this.#file.close();
  }

  #recall(place: Place, payload: Buffer): void {
    if (place.kind === DONE) {
      const seq = Number(decode(payload));
      this.#live -= this.#entries.get(seq)?.place.length ?? 0;
      this.#entries.delete(seq);
      return;
    }
    const { seq, master, since, jid } = decodeMessage(payload, { packedAt: ['load'] });
    const entry: Entry = { seq: Number(seq), master: String(master), since: Number(since), jid: String(jid), place, bytes: place.length };
    this.#entries.set(entry.seq, entry);
    this.#live += place.length;
    this.#next = Math.max(this.#next, entry.seq + 1);
  }

  #keepWithinBytes(): void {
    for (const entry of this.#entries.values()) {
      if (this.#live <= this.#bounds.bytes || this.#entries.size === 1) return;
      this.#drop(entry, `the spool holds more than ${this.#bounds.bytes} bytes`);
    }
  }

  #forgetOld(): void {
    const before = Date.now() - this.#bounds.ageMs;
    for (const entry of this.#entries.values()) {
      if (entry.since < before) this.#drop(entry, 'it is too old');
    }
  }

  #drop(entry: Entry, why: string): void {
    this.#onDropped(entry, why);
    this.strike(entry);
  }

  #compact(): void {
    const entries = [...this.#entries.values()];
    const places = this.#file.replace(entries.map(({ place }) => ({ kind: RETURN, payload: this.#file.read(place) })));
    places.forEach((place, index) => {
      const entry = entries[index];
      if (entry !== undefined) this.#entries.set(entry.seq, { ...entry, place });
    });
  }
}
