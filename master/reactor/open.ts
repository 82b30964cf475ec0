import { join } from 'node:path';
import type { EventBus } from '../../kernel/events/bus.ts';
import type { Functions } from '../../kernel/render/functions.ts';
import type { Log } from '../../modules/define.ts';
import type { FileServer } from '../files/server.ts';
import type { MasterConfig } from '../options.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { RunRunner } from '../runners/runner.ts';
import type { RunWheel } from '../wheels/index.ts';
import { createAct } from './act.ts';
import type { ReactorMap } from './map.ts';
import { Reactor } from './reactor.ts';
import { createRender } from './render.ts';
import { ReactorStore } from './sqlite.ts';

export interface ReactorSurroundings {
  /** The master's. */
  readonly id: string;
  readonly bus: EventBus;
  readonly map: ReactorMap;
  readonly files: FileServer;
  readonly publisher: Publisher;
  readonly runner: RunRunner;
  readonly wheel: RunWheel;
  readonly caller: Functions['call'];
  readonly config: () => MasterConfig;
  readonly log: Log;
}

/** The reactor of a master. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openReactor({ id, bus, map, files, publisher, runner, wheel, caller, config, log }: ReactorSurroundings): Reactor {
  return new Reactor({
    bus,
    map,
    store: new ReactorStore(join(config().cachedir, 'reactor.db'), (text) => log.warn(text)),
    render: createRender({
      files,
      renderer: () => config().renderer,
      opts: () => ({ id, file_roots: config().file_roots }),
      log,
    }),
    act: createAct({ publisher, runner, wheel, caller, log }),
    bounds: () => ({ workers: config().reactor_worker_threads, waiting: config().reactor_worker_hwm }),
    log,
  });
}
