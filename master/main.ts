import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createBus } from '../kernel/events/bus.ts';
import { Closing } from '../kernel/events/closing.ts';
import type { Functions } from '../kernel/render/functions.ts';
import type { Log } from '../modules/define.ts';
import { messageOf } from '../protocol/errors.ts';
import { loadOrCreateKeyPair } from '../protocol/suites/salt/keys.ts';
import { zeromq } from '../protocol/transports/zeromq.ts';
import type { PillarTools } from '../states/pillar/contract.ts';
import { keptPillars } from '../states/pillar/sources/git/pillars.ts';
import { openAccess } from './access/access.ts';
import { openAudit } from './access/audit/audit.ts';
import { auditedClear, auditedParts } from './access/audit/audited.ts';
import { houseOf } from './access/house.ts';
import { barred, issueUserKeys, mastersOwn } from './access/local-users.ts';
import { heardByAll, seenFleet, seenJobs, seenWork } from './access/viewer.ts';
import { openAlerts, routineEnded } from './alerts/open.ts';
import { watchFleet } from './alerts/watch.ts';
import type { MasterClient } from './client/contract.ts';
import { type LocalClient, localClient, ownClient } from './client/local.ts';
import { type OperationParts, operations } from './client/operations.ts';
import { serveClients } from './client/serve.ts';
import { enrolled } from './enrol/enrol.ts';
import { openFileServer } from './files/open.ts';
import { FleetBoard, worseOf } from './fleet/board.ts';
import { createFleet } from './fleet/fleet.ts';
import { Gauges } from './fleet/gauges.ts';
import { createPresence } from './fleet/presence.ts';
import { presenceEvents } from './fleet/presence-events.ts';
import { createGroups } from './groups/groups.ts';
import { openJobs } from './jobs/open.ts';
import { openKeys, suiteOfKey } from './keys/open.ts';
import type { Metrics } from './metrics/metrics.ts';
import { openMetrics } from './metrics/open.ts';
import { listenForValues } from './metrics/sources.ts';
import { createMine } from './mine/mine.ts';
import { loadMasterConfig, type MasterConfig, masterIdOf } from './options.ts';
import { journaled } from './orchestrations/children.ts';
import { Orchestrations } from './orchestrations/orchestrations.ts';
import { createPillar } from './pillar/compile.ts';
import { openPlans } from './plans/open.ts';
import { openPlugins, type PluginRoom } from './plugins/open.ts';
import { createBroadcast } from './publish/broadcast.ts';
import { createWork } from './publish/work.ts';
import { ReactorMap } from './reactor/map.ts';
import { openReactor } from './reactor/open.ts';
import type { Reactor } from './reactor/reactor.ts';
import { EventReturns } from './returners/event_returns.ts';
import { openRoutines } from './routines/open.ts';
import { createClearRequests } from './rpc/clear.ts';
import { allCommands } from './rpc/commands/index.ts';
import { createRpc } from './rpc/server.ts';
import { openSuites, type Suites } from './rpc/suites.ts';
import { createRunnerLoader } from './runners/index.ts';
import { createRunners, type RunRunner } from './runners/runner.ts';
import { openSchedule } from './schedule/open.ts';
import { openStateStore } from './state/sqlite.ts';
import { createWheels } from './wheels/index.ts';

type OwnFunctions = PillarTools & Pick<Functions, 'call'> & AsyncDisposable;

export interface MasterStart {
  readonly configDir: string;
  /** Options of the command line; they win over the files. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly log: Log;
  /** Functions of a minion on this machine: for templates of pillar, the reactor's `caller`, and orchestration. */
  readonly functions: (id: string, options: () => MasterConfig, master: LocalClient) => OwnFunctions;
}

export interface RunningMaster {
  /** `tcp://host:port` of the two sockets, with the ports they got. */
  readonly publishAddress: string;
  readonly requestAddress: string;
  /** The door for what runs in this process, such as the web. */
  readonly client: MasterClient;
  /** Reads the configuration again: node groups, peers, times. Paths and ports need a restart. @throws BadConfig */
  reload(): void;
  stop(): Promise<void>;
}

/**
 * Starts a master and resolves when it answers requests.
 * @throws BadConfig, TsaltError `cannot-bind`, `store-failed`
 */
export async function startMaster(start: MasterStart): Promise<RunningMaster> {
  const closing = new Closing();
  try {
    return await open(start, closing);
  } catch (error) {
    await closing[Symbol.asyncDispose]();
    throw error;
  }
}

