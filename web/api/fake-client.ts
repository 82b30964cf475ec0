import type { Grant, Login, MasterClient, PersonClient, RunnerRequest, RunRequest } from '../../master/client/contract.ts';
import { TsaltError } from '../../protocol/errors.ts';

/** A master that knows `ada` (password `lovelace`), for tests; `asked` is what was asked of it. */
export interface FakeClient extends MasterClient {
  readonly asked: { run: RunRequest[]; runner: RunnerRequest[]; wheel: [string, object][]; logins: Login[] };
  /** Put on the bus. */
  fire(tag: string, data: unknown): void;
  /** Thrown by the next logins. */
  refuse: TsaltError | undefined;
}

const JID = '20261124010203456789';

export function fakeClient(): FakeClient {
  const asked: FakeClient['asked'] = { run: [], runner: [], wheel: [], logins: [] };
  const tokens = new Map<string, Grant>();
  const listeners = new Set<(event: { tag: string; data: unknown }) => void>();
  const person: PersonClient = {
    run: async function* run(request) {
      asked.run.push(request);
      yield { kind: 'published', jid: JID, minions: ['m1'] };
      if (request.async !== true) yield { kind: 'return', jid: JID, minion: 'm1', value: request.args, retcode: 0, success: true };
    },
    preview: async () => ['m1'],
    runner: async function* runner(request) {
      asked.runner.push(request);
      yield { kind: 'started', jid: JID };
      yield { kind: 'result', value: { fun: request.fun }, success: true, retcode: 0 };
    },
    wheel: async (fun, kwargs) => {
      asked.wheel.push([fun, kwargs]);
      return { fun };
    },
    events: async function* events() {
      const waiting: { tag: string; data: unknown }[] = [];
      let wake = (): void => undefined;
      const hear = (event: { tag: string; data: unknown }): void => {
        waiting.push(event);
        wake();
      };
      listeners.add(hear);
      try {
        for (;;) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        listeners.delete(hear);
      }
    },
  };
  const needed = (token: string): void => {
    if (!tokens.has(token)) throw new TsaltError('not-authenticated', 'log in again');
  };
  const client: FakeClient = {
    ...person,
    asked,
    refuse: undefined,
    fire: (tag, data) => {
      for (const hear of listeners) hear({ tag, data });
    },
    login: async (login) => {
      asked.logins.push(login);
      if (client.refuse !== undefined) throw client.refuse;
      if (login.username !== 'ada' || login.password !== 'lovelace') throw new TsaltError('not-authenticated', 'no');
      const start = Date.now() / 1000;
      const token = String(tokens.size + 1).padStart(64, 'a');
      const grant: Grant = { token, user: 'ada', eauth: login.eauth, start, expire: start + 43_200, perms: ['.*'], roles: [], groups: [] };
      tokens.set(token, grant);
      return grant;
    },
    logout: async (token) => void tokens.delete(token),
    grant: async (token) => tokens.get(token),
    as: (proof) => ({
      ...person,
      run: async function* run(request) {
        if ('token' in proof) needed(proof.token);
        yield* person.run(request);
      },
    }),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return client;
}
