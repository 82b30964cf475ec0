import { Publisher as PubSocket, Request, Router, Subscriber as SubSocket } from 'zeromq';
import { messageOf, TimedOut, TsaltError } from '../errors.ts';
import type {
  Answer,
  BindOptions,
  ConnectOptions,
  Publisher,
  Requester,
  Responder,
  SubscribeOptions,
  Subscriber,
  Transport,
} from './transport.ts';

/** The ZeroMQ transport, with the socket options Salt uses (wire-protocol facts: ROUTER, PUB, REQ, SUB over TCP). */
export const zeromq: Transport = { publisher, subscriber, requester, responder };

const KEEPALIVE = { tcpKeepalive: 1, tcpKeepaliveIdle: 60, tcpKeepaliveInterval: 15, tcpKeepaliveCount: 3 } as const;

/** What both ends that connect set alike; the reconnect times, in ms, are theirs. */
function connection(options: ConnectOptions, reconnectMs: number, reconnectMaxMs: number) {
  const keepalive = options.keepalive ?? { idle: 300, count: -1, interval: -1 };
  return {
    ipv6: options.ipv6 ?? false,
    reconnectInterval: options.reconnectMs ?? reconnectMs,
    reconnectMaxInterval: options.reconnectMaxMs ?? reconnectMaxMs,
    tcpKeepalive: 1 as const,
    tcpKeepaliveIdle: keepalive.idle,
    tcpKeepaliveCount: keepalive.count,
    tcpKeepaliveInterval: keepalive.interval,
    ...(options.maxFrame === undefined ? {} : { maxMessageSize: options.maxFrame }),
  };
}

async function bound(socket: PubSocket | Router, address: string): Promise<string> {
  try {
    await socket.bind(address);
  } catch (cause) {
    socket.close();
    throw new TsaltError('cannot-bind', `cannot listen on ${address}: ${messageOf(cause)}`, { cause });
  }
  return socket.lastEndpoint ?? address;
}

async function publisher(options: BindOptions): Promise<Publisher> {
  const socket = new PubSocket({
    linger: 1,
    backlog: options.backlog ?? 1000,
    sendHighWaterMark: options.highWaterMark ?? 1000,
    sendTimeout: 0,
    ipv6: options.ipv6 ?? false,
    heartbeatInterval: options.heartbeatMs ?? 10_000,
    heartbeatTimeout: options.heartbeatTimeoutMs ?? 30_000,
    ...KEEPALIVE,
  });
  const address = await bound(socket, options.address);
  return {
    address,
    publish: async (frame, topic) => {
      await socket.send(topic === undefined ? [frame] : [topic, frame]);
    },
    [Symbol.asyncDispose]: async () => socket.close(),
  };
}

async function subscriber(options: SubscribeOptions, onFrames: (frames: readonly Uint8Array[]) => void): Promise<Subscriber> {
  const socket = new SubSocket({
    linger: 1,
    ...connection(options, 1000, 10_000),
  });
  const { onConnect, onDisconnect } = options;
  if (onConnect !== undefined) socket.events.on('connect', () => onConnect());
  if (onDisconnect !== undefined) socket.events.on('disconnect', () => onDisconnect());
  socket.subscribe(...options.topics);
  socket.connect(options.address);
  const reading = read(socket, onFrames);
  return {
    topics: options.topics,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await reading;
    },
  };
}

async function read(socket: SubSocket, onFrames: (frames: readonly Uint8Array[]) => void): Promise<void> {
  for await (const frames of socket) onFrames(frames);
}

/**
 * REQ is strict lock-step and a socket that lost its reply is of no more use, so each request under way has a
 * socket of its own, and a socket whose request timed out is closed.
 */
function requester(options: ConnectOptions): Requester {
  const idle: Request[] = [];
  const busy = new Set<Request>();
  const waiting: (() => void)[] = [];
  const parallel = options.parallel ?? 4;
  let closed = false;

  const open = (): Request => {
    const socket = new Request({ linger: 0, ...connection(options, 100, 5000) });
    socket.connect(options.address);
    return socket;
  };

  const take = async (): Promise<Request> => {
    while (!closed && idle.length === 0 && busy.size >= parallel) await new Promise<void>((resolve) => waiting.push(resolve));
    if (closed) throw new TsaltError('closed', `the connection to ${options.address} was closed`);
    const socket = idle.pop() ?? open();
    busy.add(socket);
    return socket;
  };

  const give = (socket: Request, usable: boolean): void => {
    busy.delete(socket);
    if (usable && !closed) idle.push(socket);
    else socket.close();
    waiting.shift()?.();
  };

  return {
    request: async (frame, { timeoutMs, signal }) => {
      const socket = await take();
      let timer: NodeJS.Timeout | undefined;
      let giveUp = (): void => undefined;
      let answered = false;
      try {
        const failed = new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new TimedOut(`no answer from ${options.address} within ${timeoutMs / 1000} s`)), timeoutMs);
          giveUp = () => reject(new TsaltError('aborted', 'the request was given up'));
          signal?.addEventListener('abort', giveUp, { once: true });
        });
        const round = (async () => {
          await socket.send(frame);
          return await socket.receive();
        })();
        round.catch(() => undefined); // when the time-out wins, closing the socket rejects this one
        const frames = await Promise.race([round, failed]);
        answered = true;
        return frames[frames.length - 1] ?? new Uint8Array();
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        give(socket, answered);
      }
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      for (const socket of [...idle, ...busy]) socket.close();
      idle.length = 0;
      for (const wake of waiting.splice(0)) wake();
    },
  };
}

async function responder(options: BindOptions, answer: Answer): Promise<Responder> {
  const socket = new Router({
    linger: 1000,
    handover: true,
    backlog: options.backlog ?? 1000,
    ipv6: options.ipv6 ?? false,
    sendTimeout: 0,
    ...(options.maxFrame === undefined ? {} : { maxMessageSize: options.maxFrame }),
    ...KEEPALIVE,
  });
  const address = await bound(socket, options.address);
  const serving = serve(socket, answer, options.onError ?? (() => undefined));
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await serving;
    },
  };
}

async function serve(socket: Router, answer: Answer, onError: (error: unknown) => void): Promise<void> {
  for await (const frames of socket) void reply(socket, frames, answer).catch(onError);
}

/** Proxies on the way add envelope frames: what precedes the first empty frame goes back as it came. */
async function reply(socket: Router, frames: Buffer[], answer: Answer): Promise<void> {
  const split = frames.findIndex((frame, index) => index > 0 && frame.length === 0);
  const envelope = split > 0 ? frames.slice(0, split + 1) : frames.slice(0, 1);
  const frame = split > 0 ? frames[split + 1] : frames[1];
  const answered = await answer(frame ?? Buffer.alloc(0));
  if (!socket.closed) await socket.send([...envelope, answered]);
}
