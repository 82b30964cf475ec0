import type { Point } from './points.ts';

/** The line receiver's protocol (port 2003): `path value time` and a newline for each point. */
export const asText = (points: readonly Point[]): Buffer =>
  Buffer.from(points.map(({ path, value, at }) => `${path} ${value} ${at}\n`).join(''));

/** Carbon closes a connection that sends it more than a megabyte in one frame; its own relay sends so many at once. */
const POINTS_A_FRAME = 500;

/** The pickle receiver's protocol (port 2004): frames with their length before them, each a list of `(path, (time, value))`. */
export function asPickle(points: readonly Point[]): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < points.length; at += POINTS_A_FRAME) {
    const body = pickled(points.slice(at, at + POINTS_A_FRAME));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    frames.push(length, body);
  }
  return Buffer.concat(frames);
}

/** Opcodes of Python's pickle, protocol 2. */
const PROTO_2 = [0x80, 2];
const EMPTY_LIST = 0x5d;
const MARK = 0x28;
const UNICODE = 0x58;
const LONG = 0x8a;
const FLOAT = 0x47;
const PAIR = 0x86;
const APPENDS = 0x65;
const STOP = 0x2e;

function pickled(points: readonly Point[]): Buffer {
  const parts = points.map(({ path, value, at }) => {
    const name = Buffer.from(path);
    const part = Buffer.alloc(5 + name.length + 10 + 9 + 2);
    let end = part.writeUInt8(UNICODE, 0);
    end = part.writeUInt32LE(name.length, end);
    end += name.copy(part, end);
    end = part.writeUInt8(LONG, end);
    end = part.writeUInt8(8, end);
    end = part.writeBigInt64LE(BigInt(at), end);
    end = part.writeUInt8(FLOAT, end);
    end = part.writeDoubleBE(value, end);
    part.writeUInt8(PAIR, part.writeUInt8(PAIR, end));
    return part;
  });
  return Buffer.concat([Buffer.from([...PROTO_2, EMPTY_LIST, MARK]), ...parts, Buffer.from([APPENDS, STOP])]);
}
