import { TsaltError } from '../errors.ts';
import { Reader, type Wish } from './reader.ts';
import { findUnpackable } from './unpackable.ts';
import { Unpackable, Writer } from './writer.ts';

/*
 * Salt's dialect of msgpack (docs of the wire: str and bytes share one form, dates are extension 78, map
 * keys may be any scalar). A decoder of our own, for stock ones turn Salt's binary `str` into U+FFFD.
 */

const SCRATCH = 64 * 1024;
let scratch: Writer | undefined = new Writer(SCRATCH);

/**
 * The msgpack of `value`, in modern and shortest forms.
 *
 * - whole numbers become integers up to 64 bit (a `number` beyond that is a float64, a `bigint` decimal text)
 * - `Float` becomes a float64, `Packed` its own bytes, `Date` Salt's extension 78, `Set` an array, `Uint8Array` bin
 * - `undefined` becomes nil in arrays and at the top; a key of a plain object whose value is undefined is left out
 *
 * @throws TsaltError `not-packable`, naming the path, for functions, symbols, cycles, invalid dates,
 * instances of other classes and nesting deeper than 512.
 */
export function encode(value: unknown): Buffer {
  // A getter of `value` may call encode again: the writer is taken while it is in use.
  const writer = scratch ?? new Writer(1024);
  scratch = undefined;
  try {
    return writer.pack(value);
  } catch (error) {
    throw error instanceof Unpackable ? notPackable(value) : error;
  } finally {
    scratch = writer.capacity > 16 * SCRATCH ? new Writer(SCRATCH) : writer;
  }
}

function notPackable(value: unknown): TsaltError {
  const fault = findUnpackable(value);
  const place = fault === undefined || fault.path === '' ? 'the value' : fault.path;
  return new TsaltError('not-packable', `${place} cannot be sent: it is ${fault?.why ?? 'of no msgpack type'}; return plain data instead`);
}

export interface DecodeOptions {
  /** Keys of the top-level map whose text or binary stays a `Uint8Array`, even where it is valid UTF-8. */
  readonly bytesAt?: readonly string[];
  /** Keys of the top-level map whose value is checked but not decoded: it becomes a `Packed`. */
  readonly packedAt?: readonly string[];
  /** `wrap`: a float whose value is whole becomes a `Float`, so that `1.0` is told from `1`. Default `number`. */
  readonly floats?: 'wrap' | 'number';
}

/**
 * The one value in `bytes`.
 *
 * - str and bin alike are text when they are valid UTF-8, else a `Uint8Array`
 * - a map whose keys are all text is an object without prototype, any other a `Map`
 * - integers beyond 2^53 are `bigint`; extension 78 is text as Python prints it (`2026-11-23 23:48:34.706075`),
 *   79 its value, any other extension its payload as a `Uint8Array`
 *
 * @throws BadFrame for anything but exactly one well-formed value, at most 512 deep.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  return new Reader(bytes, options.floats === 'wrap').whole(wishesOf(options));
}

function wishesOf({ bytesAt = [], packedAt = [] }: DecodeOptions): ReadonlyMap<string, Wish> | undefined {
  if (bytesAt.length === 0 && packedAt.length === 0) return undefined;
  const wishes = new Map<string, Wish>();
  for (const key of bytesAt) wishes.set(key, 'bytes');
  for (const key of packedAt) wishes.set(key, 'packed');
  return wishes;
}
