import { join } from 'node:path';
import { createHost } from '../kernel/loader/host.ts';
import { createLoader, type Loader } from '../kernel/loader/registry.ts';
import type { Log } from '../modules/define.ts';
import { execSources } from './builtins.ts';
import { agentModules } from './calls/index.ts';
import type { Paths, Ports } from './calls/ports.ts';
import { FileCache } from './files/cache.ts';
import type { FileSource } from './files/source.ts';
import { type GrainMap, Grains, GrainsFile } from './grains.ts';
import type { MasterLink } from './link/contract.ts';
import { Pillar, type PillarMap, type PillarRequest } from './pillar.ts';
import { PythonModules } from './python.ts';
import type { Ended } from './run/load.ts';
import type { Task } from './run/runner.ts';
import { JobTable } from './run/table.ts';
import { type Options, text } from './settings.ts';

/** What differs between a minion under masters and a masterless call. */
export interface Surroundings {
  readonly files: FileSource;
  readonly compilePillar: (request: PillarRequest) => Promise<PillarMap>;
  readonly master: () => MasterLink;
  readonly masters: () => readonly MasterLink[];
  /** `custom` are the grains of synchronised files. */
  readonly collectGrains: (custom: () => Promise<GrainMap>) => Promise<GrainMap>;
  readonly mine: (ports: Ports) => Promise<boolean>;
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
  const python = new PythonModules(paths.extmods, { options, grains: () => grains.items, pillar: () => pillar.items }, log);
  const grains: Grains = new Grains(() => surroundings.collectGrains(() => python.grains(loader)));
  const pillar: Pillar = new Pillar(surroundings.compilePillar, () => ({
    grains: grains.items,
    saltenv: text(options(), 'saltenv', ''),
    pillarenv: text(options(), 'pillarenv', ''),
  }));
  const ports: Ports = {
    id,
    options,
    paths,
    jobs: new JobTable(),
    files: new FileCache(surroundings.files, paths.cachedir),
    grains,
    grainsFile: new GrainsFile(join(paths.confDir, 'grains')),
    pillar,
    loader: () => loader,
    master: surroundings.master,
    masters: surroundings.masters,
    mine: () => surroundings.mine(ports),
  };
  const loader: Loader = createLoader({
    id,
    sources: [...agentModules(ports), ...execSources],
    hosts: [python],
    host: createHost(() => grains.items),
    config: options,
    grains: () => grains.items,
    pillar: () => pillar.items,
    log,
  });
  return { ports, loader, execute: (task) => execute(loader, task), close: () => python.close() };
}

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
