import { hostname } from 'node:os';
import type { EventBus } from '../../kernel/events/bus.ts';
import { type Changes, changesOf } from '../../kernel/loader/changes.ts';
import { createHost } from '../../kernel/loader/host.ts';
import type { Outcome } from '../../kernel/loader/outcome.ts';
import { createLoader } from '../../kernel/loader/registry.ts';
import type { ExecModule, Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { UserBook } from '../access/user-book.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { joinFinger } from '../client/keys.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Groups } from '../groups/groups.ts';
import type { KeyStore } from '../keys/store.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { MasterConfig } from '../options.ts';
import type { PluginRoom } from '../plugins/open.ts';
import type { Routines } from '../routines/routines.ts';
import { inSentences } from '../runners/sentences.ts';
import { alertWheel } from './alert.ts';
import { configWheel } from './config.ts';
import { enrolWheel } from './enrol.ts';
import { groupWheel } from './group.ts';
import { keyWheel, READING } from './key.ts';
import { minionsWheel } from './minions.ts';
import { pluginWheel } from './plugin.ts';
import { routineWheel } from './routine.ts';
import { thresholdWheel } from './threshold.ts';
import { userWheel } from './user.ts';

export interface WheelParts {
  /** The master's. */
  readonly id: string;
  readonly fleet: Fleet;
  readonly keys: KeyStore;
  readonly groups: Groups;
  readonly plugins: PluginRoom;
  readonly routines: Routines;
  readonly alerts: Alerts;
  readonly users: UserBook;
  readonly metrics: Metrics;
  readonly config: () => MasterConfig;
  /** All that the configuration files say, also what is no option. */
  readonly raw: () => Readonly<Record<string, unknown>>;
  readonly bus: EventBus;
  readonly log: Log;
}

/** Changes to the master itself, with Salt's events around them (`salt/wheel/<jid>/new` and `ret`). */
export type RunWheel = (fun: string, kwargs: Readonly<Record<string, unknown>>, user: string, jid?: string) => Promise<unknown>;

export interface Wheels {
  readonly run: RunWheel;
  /** Whether a wheel function changes something: `key.list_all` does not. */
  readonly changes: Changes;
}

/** What these return is a secret of the caller, and the event bus is heard by many. */
const SECRET = new Set(['key.gen', 'key.gen_accept', 'key.token', 'enrol.line', 'user.save']);

export function createWheels(parts: WheelParts): Wheels {
  const keyFunctions = new Map(Object.entries(keyWheel(keyDeps(parts))));
  const modules = wheelModules(parts);
  const defined = callDefined(modules, parts);
  const definedChanges = changesOf(modules);
  const { bus } = parts;
  const run: RunWheel = async (fun, kwargs, user, jid = newJid()) => {
    const own = keyFunctions.get(fun);
    if (own === undefined && definedChanges(fun) === undefined)
      throw new TsaltError('unknown-function', `there is no wheel function ${fun}`);
    bus.fire(`salt/wheel/${jid}/new`, { fun: `wheel.${fun}`, jid, tag: `salt/wheel/${jid}`, user });
    const tell = (value: unknown, success: boolean): void =>
      bus.fire(`salt/wheel/${jid}/ret`, { fun: `wheel.${fun}`, jid, tag: `salt/wheel/${jid}`, user, return: value, success });
    try {
      const value = own === undefined ? await defined(fun, kwargs, user, jid) : await own(kwargs);
      tell(SECRET.has(fun) ? 'not shown' : (value ?? null), true);
      return value;
    } catch (error) {
      tell(messageOf(error), false);
      throw error;
    }
  };
  return { run, changes: (fun) => (keyFunctions.has(fun) ? !READING.has(fun) : definedChanges(fun)) };
}

/** Wheels are defined as modules of minions are; one that fails throws `CommandFailed` or a TsaltError with the sentence. */
const wheelModules = (parts: WheelParts): readonly ExecModule[] => {
  const { groups, plugins, routines, alerts, metrics, users, id, fleet, config, raw } = parts;
  return [
    groupWheel(groups),
    pluginWheel(plugins.plugins),
    routineWheel(routines),
    alertWheel(alerts),
    thresholdWheel(metrics),
    enrolWheel({ ...keyDeps(parts), groups, ttl: () => config().enrolment_token_ttl, pack: () => config().enrol_package }),
    userWheel(users),
    configWheel(config, raw, id),
    minionsWheel(fleet),
  ].map(inSentences);
};

/** Calls a defined wheel function. @throws TsaltError with the sentence of what it threw, and its code if it had one. */
function callDefined(modules: readonly ExecModule[], { config, log }: WheelParts) {
  const loader = createLoader({
    id: 'master',
    sources: [],
    modules,
    host: createHost(() => ({})),
    config,
    grains: () => ({}),
    pillar: () => ({}),
    log,
  });
  return async (fun: string, kwargs: Readonly<Record<string, unknown>>, user: string, jid: string): Promise<unknown> => {
    const args = Object.keys(kwargs).length === 0 ? [] : [{ ...kwargs, __kwarg__: true }];
    const outcome = await loader.invoke(fun, args, { fun, jid, user, signal: new AbortController().signal });
    if (outcome.failure === undefined && outcome.available) return outcome.value;
    throw errorOf(fun, outcome);
  };
}

function errorOf(fun: string, { failure, value }: Outcome): TsaltError {
  if (failure === undefined) return new TsaltError('unknown-function', typeof value === 'string' ? value : `there is no wheel ${fun}`);
  const wrong = failure.kind === 'arguments' || failure.kind === 'invocation';
  return new TsaltError(wrong ? 'bad-arguments' : 'wheel-failed', wrong ? `${fun}: ${failure.text}` : failure.text);
}

function keyDeps({ keys, config }: WheelParts): Parameters<typeof keyWheel>[0] {
  const { pki_dir, hash_type, ret_port, interface: address } = config();
  const host = address === '0.0.0.0' || address === '::' ? hostname() : address;
  return {
    keys,
    pkiDir: pki_dir,
    hashType: hash_type,
    masterId: config().id === '' ? hostname() : config().id,
    joinAddress: ret_port === 4506 ? host : `${host}:${ret_port}`,
    joinFinger: () => joinFinger(pki_dir, hash_type),
  };
}
