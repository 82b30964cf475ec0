export interface Frame {
  readonly from: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

const HEAD = 8;

/**
 * What programs in containers write, as the engine sends it: frames of one byte for the stream (1 stdout, 2 stderr),
 * three of nothing and four for the length, most significant first. See "Attach to a container" of the Engine API.
 */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const size = bytes.readUInt32BE(at + 4);
    frames.push({ from: bytes[at] === 2 ? 'stderr' : 'stdout', bytes: bytes.subarray(at + HEAD, at + HEAD + size) });
    at += HEAD + size;
  }
  return frames;
}

export const textOf = (frames: readonly Frame[], from?: Frame['from']): string =>
  Buffer.concat(frames.filter((frame) => from === undefined || frame.from === from).map(({ bytes }) => bytes)).toString('utf8');
