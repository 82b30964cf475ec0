import type { Connect, MasterClient, RunEvent, RunnerEvent, RunnerRequest, RunRequest } from '../master/client/contract.ts';
import type { ToolIo } from './tool.ts';

/** What a pretended master answers; for tests. */
export interface Script {
  readonly run?: readonly RunEvent[] | ((request: RunRequest) => readonly RunEvent[]);
  readonly runner?: readonly RunnerEvent[] | ((request: RunnerRequest) => readonly RunnerEvent[]);
  readonly preview?: readonly string[];
  readonly wheel?: (fun: string, kwargs: Readonly<Record<string, unknown>>) => unknown;
}

export interface FakeMaster {
  readonly connect: Connect;
  /** What was asked of it, in order. */
  readonly asked: unknown[];
}

export function fakeMaster(script: Script): FakeMaster {
  const asked: unknown[] = [];
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
      return script.wheel?.(fun, kwargs);
    },
    events: () => emitted([]),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { connect: async () => client, asked };
}

async function* emitted<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Collects what a tool writes. */
export function capture(stdin = ''): { io: ToolIo; out: () => string; err: () => string } {
  let out = '';
  let err = '';
  const io: ToolIo = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: emitted([stdin]),
    isTTY: false,
  };
  return { io, out: () => out, err: () => err };
}
