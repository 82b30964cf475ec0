import type { AnyReturner, Handed, Host, JobResult, Log, MasterEvent, Outlet } from '../../modules/define.ts';
import { createSpawn } from '../loader/spawn.ts';
import { type Bounds, Outbox } from './outbox.ts';

/** What an exit needs of the daemon. */
export interface ExitParts {
  readonly id: string;
  readonly host: Host;
  readonly log: Log;
  readonly bounds: Bounds;
  readonly other: (name: string) => Outlet;
}

const BATCH = 500;

/** One returner with one set of options: its outlet, opened when needed, and what waits for it. */
export class Exit {
  readonly #returner: AnyReturner;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #parts: ExitParts;
  readonly #results: Outbox<JobResult>;
  readonly #events: Outbox<MasterEvent>;
  #control = new AbortController();
  #outlet: Promise<Outlet> | undefined;
  #used = Date.now();

  constructor(returner: AnyReturner, options: Readonly<Record<string, unknown>>, parts: ExitParts) {
    this.#returner = returner;
    this.#options = options;
    this.#parts = parts;
    const { bounds, log } = parts;
    const common = {
      breakOff: () => void this.#shut(),
      batch: returner.batch ?? BATCH,
      bounds,
      name: `the returner ${returner.name}`,
      log,
    };
    this.#results = new Outbox({ ...common, thing: 'result', deliver: (batch) => this.#send(batch) });
    this.#events = new Outbox({ ...common, thing: 'event', deliver: (batch) => this.#sendEvents(batch) });
  }

  /** Never waits and never throws. */
  hand(results: readonly Handed<JobResult>[]): void {
    this.#used = Date.now();
    this.#results.push(results);
  }

  handEvents(events: readonly Handed<MasterEvent>[]): void {
    this.#used = Date.now();
    this.#events.push(events);
  }

  /** The outlet itself. @throws what opening it throws */
  async outlet(): Promise<Outlet> {
    this.#used = Date.now();
    this.#outlet ??= this.#open();
    return await this.#outlet;
  }

  get busy(): boolean {
    return this.#results.length + this.#events.length > 0;
  }

  /** Nothing waits, and nobody asked for it for this long. */
  idle(ms: number): boolean {
    return !this.busy && Date.now() - this.#used > ms;
  }

  async settle(ms: number): Promise<void> {
    await Promise.all([this.#results.settle(ms), this.#events.settle(ms)]);
  }

  async close(): Promise<void> {
    this.#results.close();
    this.#events.close();
    await this.#shut();
  }

  async #open(): Promise<Outlet> {
    const { id, host, log, other } = this.#parts;
    const { signal } = this.#control;
    try {
      return await this.#returner.open(this.#options, { id, host, log, other, signal, spawn: createSpawn({ signal, log }) });
    } catch (error) {
      this.#outlet = undefined;
      throw error;
    }
  }

  async #send(batch: readonly Handed<JobResult>[]): Promise<void> {
    await (await this.outlet()).send(batch);
  }

  async #sendEvents(batch: readonly Handed<MasterEvent>[]): Promise<void> {
    const outlet = await this.outlet();
    if (outlet.events === undefined) throw new Error('it takes no events');
    await outlet.events(batch);
  }

  /** The next batch opens it anew. */
  async #shut(): Promise<void> {
    const outlet = this.#outlet;
    this.#outlet = undefined;
    try {
      await (await outlet)?.close?.();
    } catch {
      // what cannot be opened or closed is left alone: the batches say why
    }
    this.#control.abort();
    this.#control = new AbortController();
  }
}
