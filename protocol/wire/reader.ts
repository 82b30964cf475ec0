import { isUtf8 } from 'node:buffer';
import { BadFrame } from '../errors.ts';
import { Cursor } from './cursor.ts';
import { Float } from './float.ts';
import { Packed } from './packed.ts';
import { readableStamp } from './stamp.ts';

const EXT_DATETIME = 78;
const EXT_CONSTANT = 79;

/** Up to here a loop over the bytes is cheaper than a call into the runtime. */
const SHORT = 24;
/** From here on UTF-8 is checked before a string is made of what may be a file. */
const LONG = 4096;

export type Wish = 'value' | 'bytes' | 'packed';

/** Reads msgpack as Salt writes it: old and modern forms, `str` and `bin` alike text where they are UTF-8. */
export class Reader {
  readonly #cursor: Cursor;
  readonly #bytes: Buffer;
  readonly #wrapFloats: boolean;

  constructor(bytes: Uint8Array, wrapFloats: boolean) {
    this.#cursor = new Cursor(bytes);
    this.#bytes = this.#cursor.bytes;
    this.#wrapFloats = wrapFloats;
  }

  /** The one value these bytes hold; `wishes` says how to treat the values of a map at top level. */
  whole(wishes: ReadonlyMap<string, Wish> | undefined): unknown {
    const value = wishes === undefined ? this.#value() : this.#top(wishes);
    if (this.#cursor.at !== this.#bytes.length)
      throw new BadFrame(`${this.#bytes.length - this.#cursor.at} bytes follow the msgpack value`);
    return value;
  }

  #top(wishes: ReadonlyMap<string, Wish>): unknown {
    const pairs = this.#cursor.mapSize();
    return pairs === undefined ? this.#value() : this.#map(pairs, wishes);
  }

  #value(): unknown {
    const code = this.#cursor.uint8();
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
        return this.#text(this.#cursor.uint8());
      case 0xc5:
      case 0xda:
        return this.#text(this.#cursor.uint16());
      case 0xc6:
      case 0xdb:
        return this.#text(this.#cursor.uint32());
      case 0xdc:
        return this.#array(this.#cursor.uint16());
      case 0xdd:
        return this.#array(this.#cursor.uint32());
      case 0xde:
        return this.#map(this.#cursor.uint16());
      case 0xdf:
        return this.#map(this.#cursor.uint32());
      default:
        return code >= 0xca && code <= 0xd3 ? this.#numeric(code) : this.#extension(code);
    }
  }

  #numeric(code: number): unknown {
    switch (code) {
      case 0xca:
        return this.#float(this.#bytes.readFloatBE(this.#cursor.take(4)));
      case 0xcb:
        return this.#float(this.#bytes.readDoubleBE(this.#cursor.take(8)));
      case 0xcc:
        return this.#cursor.uint8();
      case 0xcd:
        return this.#cursor.uint16();
      case 0xce:
        return this.#cursor.uint32();
      case 0xcf:
        return safest(this.#bytes.readBigUInt64BE(this.#cursor.take(8)));
      case 0xd0:
        return this.#bytes.readInt8(this.#cursor.take(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#cursor.take(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#cursor.take(4));
      default:
        return safest(this.#bytes.readBigInt64BE(this.#cursor.take(8)));
    }
  }

  #float(value: number): unknown {
    return this.#wrapFloats && Number.isInteger(value) ? new Float(value) : value;
  }

  #text(length: number): string | Uint8Array {
    const start = this.#cursor.take(length);
    const bytes = this.#bytes;
    if (length <= SHORT && isAscii(bytes, start, length)) return bytes.toString('latin1', start, start + length);
    const slice = bytes.subarray(start, start + length);
    if (length >= LONG) return isUtf8(slice) ? slice.toString('utf8') : copyOf(slice);
    const text = slice.toString('utf8');
    return text.includes('\ufffd') && !isUtf8(slice) ? copyOf(slice) : text;
  }

  #array(count: number): unknown[] {
    this.#cursor.expect(count);
    this.#cursor.deeper();
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) items.push(this.#value());
    this.#cursor.depth--;
    return items;
  }

  #map(count: number, wishes?: ReadonlyMap<string, Wish>): unknown {
    this.#cursor.expect(count * 2);
    this.#cursor.deeper();
    const map: Record<string, unknown> = Object.create(null);
    for (let index = 0; index < count; index++) {
      const key = this.#value();
      if (typeof key !== 'string') return this.#mixedMap(map, key, count - index);
      map[key] = wishes === undefined ? this.#value() : this.#wished(wishes.get(key));
    }
    this.#cursor.depth--;
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
    this.#cursor.depth--;
    return map;
  }

  #wished(wish: Wish | undefined): unknown {
    if (wish === undefined || wish === 'value') return this.#value();
    const start = this.#cursor.at;
    if (wish === 'packed') {
      this.#cursor.skip();
      return new Packed(copyOf(this.#bytes.subarray(start, this.#cursor.at)));
    }
    const length = this.#cursor.rawLength();
    return length === undefined ? this.#value() : copyOf(this.#bytes.subarray(this.#cursor.take(length), this.#cursor.at));
  }

  #extension(code: number): unknown {
    const length = this.#cursor.extensionLength(code);
    const type = this.#bytes.readInt8(this.#cursor.take(1));
    const start = this.#cursor.take(length);
    const payload = this.#bytes.subarray(start, start + length);
    if (type === EXT_DATETIME) return readableStamp(payload.toString('latin1')) ?? copyOf(payload);
    if (type === EXT_CONSTANT) return this.#constant(payload);
    return copyOf(payload);
  }

  /** Salt's internal constants travel as `[name, value]`; the value is what counts. */
  #constant(payload: Buffer): unknown {
    const inner = new Reader(payload, this.#wrapFloats);
    inner.#cursor.depth = this.#cursor.depth + 1;
    try {
      inner.#cursor.deeper();
      const pair = inner.whole(undefined);
      return Array.isArray(pair) && pair.length === 2 ? pair[1] : copyOf(payload);
    } catch (error) {
      // An extension's payload is opaque to whoever skips it, so it must not be what makes a value unreadable.
      if (error instanceof BadFrame) return copyOf(payload);
      throw error;
    }
  }
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
