import { Float } from './float.ts';
import { Packed } from './packed.ts';
import { pythonStamp, type Timestamped } from './stamp.ts';

/** Deeper nesting is refused at both ends. */
export const MAX_DEPTH = 512;

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const EXT_DATETIME = 78;

/** Thrown at the first value that has no msgpack form; `encode` then looks for its path. */
export class Unpackable extends Error {}

/** Writes msgpack in its modern, shortest forms into a buffer that grows. */
export class Writer {
  #buffer: Buffer;
  #at = 0;
  readonly #ancestors: object[] = [];

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get capacity(): number {
    return this.#buffer.length;
  }

  /** The bytes of `value`, a copy that the caller owns. @throws Unpackable */
  pack(value: unknown): Buffer {
    this.#at = 0;
    this.#ancestors.length = 0;
    this.#value(value);
    const bytes = Buffer.allocUnsafe(this.#at);
    this.#buffer.copy(bytes, 0, 0, this.#at);
    return bytes;
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #value(value: unknown): void {
    const type = typeof value;
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2);
    else if (value === null || value === undefined) this.#byte(0xc0);
    else if (typeof value === 'object') this.#object(value);
    else if (typeof value === 'bigint') this.#bigint(value);
    else throw new Unpackable(type);
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = byte;
  }

  /** A header of one byte and a big-endian length of 1, 2 or 4 bytes, by the smallest that holds it (0: no 1-byte form). */
  #header(length: number, code8: number, code16: number, code32: number): void {
    this.#room(5);
    if (code8 !== 0 && length < 0x100) {
      this.#buffer[this.#at++] = code8;
      this.#buffer[this.#at++] = length;
    } else if (length < 0x10000) {
      this.#buffer[this.#at++] = code16;
      this.#at = this.#buffer.writeUInt16BE(length, this.#at);
    } else {
      this.#buffer[this.#at++] = code32;
      this.#at = this.#buffer.writeUInt32BE(length, this.#at);
    }
  }

  #text(text: string): void {
    if (text.length < 32 && this.#shortAscii(text)) return;
    const length = Buffer.byteLength(text);
    this.#room(length + 5);
    if (length < 32) this.#buffer[this.#at++] = 0xa0 | length;
    else this.#header(length, 0xd9, 0xda, 0xdb);
    this.#at += this.#buffer.write(text, this.#at, length, 'utf8');
  }

  /** Most text on this wire is short ASCII, where a loop beats a call into the runtime. */
  #shortAscii(text: string): boolean {
    const length = text.length;
    this.#room(length + 1);
    const buffer = this.#buffer;
    let at = this.#at;
    buffer[at++] = 0xa0 | length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #number(value: number): void {
    if (!Number.isInteger(value) || Object.is(value, -0)) this.#float(value);
    else if (value >= 0) this.#unsigned(value);
    else this.#negative(value);
  }

  #unsigned(value: number): void {
    this.#room(9);
    const buffer = this.#buffer;
    if (value < 0x80) buffer[this.#at++] = value;
    else if (value < 0x100) {
      buffer[this.#at++] = 0xcc;
      buffer[this.#at++] = value;
    } else if (value < 0x10000) {
      buffer[this.#at++] = 0xcd;
      this.#at = buffer.writeUInt16BE(value, this.#at);
    } else if (value < 0x100000000) {
      buffer[this.#at++] = 0xce;
      this.#at = buffer.writeUInt32BE(value, this.#at);
    } else if (value < 2 ** 64) {
      buffer[this.#at++] = 0xcf;
      this.#at = buffer.writeBigUInt64BE(BigInt(value), this.#at);
    } else this.#float(value);
  }

  #negative(value: number): void {
    this.#room(9);
    const buffer = this.#buffer;
    if (value >= -0x20) buffer[this.#at++] = value & 0xff;
    else if (value >= -0x80) {
      buffer[this.#at++] = 0xd0;
      buffer[this.#at++] = value & 0xff;
    } else if (value >= -0x8000) {
      buffer[this.#at++] = 0xd1;
      this.#at = buffer.writeInt16BE(value, this.#at);
    } else if (value >= -0x80000000) {
      buffer[this.#at++] = 0xd2;
      this.#at = buffer.writeInt32BE(value, this.#at);
    } else if (value >= -(2 ** 63)) {
      buffer[this.#at++] = 0xd3;
      this.#at = buffer.writeBigInt64BE(BigInt(value), this.#at);
    } else this.#float(value);
  }

  #float(value: number): void {
    this.#room(9);
    this.#buffer[this.#at++] = 0xcb;
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
  }

  #bigint(value: bigint): void {
    if (value > UINT64_MAX || value < INT64_MIN) this.#text(value.toString());
    else if (Number.isSafeInteger(Number(value))) this.#number(Number(value));
    else this.#wide(value);
  }

  #wide(value: bigint): void {
    this.#room(9);
    const buffer = this.#buffer;
    buffer[this.#at++] = value > 0n ? 0xcf : 0xd3;
    this.#at = value > 0n ? buffer.writeBigUInt64BE(value, this.#at) : buffer.writeBigInt64BE(value, this.#at);
  }

  #object(value: object): void {
    if (value instanceof Packed) this.#raw(value.bytes);
    else if (value instanceof Float) this.#float(value.value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (value instanceof Date) this.#date(value);
    else this.#container(value);
  }

  #container(value: object): void {
    if (this.#ancestors.length >= MAX_DEPTH || this.#ancestors.includes(value)) throw new Unpackable('too deep or a cycle');
    this.#ancestors.push(value);
    if (Array.isArray(value)) this.#array(value);
    else if (value instanceof Set) this.#array([...value]);
    else if (value instanceof Map) this.#map(value);
    else if (isPlain(value)) this.#plain(value);
    else throw new Unpackable('instance of a class');
    this.#ancestors.pop();
  }

  #array(items: readonly unknown[]): void {
    if (items.length < 16) this.#byte(0x90 | items.length);
    else this.#header(items.length, 0, 0xdc, 0xdd);
    for (let index = 0; index < items.length; index++) this.#value(items[index]);
  }

  #mapHeader(size: number): void {
    if (size < 16) this.#byte(0x80 | size);
    else this.#header(size, 0, 0xde, 0xdf);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#mapHeader(map.size);
    for (const [key, value] of map) {
      this.#value(key);
      this.#value(value);
    }
  }

  #plain(map: { readonly [key: string]: unknown }): void {
    const keys = Object.keys(map);
    let size = keys.length;
    for (const key of keys) if (map[key] === undefined) size--;
    this.#mapHeader(size);
    for (const key of keys) {
      const value = map[key];
      if (value === undefined) continue;
      this.#text(key);
      this.#value(value);
    }
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #binary(bytes: Uint8Array): void {
    this.#header(bytes.length, 0xc4, 0xc5, 0xc6);
    this.#raw(bytes);
  }

  #date(date: Timestamped): void {
    if (Number.isNaN(date.getTime())) throw new Unpackable('invalid date');
    const stamp = pythonStamp(date);
    this.#header(stamp.length, 0xc7, 0xc8, 0xc9);
    this.#byte(EXT_DATETIME);
    this.#raw(Buffer.from(stamp, 'latin1'));
  }
}

/** A map by its shape: `{}` of any realm or a null prototype, not an instance of some class. */
export function isPlain(value: object): value is { readonly [key: string]: unknown } {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
