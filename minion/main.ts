import { rememberId } from '../kernel/config/identity.ts';
import type { Log } from '../modules/define.ts';
import { TsaltError } from '../protocol/errors.ts';
import type { Transport } from '../protocol/transports/transport.ts';
import { createAgent, pathsOf, type Surroundings } from './agent.ts';
import { watchBeacons } from './duties/beacons/duty.ts';
import { every } from './duties/every.ts';
import { Heartbeat } from './duties/heartbeat.ts';
import { suitesFor } from './enrol/suites.ts';
import { MasterFiles } from './files/master.ts';
import { collectGrains } from './grain_sources.ts';
import { parseMaster } from './link/address.ts';
import { Link } from './link/link.ts';
import { Masters } from './link/masters.ts';
import { jitter, pause } from './link/pause.ts';
import { loadMinionConfig } from './options.ts';
import { askPillar } from './pillar.ts';
import { Service } from './service.ts';
import { effectiveOptions, linkSettings, masterNames, number, type Options } from './settings.ts';

export interface StartOptions {
  readonly configDir: string;
  /** Values of the command line, over those of the files. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly log: Log;
  /** An enrolment token to join with; kept in memory only. */
  readonly token?: string;
  /** Default: ZeroMQ. */
  readonly transport?: Transport;
}

export interface RunningMinion {
  readonly id: string;
  /** Rejects when the minion cannot go on (rejected key, wrong master); resolves when it was stopped. */
  readonly ended: Promise<void>;
  /** Reads the configuration again. Masters, ports and keys stay as they are until a restart. */
  reload(): Promise<void>;
  /** Ends cleanly: running jobs get a moment, what cannot be delivered stays in the spool. */
  stop(): Promise<void>;
}

const STOP_MS = 5000;

/** Starts the daemon's work in this process: reads the configuration, joins the masters, takes jobs. @throws BadConfig */
export async function startMinion(start: StartOptions): Promise<RunningMinion> {
  const { log } = start;
  let config = readOptions(start);
  const options = (): Options => config;
  const id = String(config['id']);
  const paths = pathsOf(start.configDir, config);
  const transport = start.transport ?? (await import('../protocol/transports/zeromq.ts')).zeromq;

  const surroundings: Surroundings = {
    files: new MasterFiles(() => masters.current()),
    compilePillar: (request) => askPillar(masters.current(), request),
    master: () => masters.current(),
    masters: () => masters.joined(),
    collectGrains: (custom) => collectGrains(options(), paths, custom, log),
    runOwn: (job, told) => service.runOwn(job, told),
  };
  const agent = createAgent(id, options, paths, surroundings, log);
  const heartbeat = new Heartbeat(
    number(config, 'heartbeat_interval', 15) * 1000,
    () => agent.ports.jobs.all().map(({ job }) => job.jid),
    log,
  );
  const service: Service = new Service(agent, heartbeat, (link) => void masters.leave(link), log);
  await agent.ports.grains.refresh();
  const suites = await suitesFor(id, paths.pkiDir, config, agent.ports.grains.items, start.token);
  const links = orderedMasters(config).map(
    (name) => new Link(name, parseMaster(name), suites, transport, linkSettings(config, id), service, log),
  );
  const masters = new Masters(
    links,
    { failover: config['master_type'] === 'failover', retryMs: number(config, 'random_reauth_delay', 10) * 1000 },
    log,
  );
  for (const link of links) service.add(link);

  await service.reportCutOff();
  const stopping = new AbortController();
  const end = async (): Promise<void> => {
    stopping.abort();
    heartbeat.stop();
    agent.ports.schedule.scheduler.stop();
    await service.settle(STOP_MS);
    await Promise.all(masters.joined().map((link) => heartbeat.goodbye(link)));
    await masters.close();
    await service.close();
    await agent.close();
  };
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  // A minion that cannot go on leaves nothing behind that would keep the process alive.
  const ended = run(masters, config, stopping.signal).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  void heartbeat.start(() => masters.joined());
  const minutes = (name: string, fallback: number): number => number(config, name, fallback) * 60_000;
  void watchBeacons(agent.ports.beacons.beacons, () => masters.joined(), options, log, stopping.signal);
  if (config['scheduler_before_connect'] === true) agent.ports.schedule.scheduler.start();
  void every(minutes('grains_refresh_every', 0), 'the grains were not refreshed', () => agent.ports.grains.refresh(), log, stopping.signal);

  return {
    id,
    ended,
    reload: async () => {
      config = readOptions(start);
      await agent.ports.grains.refresh();
      log.info('the configuration was read again');
    },
    stop,
  };
}

/** Joins, then lasts until `signal`. */
async function run(masters: Masters, config: Options, signal: AbortSignal): Promise<void> {
  if (config['master_type'] === 'disable') throw new TsaltError('no-master', 'master_type is disable: there is nothing for a daemon to do');
  await pause(jitter(0, number(config, 'random_startup_delay', 0) * 1000), signal);
  if (!signal.aborted) await masters.start();
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function readOptions({ configDir, overrides, log }: StartOptions): Options {
  const { config, raw, warnings, idWasGuessed } = loadMinionConfig({ configDir, ...(overrides === undefined ? {} : { overrides }) });
  for (const { level, file, message } of warnings) {
    if (level === 'warning') log.warn(`${file}: ${message}`);
    else log.debug(`${file}: ${message}`);
  }
  if (idWasGuessed && config.minion_id_caching) rememberId(configDir, config.id);
  return effectiveOptions({ ...raw, ...config }, raw);
}

function orderedMasters(config: Options): string[] {
  const names = masterNames(config);
  return config['random_master'] === true
    ? names
        .map((name) => ({ name, at: Math.random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ name }) => name)
    : names;
}

export { prepareJoin } from './enrol/prepare.ts';

export { loadMinionConfig as readMinionConfig } from './options.ts';
