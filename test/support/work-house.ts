import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BusEvent, createBus, type EventBus } from '../../kernel/events/bus.ts';
import type { Nodegroups } from '../../kernel/targeting/target.ts';
import type { RunEvent } from '../../master/client/contract.ts';
import { createFleet, type Fleet } from '../../master/fleet/fleet.ts';
import { createPresence } from '../../master/fleet/presence.ts';
import { createGroups, type Groups } from '../../master/groups/groups.ts';
import { openJobStore } from '../../master/jobs/sqlite.ts';
import type { JobStore } from '../../master/jobs/store.ts';
import { createWork, type Work } from '../../master/publish/work.ts';
import { openStateStore, type StateStore } from '../../master/state/sqlite.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';

/** What a minion of the test does with a publication: returns a value, or says nothing for `undefined`. */
export type Behaviour = (publication: Message, minion: string) => unknown;

/** The rooms of a master that publish, follow and store, on real stores; the wire is a function call. */
export interface WorkHouse extends AsyncDisposable {
  readonly work: Work;
  readonly fleet: Fleet;
  readonly groups: Groups;
  readonly jobs: JobStore;
  readonly state: StateStore;
  readonly bus: EventBus;
  readonly events: BusEvent[];
  readonly logged: string[];
  /** Publications as sent, with the minions they went to. */
  readonly sent: { readonly publication: Message; readonly minions: readonly string[] }[];
  /** By minion; who is not named is deaf. */
  readonly minions: Map<string, Behaviour>;
  readonly dir: string;
}

export interface WorkHouseOptions {
  readonly ids: readonly string[];
  readonly nodegroups?: Nodegroups;
  readonly jobCache?: boolean;
  readonly extJobCache?: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly gather?: number;
  readonly jobs?: (store: JobStore) => JobStore;
  /** An earlier house's directory, as a restarted master finds it. */
  readonly dir?: string;
  readonly now?: () => number;
}

export async function workHouse(options: WorkHouseOptions): Promise<WorkHouse> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'tsalt-work-'));
  const logged: string[] = [];
  const note = (text: string): void => void logged.push(text);
  const state = openStateStore(join(dir, 'state.db'), note);
  const store = await openJobStore({ directory: join(dir, 'jobs'), retention: { default: { seconds: 0, rows: 0, bytes: 0 } }, warn: note });
  const jobs = options.jobs?.(store) ?? store;
  const events: BusEvent[] = [];
  const bus = createBus((error) => note(String(error)));
  bus.listen((event) => events.push(event));
  const seen = {
    get: (id: string) => state.get('seen', id) as number | undefined,
    set: (id: string, at: number) => state.set('seen', id, at),
    delete: (id: string) => void state.delete('seen', id),
  };
  const groups = createGroups({ state, configured: () => options.nodegroups, bus });
  const fleet = createFleet({
    acceptedIds: () => options.ids,
    state,
    presence: createPresence(seen, options.now),
    nodegroups: groups.nodegroups,
    cacheData: true,
  });
  const minions = new Map<string, Behaviour>();
  const sent: { publication: Message; minions: readonly string[] }[] = [];
  const work: Work = createWork({
    bus,
    fleet,
    jobs,
    broadcast: async (given, to) => {
      const publication = decode(encode(given)) as Message;
      sent.push({ publication, minions: to });
      for (const minion of to) setImmediate(() => void answer(minion, publication));
    },
    jobCache: options.jobCache ?? true,
    extJobCache: () => options.extJobCache ?? '',
    times: () => ({ timeout: options.timeout ?? 0.1, gather: options.gather ?? 0.1 }),
    ...(options.now === undefined ? {} : { now: options.now }),
    log: { debug: note, info: note, warn: note, error: note },
  });
  const answer = async (minion: string, publication: Message): Promise<void> => {
    const value = await minions.get(minion)?.(publication, minion);
    if (value === undefined) return;
    fleet.presence.seen(minion);
    await work.returns.take(minion, returnOf(publication, value));
  };
  return {
    work,
    fleet,
    groups,
    jobs,
    state,
    bus,
    events,
    logged,
    sent,
    minions,
    dir,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The load of a `_return` as a minion sends it. */
export const returnOf = (publication: Message, value: unknown, more: Message = {}): Message => ({
  cmd: '_return',
  jid: publication['jid'],
  fun: publication['fun'],
  fun_args: publication['arg'],
  return: value,
  retcode: 0,
  success: true,
  ...more,
});

export async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What each silent minion is said to be, by minion. */
export const silences = (events: readonly RunEvent[]): Record<string, string> =>
  Object.fromEntries(events.flatMap((event) => (event.kind === 'silent' ? [[event.minion, `${event.state}: ${event.reason}`]] : [])));

export const returned = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'return' ? [event.minion] : [])).sort();
