import type { Connect, Grant, Login, MasterClient, RunEvent, RunnerEvent, RunnerRequest, RunRequest } from '../master/client/contract.ts';
import type { ToolIo } from './tool.ts';

/** What a pretended master answers; for tests. */
export interface Script {
  readonly run?: readonly RunEvent[] | ((request: RunRequest) => readonly RunEvent[]);
  readonly runner?: readonly RunnerEvent[] | ((request: RunnerRequest) => readonly RunnerEvent[]);
  /** What is on the bus when somebody listens. */
  readonly events?: readonly { readonly tag: string; readonly data: unknown }[];
  readonly preview?: readonly string[];
  readonly login?: (login: Login) => Grant;
  readonly wheel?: (fun: string, kwargs: Readonly<Record<string, unknown>>) => unknown;
}

export interface FakeMaster {
  readonly connect: Connect;
  /** What was asked of it, in order. */
  readonly asked: unknown[];
}

export function fakeMaster(script: Script): FakeMaster {
  const asked: unknown[] = [];
  let closed = false;
  const emitted = <T>(items: readonly T[]): AsyncIterable<T> => openOnly(items, () => closed);
  const client: MasterClient = {
    run: (request) => {
      asked.push(request);
      return emitted(typeof script.run === 'function' ? script.run(request) : (script.run ?? []));
    },
    runner: (request) => {
      asked.push(request);
      return emitted(typeof script.runner === 'function' ? script.runner(request) : (script.runner ?? []));
    },
    preview: async (target) => {
      asked.push(target);
      return script.preview ?? [];
    },
    wheel: async (fun, kwargs) => {
      asked.push([fun, { ...kwargs }]);
      await nextTurn();
      if (closed) throw new Error('the connection was closed while a call was under way');
      return script.wheel?.(fun, kwargs);
    },
    events: () => emitted(script.events ?? []),
    login: async (login) => {
      asked.push(login);
      if (script.login === undefined) throw new Error('this pretended master lets nobody in');
      return script.login(login);
    },
    logout: async () => undefined,
    grant: async () => undefined,
    as: (proof) => {
      asked.push(proof);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
    },
  };
  return { connect: async () => client, asked };
}

/** Items that take a while to come, and do not come any more once the connection is closed. */
async function* openOnly<T>(items: readonly T[], closed: () => boolean): AsyncGenerator<T> {
  for (const item of items) {
    await nextTurn();
    if (closed()) throw new Error('the connection was closed while a call was under way');
    yield item;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Collects what a tool writes. */
export function capture(stdin = ''): { io: ToolIo; out: () => string; err: () => string } {
  let out = '';
  let err = '';
  const io: ToolIo = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: openOnly([stdin], () => false),
    isTTY: false,
  };
  return { io, out: () => out, err: () => err };
}
