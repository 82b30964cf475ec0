import { connect, type Socket } from 'node:net';

/*
 * The least of ZMTP 3.0 (rfc.zeromq.org/spec/23) that a REQ or a SUB socket needs, NULL security, one TCP connection
 * each. A fleet of thousands in one process is out of reach for libzmq sockets: a context holds 1023 of them.
 */

const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;
/** All connections read into this buffer: what came is taken out of it before the next one reads. */
const incoming = Buffer.allocUnsafe(256 * 1024);
const NOTHING = Buffer.alloc(0);

export type SocketType = 'REQ' | 'SUB';

/** One connection. `onMessage` gets the last part of each message, valid during the call only. */
export class Peer {
  onMessage: (body: Buffer) => void = () => undefined;
  /** Called once, however the connection ended. */
  onEnd: (why: Error) => void = () => undefined;
  readonly #socket: Socket;
  #rest = NOTHING;
  #greeted = false;
  #ready: (() => void) | undefined;
  #ended = false;

  private constructor(host: string, port: number, type: SocketType) {
    const onread = { buffer: incoming, callback: (bytes: number): boolean => this.#take(incoming.subarray(0, bytes)) };
    this.#socket = connect({ host, port, noDelay: true, onread });
    this.#socket.on('connect', () => this.#socket.write(greeting(type)));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the master closed the connection')));
  }

  /** Resolves when the other side said it is ready. @throws Error when the connection cannot be made */
  static async connect(host: string, port: number, type: SocketType): Promise<Peer> {
    const peer = new Peer(host, port, type);
    await new Promise<void>((resolve, reject) => {
      peer.#ready = resolve;
      peer.onEnd = reject;
    });
    peer.onEnd = () => undefined;
    return peer;
  }

  /** A REQ socket puts an empty part in front. */
  request(body: Uint8Array): void {
    this.#socket.write(Buffer.concat([header(MORE, 0), header(0, body.length), body]));
  }

  /** Subscribes to every topic, as Salt's minion does by default. */
  subscribeAll(): void {
    this.#socket.write(Buffer.from([0, 1, 1]));
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #end(why: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.onEnd(why);
  }

  /** Answers true: go on reading. */
  #take(chunk: Buffer): boolean {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#greeted && bytes.length >= GREETING_BYTES) {
      this.#greeted = true;
      bytes = bytes.subarray(GREETING_BYTES);
    }
    const used = this.#greeted ? this.#frames(bytes) : 0;
    this.#rest = used === bytes.length ? NOTHING : Buffer.from(bytes.subarray(used));
    return true;
  }

  /** How many bytes the whole frames in `bytes` take. */
  #frames(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      const flags = bytes[at] ?? 0;
      const head = flags & LONG ? 9 : 2;
      if (bytes.length - at < head) return at;
      const size = flags & LONG ? Number(bytes.readBigUInt64BE(at + 1)) : (bytes[at + 1] ?? 0);
      if (bytes.length - at < head + size) return at;
      this.#frame(flags, bytes.subarray(at + head, at + head + size));
      at += head + size;
    }
  }

  #frame(flags: number, body: Buffer): void {
    if (flags & COMMAND) this.#command(body);
    else if (!(flags & MORE)) this.onMessage(body);
  }

  #command(body: Buffer): void {
    const name = body.toString('latin1', 1, 1 + (body[0] ?? 0));
    if (name === 'READY') this.#ready?.();
    if (name !== 'PING') return;
    const pong = Buffer.concat([Buffer.from('\x04PONG'), body.subarray(7)]);
    this.#socket.write(Buffer.concat([header(COMMAND, pong.length), pong]));
  }
}

function greeting(type: SocketType): Buffer {
  const hello = Buffer.alloc(GREETING_BYTES);
  hello.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3]);
  hello.write('NULL', 12);
  const property = Buffer.from(`\x05READY\x0bSocket-Type\0\0\0${String.fromCharCode(type.length)}${type}`, 'latin1');
  return Buffer.concat([hello, header(COMMAND, property.length), property]);
}

function header(flags: number, size: number): Buffer {
  if (size < 256) return Buffer.from([flags, size]);
  const long = Buffer.alloc(9);
  long[0] = flags | LONG;
  long.writeBigUInt64BE(BigInt(size), 1);
  return long;
}

/** One request on a connection of its own, as a command line tool makes it. */
export async function ask(host: string, port: number, body: Uint8Array): Promise<Buffer> {
  const peer = await Peer.connect(host, port, 'REQ');
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      peer.onMessage = (reply) => resolve(Buffer.from(reply));
      peer.onEnd = reject;
      peer.request(body);
    });
  } finally {
    peer.close();
  }
}
