import { join } from 'node:path';
import { createHost } from '../kernel/loader/host.ts';
import { createLoader, type Loader } from '../kernel/loader/registry.ts';
import type { Log } from '../modules/define.ts';
import { execSources } from './builtins.ts';
import { agentModules } from './calls/index.ts';
import type { OwnMaster } from './calls/own_master.ts';
import type { Paths, Ports } from './calls/ports.ts';
import { openBeacons } from './duties/beacons/open.ts';
import { openSchedule, type RunOwn } from './duties/schedule/open.ts';
import { Extensions } from './extensions/extensions.ts';
import { FileCache } from './files/cache.ts';
import type { FileSource } from './files/source.ts';
import { type GrainMap, Grains, GrainsFile } from './grains.ts';
import type { MasterLink } from './link/contract.ts';
import { Pillar, type PillarMap, type PillarRequest } from './pillar.ts';
import { openReturners } from './returners/open.ts';
import type { Ended } from './run/load.ts';
import type { Task } from './run/runner.ts';
import { JobTable } from './run/table.ts';
import { Watchers } from './run/watchers.ts';
import { type Options, text } from './settings.ts';

/** What differs between a minion under masters and a masterless call. */
export interface Surroundings {
  readonly files: FileSource;
  readonly compilePillar: (request: PillarRequest) => Promise<PillarMap>;
  readonly master: () => MasterLink;
  readonly masters: () => readonly MasterLink[];
  /** `custom` are the grains of synchronised files. */
  readonly collectGrains: (custom: () => Promise<GrainMap>) => Promise<GrainMap>;
  /** How the daemon runs jobs of its own; elsewhere they are calls, and no master hears of them. */
  readonly runOwn?: RunOwn;
  readonly ownMaster?: OwnMaster;
}

/** Everything that runs functions, whoever asks: what the daemon and `tsalt-call` have in common. */
export interface Agent {
  readonly ports: Ports;
  readonly loader: Loader;
  /** Runs one function of a job. Never rejects. */
  execute(task: Task): Promise<Ended>;
  /** Ends what it started. */
  close(): Promise<void>;
}

/** At the end: how long returners may take for what they have not handed on. */
const RETURNERS_MS = 3000;

export function pathsOf(confDir: string, options: Options): Paths {
  const cachedir = text(options, 'cachedir', '/var/cache/salt/minion');
  return {
    confDir,
    cachedir,
    pkiDir: text(options, 'pki_dir', '/etc/salt/pki/minion'),
    extmods: text(options, 'extension_modules', join(cachedir, 'extmods')),
  };
}

export function createAgent(id: string, options: () => Options, paths: Paths, surroundings: Surroundings, log: Log): Agent {
  const extensions = new Extensions(paths.extmods, { options, grains: () => grains.items, pillar: () => pillar.items }, log);
  const grains: Grains = new Grains(() => surroundings.collectGrains(() => extensions.grains(loader)));
  const pillar: Pillar = new Pillar(surroundings.compilePillar, () => ({
    grains: grains.items,
    saltenv: text(options(), 'saltenv', ''),
    pillarenv: text(options(), 'pillarenv', ''),
  }));
  const jobs = new JobTable();
  const host = createHost(() => grains.own);
  const beacons = openBeacons({
    id,
    options,
    host,
    grains: () => grains.items,
    pillar: () => pillar.items,
    loader: () => loader,
    custom: () => extensions.of('beacons', loader),
    statesRun: () => jobs.all().some(({ job }) => job.funs.some((fun) => fun.startsWith('state.'))),
    log,
  });
  const schedule = openSchedule({
    id,
    options,
    pillar: () => pillar.items,
    grains: () => grains.items,
    paths,
    run: surroundings.runOwn ?? runCalls(() => loader),
    isDaemon: surroundings.runOwn !== undefined,
    log,
  });
  const returners = openReturners({
    id,
    options,
    host,
    grains: () => grains.items,
    pillar: () => pillar.items,
    custom: () => extensions.of('returners', loader),
    loader: () => loader,
    log,
  });
  const ports: Ports = {
    id,
    options,
    paths,
    jobs,
    watchers: new Watchers(),
    files: new FileCache(surroundings.files, paths.cachedir),
    grains,
    grainsFile: new GrainsFile(join(paths.confDir, 'grains')),
    pillar,
    beacons,
    schedule,
    returners,
    loader: () => loader,
    extensions,
    master: surroundings.master,
    masters: surroundings.masters,
    ownMaster: surroundings.ownMaster,
  };
  const loader: Loader = createLoader({
    id,
    sources: [...agentModules(ports), ...execSources],
    hosts: [extensions.modules],
    fallback: () => extensions.fallback(),
    host,
    config: options,
    grains: () => grains.items,
    pillar: () => pillar.items,
    log,
  });
  const close = async (): Promise<void> => {
    await beacons.beacons.close();
    await returners.settle(RETURNERS_MS);
    await returners.close();
    await extensions.close();
  };
  return { ports, loader, execute: (task) => execute(loader, task), close };
}

/** A scheduled job in a process that is no daemon. */
const runCalls =
  (loader: () => Loader): RunOwn =>
  async (job) => {
    for (const [index, fun] of job.funs.entries())
      await loader().invoke(fun, job.args[index] ?? [], { fun, jid: job.jid, user: job.user, signal: new AbortController().signal });
  };

async function execute(loader: Loader, { job, fun, args, signal, output }: Task): Promise<Ended> {
  const { value, retcode, success, out } = await loader.invoke(fun, args, {
    jid: job.jid,
    fun,
    user: job.user,
    signal,
    pub: {
      fun: job.raw['fun'],
      arg: job.raw['arg'],
      tgt: job.raw['tgt'],
      jid: job.jid,
      ret: job.raw['ret'],
      tgt_type: job.target.kind,
      user: job.user,
    },
    ...(output === undefined ? {} : { output }),
  });
  return { value, retcode, success, ...(out === undefined ? {} : { out }) };
}
