import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { AsyncQueue } from '../../kernel/events/queue.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { ClientConfig, Connect, Grant, MasterClient, PersonClient, RunEvent, RunnerEvent } from './contract.ts';
import { TooManyLogins } from './errors.ts';
import { receive, SOCKET_NAME, send } from './framing.ts';

/** Opens the local socket of the master. @throws TsaltError `master-unreachable`, `not-authorised` */
export const connect: Connect = async (config) => {
  const key = config.person === true ? null : readKey(config);
  const path = join(config.sockDir, SOCKET_NAME);
  const socket = await open(path);
  const calls = new Calls(socket, path);
  send(socket, { hello: 1, user: config.sudoer ?? config.user, key });
  return client(calls, socket);
};

function readKey(config: ClientConfig): string {
  const file = join(config.cachedir, `.${config.user}_key`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'is the master running, and is this its configuration directory?'
        : messageOf(cause);
    throw new TsaltError('master-unreachable', `cannot read the key of user ${config.user} (${file}): ${why}`, { cause });
  }
}

async function open(path: string): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) =>
      reject(
        new TsaltError('master-unreachable', `the master does not answer at ${path}: is it running? (${messageOf(cause)})`, {
          cause,
          retry: true,
        }),
      ),
    );
  });
}

function client(calls: Calls, socket: Socket): MasterClient {
  return {
    ...asking((op, request) => calls.stream(op, request)),
    login: async (login, from) => (await calls.one('login', { login, from })) as Grant,
    logout: async (token) => void (await calls.one('logout', { token })),
    grant: async (token) => ((await calls.one('grant', { token })) ?? undefined) as Grant | undefined,
    as: (proof, from) => asking((op, request) => calls.stream('as', { op, request, proof, from })),
    [Symbol.asyncDispose]: async () => {
      socket.end();
      socket.unref();
    },
  };
}

/** The calls that the master's user and a person have in common. */
function asking(stream: (op: string, request: unknown) => AsyncIterable<unknown>): PersonClient {
  return {
    run: (request) => stream('run', request) as AsyncIterable<RunEvent>,
    preview: async (target) => (await first(stream('preview', target))) as string[],
    runner: (request) => stream('runner', request) as AsyncIterable<RunnerEvent>,
    wheel: (fun, kwargs, jid) => first(stream('wheel', { fun, kwargs, ...(jid === undefined ? {} : { jid }) })),
    events: (tag = '*') => stream('events', { tag }) as AsyncIterable<{ tag: string; data: unknown }>,
  };
}

async function first(values: AsyncIterable<unknown>): Promise<unknown> {
  for await (const value of values) return value;
  return undefined;
}

/** The calls under way on one connection. */
class Calls {
  readonly #socket: Socket;
  readonly #open = new Map<number, AsyncQueue<unknown>>();
  #last = 0;
  #closed: TsaltError | undefined;

  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    receive(socket, (message) => this.#take(message));
    socket.on('error', () => undefined); // followed by 'close', which is where the calls learn of it
    socket.on('close', () => {
      this.#closed = new TsaltError('master-unreachable', `the master closed the connection at ${path}`, { retry: true });
      for (const queue of this.#open.values()) queue.fail(this.#closed);
    });
  }

  stream(op: string, request: unknown): AsyncIterable<unknown> {
    const id = ++this.#last;
    const queue = new AsyncQueue<unknown>(() => {
      if (this.#open.delete(id)) send(this.#socket, { id, stop: true });
    });
    if (this.#closed !== undefined) queue.fail(this.#closed);
    else {
      this.#open.set(id, queue);
      send(this.#socket, { id, op, request });
    }
    return queue;
  }

  one(op: string, request: unknown): Promise<unknown> {
    return first(this.stream(op, request));
  }

  #take(message: Message): void {
    const id = Number(message['id']);
    const queue = this.#open.get(id);
    if (queue === undefined) return;
    const { error } = message;
    if (isMessage(error)) {
      this.#open.delete(id);
      queue.fail(errorOf(error));
    } else if (message['end'] === true) {
      this.#open.delete(id);
      queue.end();
    } else queue.push(message['event']);
  }
}

function errorOf(error: Message): TsaltError {
  const [code, message, retryAfter] = [String(error['code']), String(error['message']), error['retryAfter']];
  return code === 'too-many-logins' ? new TooManyLogins(message, Number(retryAfter)) : new TsaltError(code, message);
}