async function open(start: MasterStart, closing: Closing): Promise<RunningMaster> {
  const { log } = start;
  const load = () => loadMasterConfig({ configDir: start.configDir, overrides: start.overrides ?? {} });
  let { config, raw } = load();
  await makeDirectories(config);

  const bus = heardByAll(createBus((error) => log.error(`a listener of the event bus failed: ${messageOf(error)}`)));
  const state = closing.add(openStateStore(join(config.cachedir, 'state.db'), (text) => log.warn(text)));
  const presence = createPresence({
    get: (id) => asNumber(state.get('seen', id)),
    set: (id, at) => state.set('seen', id, at),
    delete: (id) => void state.delete('seen', id),
  });

  let suites: Suites | undefined;
  let board: FleetBoard | undefined;
  let metrics: Metrics | undefined;
  let plugins: PluginRoom | undefined;
  const keys = closing.add(
    await openKeys({ config, bus, log, removed: (id) => forget(id), enrolled: enrolled({ groups: () => groups, bus, log }) }),
  );
  const groups = createGroups({ state, configured: () => config.nodegroups, bus });
  const fleet = createFleet({
    acceptedIds: () => keys.acceptedIds(),
    state,
    presence,
    nodegroups: groups.nodegroups,
    cacheData: config.minion_data_cache,
  });
  if (config.presence_events) closing.add(presenceEvents(fleet, bus, config.loop_interval));
  const forget = (id: string): void => {
    for (const suite of suites === undefined ? [] : [suites.salt, suites.native]) {
      suite.forget(id);
      if (config.rotate_aes_key) void suite.rotate().catch((error: unknown) => log.error(`no new publish key: ${messageOf(error)}`));
    }
    if (!config.preserve_minion_cache) fleet.forget(id);
    board?.forget(id);
    metrics?.forget(id);
    plugins?.plugins.forget(id);
    if (config.rotate_aes_key) bus.fire('key', { rotate_aes_key: true });
  };

  const publishing = closing.add(await zeromq.publisher(publishSocket(config)));
  const masterKey = await loadOrCreateKeyPair(config.pki_dir, 'master', config.keysize);
  suites = await openSuites({ config, keyBook: keys, masterKey: masterKey.privatePem, publishPort: portOf(publishing.address), log });
  closing.add(suites.salt);
  closing.add(suites.native);

  const jobs = closing.add(await openJobs(config, log));
  const published = createWork({
    bus,
    fleet,
    jobs,
    broadcast: createBroadcast({
      socket: publishing,
      ...suites,
      suiteOf: (id) => suiteOfKey(keys.accepted(id)),
      filtering: config.zmq_filtering,
    }),
    jobCache: config.job_cache,
    extJobCache: () => config.ext_job_cache,
    times: () => ({ timeout: config.timeout, gather: config.gather_job_timeout }),
    log,
  });
  const work = seenWork(published, () => fleet.ids());
  const mine = createMine(state, fleet);
  const files = closing.add(openFileServer(config, log));
  let reactor: Reactor | undefined;
  const reactors = new ReactorMap(() => config.reactor, log);
  const id = masterIdOf(config, start.configDir);
  const git = closing.add(keptPillars(config, log));
  let parts: OperationParts | undefined;
  const local = journaled(
    localClient(() => parts),
    { work: () => work, orchestrations: () => orchestrations },
  );
  const own = closing.add(start.functions(id, () => config, local));
  const orchestrations = new Orchestrations({ id, jobs, runner: () => runner, config: () => config, log });
  const pillar = createPillar(() => ({ ...config, nodegroups: groups.nodegroups() }), {
    functions: own.functions,
    renderers: own.renderers,
    git,
    log,
  });
  const plans = closing.add(openPlans({ bus, work, config: () => config, log }));
  const alerts = openAlerts({ id, bus, config: () => config, log });
  const measured = openMetrics({ fleet, alerts, bus, touched: (minion) => board?.touched(minion), config: () => config, log });
  metrics = measured;
  const room = closing.add(
    openPlugins({
      files,
      state,
      fleet,
      groups,
      bus,
      run: work.run,
      record: (minion, at, values) => void measured.record(minion, at, values),
      touched: (minion) => board?.touched(minion),
      config: () => config,
      log,
    }),
  );
  plugins = room;
  const healthOf = (minion: string) => worseOf(room.plugins.healthOf(minion), measured.statusOf(minion));
  board = closing.add(new FleetBoard({ fleet, groups, state, bus, drift: plans.drift.store, healthOf }));
  const routines = openRoutines({ local, bus, config: () => config, ended: routineEnded(alerts), log });
  const audit = closing.add(openAudit(() => config, log));
  const access = closing.add(
    openAccess({
      config: () => config,
      setting: (name) => raw[name],
      hasGroup: (name) => groups.get(name) !== undefined,
      watchedBy: (names) => groups.list().flatMap(({ name, watchers }) => (watchers.some((one) => names.includes(one)) ? [name] : [])),
      audit,
      log,
    }),
  );
  const common = {
    gauges: closing.add(new Gauges(bus, fleet, config.cachedir)),
    id,
    bus,
    fleet,
    board,
    groups,
    mine,
    files,
    keys,
    jobs,
    state,
    work,
    pillar,
    plans,
    plugins: room,
    functions: own,
    orchestrations,
    routines,
    alerts,
    users: access.users,
    audit: audit.store,
    metrics: measured,
    reactors,
    reactor: () => reactor,
    config: () => config,
    raw: () => raw,
    log,
  };
  const runnerLoader = createRunnerLoader({ ...common, fleet: seenFleet(fleet), jobs: seenJobs(jobs) });
  const runner: RunRunner = createRunners(runnerLoader, bus);
  const wheels = createWheels(common);
  const wheel = wheels.run;
  const userOf = issueUserKeys(config, log);

  const commands = allCommands({ ...common, runnerLoader });
  parts = { run: work.run, preview: work.publisher.preview, runner, wheel, bus };
  const house = houseOf({
    fleet,
    runners: runnerLoader.changes,
    wheels: wheels.changes,
    barred: (user, funs) => barred(config, user, funs),
  });
  const operating = parts;
  const doors = { house, operations: () => operating };
  const persons = access.persons(doors);
  const told = auditedParts(operating, audit, house);
  const clear = createClearRequests({
    ...auditedClear({ publisher: work.publisher, runner, wheel }, audit, house),
    userOf: (key) => mastersOwn(config, userOf(key)),
  });
  const answer = createRpc({ ...suites, commands, clear, seen: presence.seen, clearMax: config.unauthenticated_max_size, log });
  const requests = closing.add(await zeromq.responder(requestSocket(config, log), answer));
  reactor = closing.add(openReactor({ ...common, map: reactors, publisher: work.publisher, runner, wheel, caller: own.call }));
  closing.add(openSchedule({ ...common, runner }));
  closing.add(new EventReturns({ id, bus, config: () => config, setting: (name) => raw[name], log }));
  orchestrations.takeOver();
  routines.start();
  alerts.start();
  closing.add(alerts);
  measured.start();
  closing.add(measured);
  closing.add(listenForValues({ metrics: measured, bus, functions: () => config.metrics_functions }));
  closing.add(watchFleet({ alerts, fleet, bus, downAfter: () => config.alert_minion_down }));
  closing.add(
    await serveClients({
      sockDir: config.sock_dir,
      operations: operations(told, persons, access.local(doors)),
      userOf,
      open: hasPersons(config),
      log,
    }),
  );
  closing.add(orchestrations);
  closing.add(routines);

  return {
    publishAddress: publishing.address,
    requestAddress: requests.address,
    client: ownClient(operating, persons),
    reload: () => {
      ({ config, raw } = load());
      log.info('the configuration was read again');
    },
    stop: () => closing[Symbol.asyncDispose](),
  };
}

async function makeDirectories(config: MasterConfig): Promise<void> {
  for (const directory of [config.pki_dir, config.cachedir, config.sock_dir]) await mkdir(directory, { recursive: true, mode: 0o700 });
}

const publishSocket = (config: MasterConfig) => ({
  address: `tcp://${config.interface}:${config.publish_port}`,
  backlog: config.zmq_backlog,
  highWaterMark: config.pub_hwm,
  ipv6: config.ipv6 ?? false,
});

const requestSocket = (config: MasterConfig, log: Log) => ({
  address: `tcp://${config.interface}:${config.ret_port}`,
  backlog: config.zmq_backlog,
  ipv6: config.ipv6 ?? false,
  maxFrame: config.request_max_size,
  onError: (error: unknown) => log.error(`a request could not be answered: ${messageOf(error)}`),
});

/** Whether local users other than the master's own may come to its socket. */
const hasPersons = ({ external_auth, publisher_acl }: MasterConfig): boolean =>
  Object.keys(external_auth).length + Object.keys(publisher_acl).length > 0;

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
