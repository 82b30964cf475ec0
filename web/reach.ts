import type { MasterClient, PersonClient } from '../master/client/contract.ts';

/**
 * A client that connects when it is first needed and again after the master went away. A call under way at that moment
 * fails with `master-unreachable`: whether it was done is not known, so it is not repeated.
 */
export function reaching(open: () => Promise<MasterClient>): MasterClient {
  let current: Promise<MasterClient> | undefined;
  const get = (): Promise<MasterClient> => {
    if (current !== undefined) return current;
    const opening = open();
    current = opening;
    const lost = (): void => {
      if (current === opening) current = undefined;
    };
    opening.then((client) => watch(client).then(lost), lost);
    return opening;
  };
  const asking = (of: (client: MasterClient) => PersonClient): PersonClient => {
    const through = async function* <T>(call: (client: PersonClient) => AsyncIterable<T>): AsyncIterable<T> {
      yield* call(of(await get()));
    };
    return {
      run: (request) => through((client) => client.run(request)),
      runner: (request) => through((client) => client.runner(request)),
      events: (tag) => through((client) => client.events(tag)),
      preview: async (target) => await of(await get()).preview(target),
      wheel: async (fun, kwargs, jid) => await of(await get()).wheel(fun, kwargs, jid),
    };
  };
  return {
    ...asking((client) => client),
    login: async (login, from) => await (await get()).login(login, from),
    logout: async (token) => await (await get()).logout(token),
    grant: async (token) => await (await get()).grant(token),
    as: (proof, from) => asking((client) => client.as(proof, from)),
    [Symbol.asyncDispose]: async () => {
      const opened = current;
      current = undefined;
      await opened?.then((client) => client[Symbol.asyncDispose]());
    },
  };
}

/** No event has this tag. */
const NOTHING = 'tsalt/web/nothing';

/** Resolves when the connection is gone. */
async function watch(client: MasterClient): Promise<void> {
  try {
    for await (const _event of client.events(NOTHING));
  } catch {
    // It is gone: that is what was waited for; the calls under way report the reason.
  }
}
