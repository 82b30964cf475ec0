import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBus, type EventBus } from '../../kernel/events/bus.ts';
import { type Access, openAccess } from '../../master/access/access.ts';
import { type Audit, openAudit } from '../../master/access/audit/audit.ts';
import type { AuditRow } from '../../master/access/audit/sqlite-audit.ts';
import { houseOf } from '../../master/access/house.ts';
import { seenFleet } from '../../master/access/viewer.ts';
import type { From, Grant, PersonClient, RunnerEvent } from '../../master/client/contract.ts';
import type { Persons } from '../../master/client/operations.ts';
import { loadMasterConfig, type MasterConfig } from '../../master/options.ts';
import { newJid } from '../../protocol/jid.ts';
import { type WorkHouse, workHouse } from './work-house.ts';

export const FROM: From = { door: 'api', address: '192.0.2.1' };

/** A master's rooms with persons at the door: alice (wonder) and bob (builder) of a password file, minions that answer at once. */
export interface AccessHouse extends AsyncDisposable {
  readonly house: WorkHouse;
  readonly access: Access;
  readonly persons: Persons;
  readonly bus: EventBus;
  /** Runner and wheel functions that were called, with their users. */
  readonly called: (readonly [string, string])[];
  /** Ms that failed logins were held up. */
  readonly pauses: number[];
  clock: number;
  settle(external_auth: Readonly<Record<string, unknown>>, more?: Readonly<Record<string, unknown>>): void;
  /** A client of alice, whose permissions these are. */
  alice(...entries: readonly unknown[]): Promise<PersonClient>;
  login(username: string, password: string, eauth?: string, from?: From): Promise<Grant>;
  /** Newest first. */
  rows(): AuditRow[];
  readonly audit: Audit;
}

const IDS = ['db1', 'web1', 'web2'];
const RUNNERS: Readonly<Record<string, boolean>> = {
  'jobs.list_jobs': false,
  'fleet.page': false,
  'audit.list': false,
  'state.orchestrate': true,
};
const WHEELS: Readonly<Record<string, boolean>> = { 'key.list_all': false, 'key.accept': true };

export async function accessHouse(): Promise<AccessHouse> {
  const house = await workHouse({ ids: IDS, nodegroups: { web: 'web*' } });
  for (const id of IDS) house.minions.set(id, ({ fun }) => fun);
  const passwords = join(house.dir, 'passwords');
  writeFileSync(passwords, 'alice:wonder\nbob:builder\n');
  let config: MasterConfig;
  const called: [string, string][] = [];
  const pauses: number[] = [];
  const bus = createBus((error) => house.logged.push(String(error)));
  const note = (text: string): void => void house.logged.push(text);
  const log = { debug: note, info: note, warn: note, error: note };
  const fleet = seenFleet(house.fleet);
  /** As the real ones it begins when it is called, not when its events are asked for. */
  const runner = ({ fun }: { readonly fun: string }, user: string): AsyncIterable<RunnerEvent> => {
    called.push([fun, user]);
    const value = [...fleet.ids()];
    return (async function* events(): AsyncIterable<RunnerEvent> {
      yield { kind: 'started', jid: newJid() };
      yield { kind: 'result', value, success: fun !== 'state.orchestrate', retcode: 0 };
    })();
  };
  const settle: AccessHouse['settle'] = (external_auth, more = {}) => {
    const overrides = { external_auth, cachedir: house.dir, sharedsecret: 'open sesame', ...more };
    config = loadMasterConfig({ configDir: house.dir, overrides }).config;
  };
  settle({});
  const made = { clock: Date.now() };
  const audit = openAudit(
    () => config,
    log,
    () => made.clock,
  );
  const access = openAccess({
    config: () => config,
    setting: () => undefined,
    hasGroup: (name) => house.groups.get(name) !== undefined,
    watchedBy: (names) => house.groups.list().flatMap(({ name, watchers }) => (watchers.some((one) => names.includes(one)) ? [name] : [])),
    audit,
    log,
    now: () => made.clock,
    pause: async (ms) => void pauses.push(ms),
  });
  const persons = access.persons({
    house: houseOf({ fleet: house.fleet, runners: (fun) => RUNNERS[fun], wheels: (fun) => WHEELS[fun] }),
    operations: () => ({
      run: house.work.run,
      preview: house.work.publisher.preview,
      runner,
      wheel: async (fun, _kwargs, user) => void called.push([fun, user]),
      bus,
    }),
  });
  const login: AccessHouse['login'] = (username, password, eauth = 'file', from = FROM) =>
    persons.login({ eauth, username, password }, from);
  return Object.assign(made, {
    house,
    access,
    persons,
    bus,
    called,
    pauses,
    settle,
    audit,
    login,
    rows: () => audit.store.search({ limit: 1000 }),
    alice: async (...entries: readonly unknown[]) => {
      settle({ file: { '^filename': passwords, alice: entries } });
      return persons.as({ token: (await login('alice', 'wonder')).token }, FROM);
    },
    [Symbol.asyncDispose]: async () => {
      await access[Symbol.asyncDispose]();
      await audit[Symbol.asyncDispose]();
      await house[Symbol.asyncDispose]();
    },
  });
}
