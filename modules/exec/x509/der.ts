/** ASN.1 in its distinguished encoding (ITU-T X.690), as far as certificates have it. */

/** One value: its tag byte, the bytes of its content, and all of its bytes. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  time: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = bytesOf(BigInt(length));
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

const bytesOf = (value: bigint): Buffer => {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
};

/** An integer that is not negative. */
export function integer(value: bigint | number, tag: number = TAG.integer): Buffer {
  const bytes = bytesOf(BigInt(value));
  return encode(tag, (bytes[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => encode(TAG.sequence, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => encode(TAG.set, ...parts);
export const octets = (bytes: Uint8Array): Buffer => encode(TAG.octets, bytes);
export const text = (tag: number, value: string): Buffer => encode(tag, Buffer.from(value, 'utf8'));
export const flag = (value: boolean): Buffer => encode(TAG.boolean, Buffer.from([value ? 0xff : 0]));
/** A value with the tag number of its place, `[n]`; `constructed` unless it holds plain bytes. */
export const tagged = (number: number, content: Uint8Array, constructed = true): Buffer =>
  encode((constructed ? 0xa0 : 0x80) | number, content);
export const bits = (bytes: Uint8Array, unused = 0): Buffer => encode(TAG.bits, Buffer.from([unused]), bytes);

/** Flags by number, without those at the end that are not set. */
export function flags(set: readonly number[], tag: number = TAG.bits): Buffer {
  const last = Math.max(-1, ...set);
  const bytes = Buffer.alloc(Math.ceil((last + 1) / 8));
  for (const number of set) bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (0x80 >> (number & 7));
  return encode(tag, Buffer.from([last < 0 ? 0 : 7 - (last & 7)]), bytes);
}

export const flagsOf = (content: Buffer): number[] =>
  [...content.subarray(1)].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (0x80 >> bit)).map((bit) => index * 8 + bit),
  );

export function oid(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return encode(TAG.oid, ...[first * 40n + second, ...rest].map(base128));
}

function base128(value: bigint): Buffer {
  const bytes = [Number(value & 0x7fn)];
  for (let left = value >> 7n; left > 0n; left >>= 7n) bytes.unshift(Number(left & 0x7fn) | 0x80);
  return Buffer.from(bytes);
}

export function oidOf(content: Buffer): string {
  const numbers: bigint[] = [];
  let value = 0n;
  for (const byte of content) {
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    numbers.push(value);
    value = 0n;
  }
  const [head = 0n, ...rest] = numbers;
  const first = head < 80n ? head / 40n : 2n;
  return [first, head - first * 40n, ...rest].join('.');
}

/** A moment as certificates have it: two digits of the year until 2049. Seconds count. */
export function time(moment: Date, always4 = false): Buffer {
  const digits = `${moment.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  const short = moment.getUTCFullYear() < 2050 && !always4;
  return text(short ? TAG.utcTime : TAG.time, short ? digits.slice(2) : digits);
}

export function timeOf({ tag, content }: Der): Date {
  const digits = content.toString('latin1');
  const full = tag === TAG.utcTime ? `${Number(digits.slice(0, 2)) < 50 ? '20' : '19'}${digits}` : digits;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(full) ?? [];
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(moment.getTime())) throw new BadDer(`'${digits}' is no time`);
  return moment;
}

export const integerOf = (content: Buffer): bigint => {
  const value = BigInt(`0x${content.toString('hex') || '0'}`);
  return (content[0] ?? 0) >= 0x80 ? value - (1n << BigInt(content.length * 8)) : value;
};

/** Text of any of the kinds of strings. */
export const textOf = ({ tag, content }: Der): string =>
  tag === TAG.bmp ? Buffer.from(content).swap16().toString('utf16le') : content.toString(tag === TAG.utf8 ? 'utf8' : 'latin1');

/** Bytes that are no ASN.1, or not of the shape that was expected. */
export class BadDer extends Error {}

/** The first value of some bytes. Throws BadDer. */
export function decode(bytes: Buffer): Der {
  const [tag, first] = [bytes[0], bytes[1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new BadDer('a value is cut off');
  const more = first & 0x80 ? first & 0x7f : 0;
  if (more > 4 || first === 0x80) throw new BadDer('a length is out of range');
  const length = more === 0 ? first : bytes.subarray(2, 2 + more).reduce((sum, byte) => sum * 256 + byte, 0);
  const start = 2 + more;
  if (bytes.length < start + length) throw new BadDer('a value is cut off');
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(0, start + length) };
}

/** The values within a value. */
export function children({ content }: Der): Der[] {
  const found: Der[] = [];
  for (let rest = content; rest.length > 0; ) {
    const value = decode(rest);
    found.push(value);
    rest = rest.subarray(value.raw.length);
  }
  return found;
}

/** The values within a sequence or set. Throws BadDer for anything else. */
export function members(value: Der | undefined, tag: number = TAG.sequence): Der[] {
  if (value?.tag !== tag) throw new BadDer(`expected a value of the tag ${tag}, got ${value?.tag ?? 'nothing'}`);
  return children(value);
}
