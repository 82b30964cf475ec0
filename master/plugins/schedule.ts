import type { Target } from '../client/contract.ts';
import type { StateStore } from '../state/sqlite.ts';
import type { Plugin, PluginFinder } from './find.ts';
import type { Plugins } from './plugins.ts';

export interface ScheduleParts {
  readonly finder: PluginFinder;
  readonly plugins: Plugins;
  readonly state: StateStore;
  readonly failed: (name: string, error: unknown) => void;
}

/** How often it is looked whether a plugin is due, in ms: the shortest `schedule` is 10 s. */
const LOOK_EVERY = 5_000;
const BANK = 'plugin_runs';

/** Runs plugins whose `meta.yaml` says `schedule`, on their groups or on all minions. When they ran last outlives the master. */
export class PluginSchedule {
  readonly #parts: ScheduleParts;
  readonly #running = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const plugin of await this.#parts.finder.all()) if (this.#isDue(plugin)) void this.#run(plugin);
    } catch (error) {
      this.#parts.failed('(all)', error);
    } finally {
      this.#looking = false;
    }
  }

  #isDue(plugin: Plugin): boolean {
    const { name, schedule, problem } = plugin;
    if (schedule === undefined || problem !== undefined || this.#running.has(name) || this.#parts.plugins.modeOf(plugin) === 'disabled')
      return false;
    const last = this.#parts.state.get(BANK, name);
    return Date.now() - (typeof last === 'number' ? last : 0) >= schedule * 1000;
  }

  async #run(plugin: Plugin): Promise<void> {
    const { name, groups } = plugin;
    this.#running.add(name);
    this.#parts.state.set(BANK, name, Date.now());
    const target: Target =
      groups.length === 0
        ? { kind: 'glob', expression: '*' }
        : { kind: 'compound', expression: groups.map((group) => `N@${group}`).join(' or ') };
    try {
      await this.#parts.plugins.run({ name, target, parameters: {}, secrets: {}, reading: true, user: 'root' });
    } catch (error) {
      this.#parts.failed(name, error);
    } finally {
      this.#running.delete(name);
    }
  }
}
