import type { Duplex } from 'node:stream';
import { decode, encode } from '../../../protocol/wire/msgpack.ts';

export type Message = Readonly<Record<string, unknown>>;

/** A big-endian length of 4 bytes, then msgpack. */
export const sendFrame = (stream: Duplex, message: Message): void => sendBody(stream, encode(message));

/** The same with the message encoded already. */
export const sendBody = (stream: Duplex, body: Uint8Array): void => {
  if (stream.destroyed || !stream.writable) return;
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32BE(body.length);
  stream.cork();
  stream.write(head);
  stream.write(body);
  stream.uncork();
};

/** Calls `receive` with each whole message. What is no message is `broken`: the other end is then not to be trusted. */
export const receiveFrames = (stream: Duplex, receive: (message: Message) => void, broken: (why: unknown) => void): void => {
  let parts: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    size += chunk.length;
    // Joining is put off until a frame is whole: a large one comes in thousands of chunks.
    if (size < wanted(parts)) return;
    const rest = takeFrames(Buffer.concat(parts), receive, broken);
    parts = rest.length === 0 ? [] : [rest];
    size = rest.length;
  });
};

const wanted = (parts: readonly Buffer[]): number => {
  const [first] = parts;
  return first === undefined || first.length < 4 ? 4 : first.readUInt32BE(0) + 4;
};

const takeFrames = (bytes: Buffer, receive: (message: Message) => void, broken: (why: unknown) => void): Buffer => {
  let rest = bytes;
  while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0) + 4) {
    const end = rest.readUInt32BE(0) + 4;
    try {
      receive(messageOf(decode(rest.subarray(4, end), { floats: 'wrap' })));
    } catch (thrown) {
      broken(thrown);
    }
    rest = rest.subarray(end);
  }
  return rest;
};

const messageOf = (value: unknown): Message => {
  if (value !== null && typeof value === 'object' && !(value instanceof Map) && !Array.isArray(value)) return value as Message;
  throw new TypeError('a message between the minion and a process of its modules is no map with text keys');
};
