import { BadFrame } from '../errors.ts';
import type { Message } from '../suites/suite.ts';
import { type DecodeOptions, decode, encode } from './msgpack.ts';

const ENVELOPE: DecodeOptions = { bytesAt: ['load', 'sig'] };

/**
 * The outer map of a frame (`enc`, `load`, `version`, ...). `load` and `sig` stay bytes when they are
 * text or binary; the `load` of a clear request is a map. @throws BadFrame
 */
export const decodeEnvelope = (frame: Uint8Array): Message => decodeMessage(frame, ENVELOPE);

export const encodeEnvelope = (envelope: Message): Buffer => encode(envelope);

/** A map with text keys. @throws BadFrame when the bytes hold anything else. */
export function decodeMessage(bytes: Uint8Array, options?: DecodeOptions): Message {
  const value = decode(bytes, options);
  if (!isMessage(value)) throw new BadFrame('a map with text keys was expected');
  return value;
}

/** Whether a decoded value is a map with text keys. */
export const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;

/**
 * The bytes of a decoded text or binary value: what was decoded as text was valid UTF-8, so nothing is
 * lost either way. Undefined for anything else.
 */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  return value instanceof Uint8Array ? value : undefined;
}
