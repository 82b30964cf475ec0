import { connect, type Socket } from 'node:net';
import { ReturnerAway } from '../../define.ts';

/** What was sent so shortly before a connection broke may not have arrived: Carbon acknowledges nothing. */
const IN_DOUBT_MS = 10_000;
/** Longest wait for a connection, and for bytes to leave. */
const PATIENCE_MS = 10_000;

interface Sent {
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * A connection that is made when there is something to send, and kept. After it broke the next one begins with what
 * was sent last: a point that comes twice takes its own place.
 */
export class Connection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #sent: Sent[] = [];

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Resolves when the bytes left this process. @throws ReturnerAway */
  async send(bytes: Buffer): Promise<void> {
    if (this.#socket === undefined) await this.#connect();
    await this.#write(bytes);
    const now = Date.now();
    this.#sent = [...this.#sent.filter(({ at }) => at > now - IN_DOUBT_MS), { at: now, bytes }];
  }

  /** Lets what was written leave. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    await this.#within((done) =>
      socket
        .removeAllListeners('close')
        .once('close', () => done())
        .end(),
    ).catch(() => undefined);
    socket.destroy();
  }

  async #connect(): Promise<void> {
    const socket = connect({ host: this.#host, port: this.#port, keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true });
    try {
      await this.#within((done, fail) => socket.once('connect', () => done()).once('error', fail));
    } catch (error) {
      socket.destroy();
      throw error;
    }
    socket.on('error', () => undefined); // `close` follows
    socket.resume(); // it says nothing, but its end is heard only by who reads
    socket.once('end', () => socket.destroy()).once('close', () => this.#broke(socket));
    this.#socket = socket;
    if (this.#sent.length === 0) return;
    const bytes = Buffer.concat(this.#sent.map((sent) => sent.bytes));
    await this.#write(bytes);
    this.#sent = [{ at: Date.now(), bytes }];
  }

  #broke(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const now = Date.now();
    this.#sent = this.#sent.filter(({ at }) => at > now - IN_DOUBT_MS);
  }

  async #write(bytes: Buffer): Promise<void> {
    const socket = this.#socket;
    try {
      await this.#within((done, fail) => {
        if (socket === undefined) fail(new Error('the connection broke'));
        else socket.write(bytes, (error) => (error ? fail(error) : done()));
      });
    } catch (error) {
      if (socket !== undefined) this.#broke(socket);
      socket?.destroy();
      throw error;
    }
  }

  async #within(act: (done: () => void, fail: (error: Error) => void) => void): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const at = `${this.#host}:${this.#port}`;
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (text: string): void => reject(new ReturnerAway(`${at}: ${text}`));
        timer = setTimeout(() => fail(`nothing happened for ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
        act(resolve, (error) => fail(error.message || String((error as NodeJS.ErrnoException).code)));
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
