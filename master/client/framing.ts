import type { Socket } from 'node:net';
import { TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';

/** The local socket's file name in `sock_dir`. */
export const SOCKET_NAME = 'tsalt-master.sock';

/** A message is its length (4 bytes, big endian) and one msgpack map. */
export const MAX_MESSAGE = 256 * 1024 * 1024;
/** From one who has shown no key. */
export const MAX_OF_STRANGERS = 4 * 1024 * 1024;

export function send(socket: Socket, message: Readonly<Record<string, unknown>>): boolean {
  const body = encode(message);
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32BE(body.length);
  socket.cork();
  socket.write(head);
  const room = socket.write(body);
  process.nextTick(() => socket.uncork());
  return room;
}

/** Calls `onMessage` for each whole message; anything that is none ends the connection with an error. */
export function receive(socket: Socket, onMessage: (message: Message) => void, most: () => number = () => MAX_MESSAGE): void {
  let chunks: Buffer[] = [];
  let size = 0;
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    try {
      ({ chunks, size } = takeMessages(chunks, size, onMessage, most()));
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function takeMessages(
  chunks: Buffer[],
  size: number,
  onMessage: (message: Message) => void,
  most: number,
): { chunks: Buffer[]; size: number } {
  if (size < 4 || size < 4 + declared(chunks, most)) return { chunks, size };
  const data = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
  let at = 0;
  while (data.length - at >= 4 && data.length - at >= 4 + data.readUInt32BE(at)) {
    const end = at + 4 + data.readUInt32BE(at);
    const message = decode(data.subarray(at + 4, end), { floats: 'wrap' });
    if (!isMessage(message)) throw new TsaltError('bad-frame', 'a map was expected on the local socket');
    onMessage(message);
    at = end;
  }
  return { chunks: at === data.length ? [] : [data.subarray(at)], size: data.length - at };
}

/** The length of the first message, whose head may lie across chunks. */
function declared(chunks: readonly Buffer[], most: number): number {
  const first = chunks[0] as Buffer;
  const head = first.length >= 4 ? first : Buffer.concat(chunks.slice(0, 4)).subarray(0, 4);
  const length = head.readUInt32BE(0);
  if (length > most) throw new TsaltError('bad-frame', `a message of ${length} bytes is beyond the bound of ${most}`);
  return length;
}
