import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Below this many bytes deflating a list of ids does not pay. */
const WORTH_DEFLATING = 64;
const PLAIN = 0;
const PACKED = 1;

/** A set of small numbers as bytes: differences of the sorted numbers, seven bits a byte, deflated when long. */
export function packIds(ids: readonly number[]): Uint8Array {
  const out: number[] = [];
  let before = 0;
  for (const id of [...ids].sort((a, b) => a - b)) {
    let rest = id - before;
    before = id;
    for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
    out.push(rest);
  }
  if (out.length < WORTH_DEFLATING) return Uint8Array.from([PLAIN, ...out]);
  return Buffer.concat([Uint8Array.of(PACKED), deflateRawSync(Uint8Array.from(out))]);
}

/** The numbers `packIds` was given, ascending. @throws RangeError when the bytes are not such a list. */
export function unpackIds(bytes: Uint8Array): number[] {
  const body = bytes[0] === PACKED ? inflateRawSync(bytes.subarray(1)) : bytes.subarray(1);
  const ids: number[] = [];
  let id = 0;
  let part = 0;
  let scale = 1;
  for (const byte of body) {
    part += (byte & 127) * scale;
    if (byte > 127) {
      scale *= 128;
      continue;
    }
    id += part;
    ids.push(id);
    part = 0;
    scale = 1;
  }
  if (scale !== 1) throw new RangeError('a list of ids ends in the middle of a number');
  return ids;
}
