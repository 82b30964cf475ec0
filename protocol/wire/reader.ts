import { isUtf8 } from 'node:buffer';
import { BadFrame } from '../errors.ts';
import { Float } from './float.ts';
import { Packed } from './packed.ts';
import { readableStamp } from './stamp.ts';
import { MAX_DEPTH } from './writer.ts';

const EXT_DATETIME = 78;
const EXT_CONSTANT = 79;

/** Up to here a loop over the bytes is cheaper than a call into the runtime. */
const SHORT = 24;
/** From here on UTF-8 is checked before a string is made of what may be a file. */
const LONG = 4096;

export type Wish = 'value' | 'bytes' | 'packed';

/** Reads msgpack as Salt writes it: old and modern forms, `str` and `bin` alike text where they are UTF-8. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #wrapFloats: boolean;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, wrapFloats: boolean) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#wrapFloats = wrapFloats;
  }

  /** The one value these bytes hold; `wishes` says how to treat the values of a map at top level. */
  whole(wishes: ReadonlyMap<string, Wish> | undefined): unknown {
    const value = wishes === undefined ? this.#value() : this.#top(wishes);
    if (this.#at !== this.#bytes.length) throw new BadFrame(`${this.#bytes.length - this.#at} bytes follow the msgpack value`);
    return value;
  }

  #top(wishes: ReadonlyMap<string, Wish>): unknown {
    const size = mapSize(this.#bytes, this.#at);
    if (size === undefined) return this.#value();
    this.#at += size.header;
    return this.#map(size.count, wishes);
  }

  #need(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new BadFrame(`msgpack ends early: ${count} bytes wanted at ${at} of ${this.#bytes.length}`);
    this.#at = at + count;
    return at;
  }

  #uint8(): number {
    return this.#bytes[this.#need(1)] ?? 0;
  }

  #uint16(): number {
    return this.#bytes.readUInt16BE(this.#need(2));
  }

  #uint32(): number {
    return this.#bytes.readUInt32BE(this.#need(4));
  }

  #value(): unknown {
    const code = this.#uint8();
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 0x0f);
    if (code < 0xa0) return this.#array(code & 0x0f);
    if (code < 0xc0) return this.#text(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    return this.#coded(code);
  }

  #coded(code: number): unknown {
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xd9:
        return this.#text(this.#uint8());
      case 0xc5:
      case 0xda:
        return this.#text(this.#uint16());
      case 0xc6:
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#array(this.#uint16());
      case 0xdd:
        return this.#array(this.#uint32());
      case 0xde:
        return this.#map(this.#uint16());
      case 0xdf:
        return this.#map(this.#uint32());
      default:
        return code >= 0xca && code <= 0xd3 ? this.#numeric(code) : this.#extension(code);
    }
  }

  #numeric(code: number): unknown {
    switch (code) {
      case 0xca:
        return this.#float(this.#bytes.readFloatBE(this.#need(4)));
      case 0xcb:
        return this.#float(this.#bytes.readDoubleBE(this.#need(8)));
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return safest(this.#bytes.readBigUInt64BE(this.#need(8)));
      case 0xd0:
        return this.#bytes.readInt8(this.#need(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#need(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#need(4));
      default:
        return safest(this.#bytes.readBigInt64BE(this.#need(8)));
    }
  }

  #float(value: number): unknown {
    return this.#wrapFloats && Number.isInteger(value) ? new Float(value) : value;
  }

  #text(length: number): string | Uint8Array {
    const start = this.#need(length);
    const bytes = this.#bytes;
    if (length <= SHORT && isAscii(bytes, start, length)) return bytes.toString('latin1', start, start + length);
    const slice = bytes.subarray(start, start + length);
    if (length >= LONG) return isUtf8(slice) ? slice.toString('utf8') : copyOf(slice);
    const text = slice.toString('utf8');
    return text.includes('\ufffd') && !isUtf8(slice) ? copyOf(slice) : text;
  }

  #deeper(): void {
    if (++this.#depth > MAX_DEPTH) throw new BadFrame(`msgpack is nested deeper than ${MAX_DEPTH} levels`);
  }

  /** Every item takes at least one byte, so a declared count can be refused before anything is made. */
  #expect(items: number): void {
    if (items > this.#bytes.length - this.#at) throw new BadFrame(`msgpack declares ${items} items, more than the bytes left`);
  }

  #array(count: number): unknown[] {
    this.#expect(count);
    this.#deeper();
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) items.push(this.#value());
    this.#depth--;
    return items;
  }

  #map(count: number, wishes?: ReadonlyMap<string, Wish>): unknown {
    this.#expect(count * 2);
    this.#deeper();
    const map: Record<string, unknown> = Object.create(null);
    for (let index = 0; index < count; index++) {
      const key = this.#value();
      if (typeof key !== 'string') return this.#mixedMap(map, key, count - index);
      map[key] = wishes === undefined ? this.#value() : this.#wished(wishes.get(key));
    }
    this.#depth--;
    return map;
  }

  /** A key that is no text was met: everything goes into a `Map`. */
  #mixedMap(sofar: Record<string, unknown>, key: unknown, left: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(sofar));
    map.set(key, this.#value());
    for (let index = 1; index < left; index++) {
      const next = this.#value();
      map.set(next, this.#value());
    }
    this.#depth--;
    return map;
  }

  #wished(wish: Wish | undefined): unknown {
    if (wish === undefined || wish === 'value') return this.#value();
    const start = this.#at;
    if (wish === 'packed') {
      this.skip();
      return new Packed(copyOf(this.#bytes.subarray(start, this.#at)));
    }
    const length = this.#rawLength();
    return length === undefined ? this.#value() : copyOf(this.#bytes.subarray(this.#need(length), this.#at));
  }

  /** Steps over the header of a str or bin and says how long it is; undefined, without a step, for anything else. */
  #rawLength(): number | undefined {
    const code = this.#bytes[this.#at] ?? 0xc1;
    if (code >= 0xa0 && code < 0xc0) {
      this.#at++;
      return code & 0x1f;
    }
    const width = RAW_WIDTH.get(code);
    if (width === undefined) return undefined;
    this.#at++;
    return this.#bytes.readUIntBE(this.#need(width), width);
  }

  #extension(code: number): unknown {
    const length = this.#extensionLength(code);
    const type = this.#bytes.readInt8(this.#need(1));
    const start = this.#need(length);
    const payload = this.#bytes.subarray(start, start + length);
    if (type === EXT_DATETIME) return readableStamp(payload.toString('latin1')) ?? copyOf(payload);
    if (type === EXT_CONSTANT) return this.#constant(payload);
    return copyOf(payload);
  }

  #extensionLength(code: number): number {
    if (code >= 0xd4 && code <= 0xd8) return 1 << (code - 0xd4);
    if (code === 0xc7) return this.#uint8();
    if (code === 0xc8) return this.#uint16();
    if (code === 0xc9) return this.#uint32();
    throw new BadFrame(`0x${code.toString(16)} begins no msgpack value`);
  }

  /** Salt's internal constants travel as `[name, value]`; the value is what counts. */
  #constant(payload: Buffer): unknown {
    const inner = new Reader(payload, this.#wrapFloats);
    inner.#depth = this.#depth + 1;
    try {
      inner.#deeper();
      const pair = inner.whole(undefined);
      return Array.isArray(pair) && pair.length === 2 ? pair[1] : copyOf(payload);
    } catch (error) {
      // An extension's payload is opaque to whoever skips it, so it must not be what makes a value unreadable.
      if (error instanceof BadFrame) return copyOf(payload);
      throw error;
    }
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
      if (level + this.#depth > MAX_DEPTH) throw new BadFrame(`msgpack is nested deeper than ${MAX_DEPTH} levels`);
    }
  }

  /** Steps over a header and, where there is one, its payload; says how many values a container holds. */
  #skipOne(): number {
    const raw = this.#rawLength();
    if (raw !== undefined) {
      this.#need(raw);
      return NO_CONTAINER;
    }
    const map = mapSize(this.#bytes, this.#at);
    if (map === undefined) return this.#skipOther();
    this.#need(map.header);
    return this.#expected(map.count * 2);
  }

  #skipOther(): number {
    const code = this.#uint8();
    if (code < 0x80 || code >= 0xe0) return NO_CONTAINER;
    if (code < 0xa0) return this.#expected(code & 0x0f);
    if (code === 0xdc) return this.#expected(this.#uint16());
    if (code === 0xdd) return this.#expected(this.#uint32());
    if (code === 0xc0 || code === 0xc2 || code === 0xc3) return NO_CONTAINER;
    const width = NUMBER_WIDTH.get(code);
    if (width !== undefined) this.#need(width);
    else this.#need(this.#extensionLength(code) + 1);
    return NO_CONTAINER;
  }

  #expected(count: number): number {
    this.#expect(count);
    return count;
  }
}

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

function mapSize(bytes: Buffer, at: number): { readonly header: number; readonly count: number } | undefined {
  const code = bytes[at] ?? 0xc1;
  if (code >= 0x80 && code < 0x90) return { header: 1, count: code & 0x0f };
  if (code === 0xde && at + 3 <= bytes.length) return { header: 3, count: bytes.readUInt16BE(at + 1) };
  if (code === 0xdf && at + 5 <= bytes.length) return { header: 5, count: bytes.readUInt32BE(at + 1) };
  return undefined;
}

function isAscii(bytes: Buffer, start: number, length: number): boolean {
  for (let at = start; at < start + length; at++) if ((bytes[at] ?? 0x80) > 0x7f) return false;
  return true;
}

/** A whole number is exact as `number` up to 2^53, beyond that as `bigint`. */
const safest = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** A copy of its own, so that a small value does not keep the frame it came in alive, nor changes with it. */
const copyOf = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.prototype.slice.call(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
