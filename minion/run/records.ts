import { closeSync, constants, fsync, fsyncSync, openSync, readFileSync, readSync, renameSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { TsaltError } from '../../protocol/errors.ts';

/** One record as it lies in a file: where its payload begins and how long it is. */
export interface Place {
  readonly kind: number;
  readonly at: number;
  readonly length: number;
}

const HEADER = 9;
const MAX_PAYLOAD = 1 << 30;

/**
 * An append-only file of checked records: `u32 length, u32 crc32(kind + payload), u8 kind, payload`, big-endian.
 * A torn or altered tail, as a crash may leave it, is cut off when the file is opened. One process at a time.
 */
export class RecordFile {
  readonly path: string;
  #fd: number;
  #size: number;
  #syncing: Promise<void> | undefined;
  #dirty = false;
  #closed = false;

  /** Opens or makes `path` (mode 0600) and hands every whole record to `onRecord`, oldest first. */
  constructor(path: string, onRecord: (place: Place, payload: Buffer) => void) {
    this.path = path;
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#size = scan(readFileSync(this.#fd), onRecord);
  }

  /** Bytes in use. */
  get size(): number {
    return this.#size;
  }

  /** Writes one record; it survives the death of this process at once, and of the machine after `sync`. */
  append(kind: number, payload: Uint8Array): Place {
    if (this.#closed) throw new TsaltError('closed', `${this.path} is closed: the minion is stopping`);
    const frame = frameOf(kind, payload);
    writeSync(this.#fd, frame, 0, frame.length, this.#size);
    const place = { kind, at: this.#size + HEADER, length: payload.length };
    this.#size += frame.length;
    this.#dirty = true;
    return place;
  }

  read(place: Place): Buffer {
    const payload = Buffer.allocUnsafe(place.length);
    readSync(this.#fd, payload, 0, place.length, place.at);
    return payload;
  }

  /** Resolves when all that was appended before the call is on the disk. Calls that meet share one flush. */
  async sync(): Promise<void> {
    if (this.#syncing !== undefined) await this.#syncing;
    if (!this.#dirty || this.#closed) return;
    this.#syncing ??= this.#flush().finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing;
  }

  /** Replaces the whole content by `records`, atomically; answers their new places in order. */
  replace(records: readonly { readonly kind: number; readonly payload: Uint8Array }[]): Place[] {
    const draft = `${this.path}.new`;
    const fd = openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    const places: Place[] = [];
    let at = 0;
    for (const { kind, payload } of records) {
      const frame = frameOf(kind, payload);
      writeSync(fd, frame, 0, frame.length, at);
      places.push({ kind, at: at + HEADER, length: payload.length });
      at += frame.length;
    }
    fsyncSync(fd);
    renameSync(draft, this.path);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#size = at;
    this.#dirty = false;
    return places;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  #flush(): Promise<void> {
    this.#dirty = false;
    return new Promise((resolve, reject) => fsync(this.#fd, (error) => (error === null ? resolve() : reject(error))));
  }
}

function frameOf(kind: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt8(kind, 8);
  frame.set(payload, HEADER);
  frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
  return frame;
}

/** The length of the valid part of `bytes`. */
function scan(bytes: Buffer, onRecord: (place: Place, payload: Buffer) => void): number {
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end = at + HEADER + length;
    if (length > MAX_PAYLOAD || end > bytes.length) break;
    if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32BE(at + 4)) break;
    onRecord({ kind: bytes.readUInt8(at + 8), at: at + HEADER, length }, bytes.subarray(at + HEADER, end));
    at = end;
  }
  return at;
}
