/*
 * Every native frame, in any direction, is the msgpack map {enc: 'native', load: <bin 32>}. The load begins
 * with one of these bytes; what follows has a fixed layout, so that a file chunk is copied once and parsed never.
 */
export const KIND = {
  /** The head of a msgpack map: a real salt-master decodes what it is sent before it refuses it, and logs what it cannot. */
  hello: 0x81,
  prekey: 0x02,
  join: 0x03,
  joined: 0x04,
  request: 0x10,
  reply: 0x11,
  lost: 0x12,
  publication: 0x20,
} as const;

/** `{enc: 'native', load:` and the head of a bin 32, whose length follows in 4 bytes. */
const ENVELOPE = Buffer.concat([
  Buffer.from([0x82, 0xa3]),
  Buffer.from('enc'),
  Buffer.from([0xa6]),
  Buffer.from('native'),
  Buffer.from([0xa4]),
  Buffer.from('load'),
  Buffer.from([0xc6]),
]);
const HEAD = ENVELOPE.length + 4;

/** A frame around the load whose parts these are: the one copy a payload sees after it was encrypted. */
export function wrap(...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.allocUnsafe(HEAD);
  ENVELOPE.copy(head);
  head.writeUInt32BE(
    parts.reduce((length, part) => length + part.length, 0),
    ENVELOPE.length,
  );
  return Buffer.concat([head, ...parts]);
}

/** The load of a native frame, not copied; undefined for any other frame. Only the form `wrap` makes is accepted. */
export function unwrap(frame: Uint8Array): Buffer | undefined {
  const bytes = asBuffer(frame);
  if (bytes.length <= HEAD || !bytes.subarray(0, ENVELOPE.length).equals(ENVELOPE)) return undefined;
  return bytes.readUInt32BE(ENVELOPE.length) === bytes.length - HEAD ? bytes.subarray(HEAD) : undefined;
}

/** The same bytes as a Buffer, not copied. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Counters are 6 bytes on the wire: no conversation lives to see 2^48 messages. */
export const COUNTER = 6;
