import type { EventBus } from '../../kernel/events/bus.ts';
import { type Changes, changesOf } from '../../kernel/loader/changes.ts';
import { createHost } from '../../kernel/loader/host.ts';
import { createLoader, type Loader } from '../../kernel/loader/registry.ts';
import type { Functions } from '../../kernel/render/functions.ts';
import { SALT_VERSION } from '../../kernel/version.ts';
import type { Log } from '../../modules/define.ts';
import type { AuditStore } from '../access/audit/sqlite-audit.ts';
import type { UserBook } from '../access/user-book.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { RunRequest } from '../client/contract.ts';
import type { FileServer } from '../files/server.ts';
import type { FleetBoard } from '../fleet/board.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Gauges } from '../fleet/gauges.ts';
import type { Groups } from '../groups/groups.ts';
import type { JobStore } from '../jobs/store.ts';
import type { KeyStore } from '../keys/store.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Mine } from '../mine/mine.ts';
import type { MasterConfig } from '../options.ts';
import type { Orchestrations } from '../orchestrations/orchestrations.ts';
import type { PillarCompiler } from '../pillar/compile.ts';
import type { Plans } from '../plans/open.ts';
import type { PluginRoom } from '../plugins/open.ts';
import type { Work } from '../publish/work.ts';
import type { ReactorMap } from '../reactor/map.ts';
import type { Routines } from '../routines/routines.ts';
import type { StateStore } from '../state/sqlite.ts';
import { alertsRunner } from './alerts.ts';
import { auditRunner } from './audit.ts';
import { cacheRunner } from './cache.ts';
import { docRunner } from './doc.ts';
import { driftRunner } from './drift.ts';
import { enrolRunner } from './enrol.ts';
import { eventRunner } from './event.ts';
import { fileserverRunner } from './fileserver.ts';
import { fleetRunner } from './fleet.ts';
import { groupsRunner } from './groups.ts';
import { jobsRunner } from './jobs.ts';
import { newestOf } from './jobs-pages.ts';
import { manageRunner } from './manage.ts';
import { metricsRunner, thresholdsRunner } from './metrics.ts';
import { mineRunner } from './mine.ts';
import { orchestrateRunner } from './orchestrations.ts';
import { pillarRunner } from './pillar.ts';
import { planRunner } from './plan.ts';
import { pluginsRunner, statusOf } from './plugins.ts';
import { type Leadership, reactorRunner } from './reactor.ts';
import { routinesRunner } from './routines.ts';
import { inSentences } from './sentences.ts';
import { stateRunner } from './state.ts';
import { statesRunner } from './states.ts';
import { testRunner } from './test.ts';
import { usersRunner } from './users.ts';

export interface RunnerParts {
  readonly gauges: Gauges;
  /** The master's. */
  readonly id: string;
  readonly bus: EventBus;
  readonly jobs: JobStore;
  readonly fleet: Fleet;
  readonly board: FleetBoard;
  readonly groups: Groups;
  readonly mine: Mine;
  readonly state: StateStore;
  readonly files: FileServer;
  readonly keys: KeyStore;
  readonly work: Work;
  readonly pillar: PillarCompiler;
  readonly plans: Plans;
  readonly plugins: PluginRoom;
  /** Functions of a minion on the master's machine. */
  readonly functions: Pick<Functions, 'call'>;
  readonly orchestrations: Orchestrations;
  readonly routines: Routines;
  readonly alerts: Alerts;
  readonly users: UserBook;
  readonly audit: Pick<AuditStore, 'search' | 'verify'>;
  readonly metrics: Metrics;
  readonly reactors: ReactorMap;
  readonly reactor: () => Leadership | undefined;
  readonly config: () => MasterConfig;
  readonly log: Log;
}

/** The functions of a master, and which of them change something. */
export interface MasterFunctions extends Loader {
  readonly changes: Changes;
}

/** Runners are defined, documented, bound and called just as modules of minions are. */
export function createRunnerLoader(parts: RunnerParts): MasterFunctions {
  const { bus, jobs, fleet, mine, state, files, keys, work, config, log } = parts;
  /** The master's own questions to its minions. */
  const ask = (request: RunRequest) => work.run(request, 'root', { internal: true });
  const modules = [
    jobsRunner({ jobs, underWay: work.underWay, cancel: work.cancel, ask }),
    manageRunner({
      fleet,
      run: ask,
      deleteKeys: async (ids) => void (await keys.delete(ids)),
      version: SALT_VERSION,
      figures: () => parts.gauges.figures(),
    }),
    groupsRunner(parts),
    enrolRunner(keys),
    usersRunner(parts.users),
    auditRunner(parts.audit),
    fleetRunner({
      ...parts,
      hashType: () => config().hash_type,
      jobsOf: (minion) => newestOf({ jobs, underWay: work.underWay }, minion),
      pluginsOf: (minion) => statusOf(parts.plugins.store, minion),
    }),
    pluginsRunner({ ...parts.plugins, fleet, groups: parts.groups, ask }),
    cacheRunner(fleet, mine, state),
    mineRunner(parts.id, mine, (request) => work.run(request, 'root')),
    fileserverRunner(files),
    statesRunner(files),
    pillarRunner(parts.pillar, fleet),
    planRunner(parts.plans.plans),
    driftRunner({ ...parts.plans.drift, preview: parts.plans.plans.preview }),
    testRunner,
    reactorRunner(parts.reactors, parts.reactor),
    stateRunner({ id: parts.id, bus, functions: parts.functions, orchestrations: parts.orchestrations }),
    orchestrateRunner(parts.orchestrations),
    routinesRunner(parts.routines),
    alertsRunner(parts.alerts),
    metricsRunner(parts),
    thresholdsRunner(parts.metrics),
    eventRunner(bus),
    docRunner({ runners: () => loader.docs(), run: ask }),
  ].map(inSentences);
  const loader: Loader = createLoader({
    id: 'master',
    sources: [],
    modules,
    host: createHost(() => ({})),
    config,
    grains: () => ({}),
    pillar: () => ({}),
    log,
  });
  return { ...loader, changes: changesOf(modules) };
}
