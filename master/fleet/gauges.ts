import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EventBus } from '../../kernel/events/bus.ts';
import type { Fleet } from './fleet.ts';

/** Figures of the master itself, for monitoring. Counts are since its start, times in seconds, sizes in bytes. */
export interface Figures {
  readonly uptime: number;
  readonly minions: { readonly online: number; readonly offline: number; readonly unknown: number };
  readonly jobs: number;
  readonly returns: number;
  readonly returns_failed: number;
  readonly events: number;
  readonly memory: number;
  readonly cpu: number;
  readonly event_loop_lag: { readonly mean: number; readonly p99: number; readonly max: number };
  readonly databases: Readonly<Record<string, number>>;
}

/** How often the event loop is looked at. What Node tells of each look includes this time. */
const RESOLUTION_MS = 100;

/** Counts what passes on the bus, and looks at the rest when it is asked. */
export class Gauges implements AsyncDisposable {
  readonly #fleet: Pick<Fleet, 'ids' | 'presence'>;
  readonly #cachedir: string;
  readonly #lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #stop: () => void;
  #jobs = 0;
  #returns = 0;
  #failed = 0;
  #events = 0;

  constructor(bus: EventBus, fleet: Pick<Fleet, 'ids' | 'presence'>, cachedir: string) {
    this.#fleet = fleet;
    this.#cachedir = cachedir;
    this.#lag.enable();
    this.#stop = bus.listen(({ tag, data }) => this.#count(tag, data));
  }

  figures(): Figures {
    const { mean, max } = this.#lag;
    const p99 = this.#lag.percentile(99);
    this.#lag.reset();
    const { user, system } = process.cpuUsage();
    return {
      uptime: process.uptime(),
      minions: this.#minions(),
      jobs: this.#jobs,
      returns: this.#returns,
      returns_failed: this.#failed,
      events: this.#events,
      memory: process.memoryUsage.rss(),
      cpu: (user + system) / 1e6,
      event_loop_lag: { mean: lag(mean), p99: lag(p99), max: lag(max) },
      databases: sizes(this.#cachedir),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#lag.disable();
  }

  #count(tag: string, data: unknown): void {
    this.#events += 1;
    if (!tag.startsWith('salt/job/')) return;
    const [, , , what] = tag.split('/');
    if (what === 'new') this.#jobs += 1;
    if (what !== 'ret') return;
    this.#returns += 1;
    if (typeof data === 'object' && data !== null && 'success' in data && data.success === false) this.#failed += 1;
  }

  #minions(): Figures['minions'] {
    const found = { online: 0, offline: 0, unknown: 0 };
    for (const id of this.#fleet.ids()) {
      const { state } = this.#fleet.presence.of(id);
      found[state === 'online' || state === 'offline' ? state : 'unknown'] += 1;
    }
    return found;
  }
}

/** Seconds, of nanoseconds between two looks; a histogram without samples has none. */
const lag = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000) : 0);

/** Each database with its write-ahead log; that of jobs has a directory of its own. */
function sizes(cachedir: string): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const directory of [cachedir, join(cachedir, 'jobs')]) {
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const [, base] = /^([\w-]+)\.db(?:-wal)?$/.exec(name) ?? [];
      if (base !== undefined) found[base] = (found[base] ?? 0) + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0);
    }
  }
  return found;
}
