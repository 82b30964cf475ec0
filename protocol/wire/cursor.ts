import { BadFrame } from '../errors.ts';
import { MAX_DEPTH } from './writer.ts';

const NO_CONTAINER = -1;

const RAW_WIDTH: ReadonlyMap<number, number> = new Map([
  [0xc4, 1],
  [0xd9, 1],
  [0xc5, 2],
  [0xda, 2],
  [0xc6, 4],
  [0xdb, 4],
]);

const NUMBER_WIDTH: ReadonlyMap<number, number> = new Map([
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);

/** A place in msgpack bytes: reads headers, checks that what they declare is there, and steps over values. */
export class Cursor {
  readonly bytes: Buffer;
  at = 0;
  /** How many containers are open around the place. */
  depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Steps over `count` bytes and says where they begin. @throws BadFrame when there are fewer. */
  take(count: number): number {
    const at = this.at;
    if (at + count > this.bytes.length) throw new BadFrame(`msgpack ends early: ${count} bytes wanted at ${at} of ${this.bytes.length}`);
    this.at = at + count;
    return at;
  }

  uint8(): number {
    return this.bytes[this.take(1)] ?? 0;
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  deeper(): void {
    if (++this.depth > MAX_DEPTH) throw new BadFrame(`msgpack is nested deeper than ${MAX_DEPTH} levels`);
  }

  /** Every item takes at least one byte, so a declared count can be refused before anything is made. */
  expect(items: number): number {
    if (items > this.bytes.length - this.at) throw new BadFrame(`msgpack declares ${items} items, more than the bytes left`);
    return items;
  }

  /** Steps over the header of a str or bin and says how long it is; undefined, without a step, for anything else. */
  rawLength(): number | undefined {
    const code = this.bytes[this.at] ?? 0xc1;
    if (code >= 0xa0 && code < 0xc0) {
      this.at++;
      return code & 0x1f;
    }
    const width = RAW_WIDTH.get(code);
    if (width === undefined) return undefined;
    this.at++;
    return this.bytes.readUIntBE(this.take(width), width);
  }

  /** Steps over the header of a map and says how many pairs it has; undefined, without a step, for anything else. */
  mapSize(): number | undefined {
    const code = this.bytes[this.at] ?? 0xc1;
    if (code !== 0xde && code !== 0xdf && (code < 0x80 || code >= 0x90)) return undefined;
    this.at++;
    if (code === 0xde) return this.uint16();
    return code === 0xdf ? this.uint32() : code & 0x0f;
  }

  /** The length of an extension's payload, after its first byte. @throws BadFrame when `code` begins no extension. */
  extensionLength(code: number): number {
    if (code >= 0xd4 && code <= 0xd8) return 1 << (code - 0xd4);
    if (code === 0xc7) return this.uint8();
    if (code === 0xc8) return this.uint16();
    if (code === 0xc9) return this.uint32();
    throw new BadFrame(`0x${code.toString(16)} begins no msgpack value`);
  }

  /** Checks the next value and steps over it. Not recursive: `left` counts the values still to come on each level. */
  skip(): void {
    const left: number[] = [1];
    for (let level = 0; level >= 0; ) {
      const remaining = left[level] ?? 0;
      if (remaining === 0) {
        level--;
        continue;
      }
      left[level] = remaining - 1;
      const children = this.#skipOne();
      if (children === NO_CONTAINER) continue;
      left[++level] = children;
      if (level + this.depth > MAX_DEPTH) throw new BadFrame(`msgpack is nested deeper than ${MAX_DEPTH} levels`);
    }
  }

  /** Steps over a header and, where there is one, its payload; says how many values a container holds. */
  #skipOne(): number {
    const raw = this.rawLength();
    if (raw !== undefined) {
      this.take(raw);
      return NO_CONTAINER;
    }
    const pairs = this.mapSize();
    return pairs === undefined ? this.#skipOther() : this.expect(pairs * 2);
  }

  #skipOther(): number {
    const code = this.uint8();
    if (code < 0x80 || code >= 0xe0) return NO_CONTAINER;
    if (code < 0xa0) return this.expect(code & 0x0f);
    if (code === 0xdc) return this.expect(this.uint16());
    if (code === 0xdd) return this.expect(this.uint32());
    if (code === 0xc0 || code === 0xc2 || code === 0xc3) return NO_CONTAINER;
    const width = NUMBER_WIDTH.get(code);
    if (width !== undefined) this.take(width);
    else this.take(this.extensionLength(code) + 1);
    return NO_CONTAINER;
  }
}
