import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import { TooManyLogins } from './errors.ts';
import { MAX_MESSAGE, MAX_OF_STRANGERS, receive, SOCKET_NAME, send } from './framing.ts';

/** Runs one call of a user: each value it yields goes to the caller as it comes. `request` is unchecked. */
export type Operation = (request: Message, user: string) => AsyncIterable<unknown>;

export interface DoorParts {
  readonly sockDir: string;
  /** `run`, `preview`, `runner`, `wheel`, `events`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** Whose key this is: the user, or undefined. */
  readonly userOf: (key: string, claimed?: unknown) => string | undefined;
  /** Whether local users without a key may come as persons: the socket is then open to all of them. */
  readonly open: boolean;
  readonly log: Log;
}

/** What those without a key may ask. */
const FOR_PERSONS = new Set(['login', 'logout', 'grant', 'as']);
/** For so long it is waited for who it is. */
const HELLO_MS = 10_000;
/** Connections of theirs at one time. */
const MOST_STRANGERS = 256;

/** Opens the local socket by which the command line and the web reach this master. */
export async function serveClients(parts: DoorParts): Promise<AsyncDisposable> {
  const path = join(parts.sockDir, SOCKET_NAME);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const connections = new Set<Socket>();
  const strangers = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', (error) => parts.log.debug(`local socket: ${messageOf(error)}`));
    attend(socket, parts, strangers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new TsaltError('cannot-bind', `cannot listen on ${path}: ${messageOf(cause)} (a path over 107 bytes is too long: set sock_dir)`, {
          cause,
        }),
      ),
    );
    server.listen(path, resolve);
  });
  chmodSync(path, parts.open ? 0o666 : 0o600);
  if (parts.open) chmodSync(dirname(path), 0o711);
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function attend(socket: Socket, parts: DoorParts, strangers: Set<Socket>): void {
  let user: string | undefined;
  strangers.add(socket);
  const patience = setTimeout(() => user === undefined && socket.destroy(), HELLO_MS);
  const running = new Map<number, AsyncIterator<unknown>>();
  const end = (iterator: AsyncIterator<unknown> | undefined): void => {
    iterator?.return?.().catch((error: unknown) => parts.log.error(`a call did not end well: ${messageOf(error)}`));
  };
  socket.on('close', () => {
    clearTimeout(patience);
    strangers.delete(socket);
    for (const iterator of running.values()) end(iterator);
    running.clear();
  });
  const take = (message: Message): void => {
    if (user === undefined) {
      user = comer(message, parts, strangers.size);
      if (user === undefined) {
        parts.log.warn('a local program with a wrong key was turned away');
        socket.destroy();
      } else if (user !== NOBODY) strangers.delete(socket);
      return;
    }
    const id = Number(message['id']);
    if (message['stop'] === true) {
      end(running.get(id));
      running.delete(id);
    } else void serve(socket, id, message, user, parts, running);
  };
  receive(socket, take, () => (user === undefined || user === NOBODY ? MAX_OF_STRANGERS : MAX_MESSAGE));
}

/** One who has shown no key. */
const NOBODY = '';

/** Who says hello: the user of the key, or nobody yet, where persons may come without. */
function comer(message: Message, parts: DoorParts, strangers: number): string | undefined {
  if (typeof message['key'] === 'string') return parts.userOf(message['key'], message['user']);
  return parts.open && message['hello'] === 1 && strangers <= MOST_STRANGERS ? NOBODY : undefined;
}

async function serve(
  socket: Socket,
  id: number,
  message: Message,
  user: string,
  parts: DoorParts,
  running: Map<number, AsyncIterator<unknown>>,
): Promise<void> {
  try {
    const iterator = begin(message, user, parts);
    if (running.has(id)) throw new TsaltError('bad-request', `the call ${id} is under way already`);
    running.set(id, iterator);
    if (socket.destroyed) await iterator.return?.();
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
      if (!socket.writable) return;
      if (!send(socket, { id, event: step.value })) await drained(socket);
    }
    if (running.delete(id) && socket.writable) send(socket, { id, end: true });
  } catch (error) {
    running.delete(id);
    const code = error instanceof TsaltError ? error.code : 'internal';
    if (!(error instanceof TsaltError))
      parts.log.error(`a call of ${user} failed: ${error instanceof Error ? error.stack : String(error)}`);
    const more = error instanceof TooManyLogins ? { retryAfter: error.retryAfter } : {};
    if (socket.writable) send(socket, { id, error: { code, message: messageOf(error), ...more } });
  }
}

/** @throws TsaltError `bad-request` */
function begin(message: Message, user: string, parts: DoorParts): AsyncIterator<unknown> {
  const [op, request] = [String(message['op']), message['request']];
  const operation = Object.hasOwn(parts.operations, op) ? parts.operations[op] : undefined;
  if (operation === undefined) throw new TsaltError('bad-request', `there is no operation ${JSON.stringify(op)}`);
  if (user === NOBODY && !FOR_PERSONS.has(op))
    throw new TsaltError('not-authorised', `${op} needs the key of the master's user, or a login (-a)`);
  if (!isMessage(request)) throw new TsaltError('bad-request', `the request of ${op} must be a map`);
  return operation(request, user)[Symbol.asyncIterator]();
}

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.on('drain', go);
    socket.on('close', go);
  });
}
