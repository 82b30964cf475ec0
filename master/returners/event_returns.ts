import { type BusEvent, type EventBus, tagMatcher } from '../../kernel/events/bus.ts';
import { createHost } from '../../kernel/loader/host.ts';
import { Returners } from '../../kernel/returners/returners.ts';
import type { Handed, Log, MasterEvent } from '../../modules/define.ts';
import { returnerSources } from '../../modules/returners/index.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import type { MasterConfig } from '../options.ts';

export interface EventReturnParts {
  /** The master's. */
  readonly id: string;
  readonly bus: EventBus;
  readonly config: () => MasterConfig;
  /** A setting of the configuration by its whole name, option or not. */
  readonly setting: (name: string) => unknown;
  readonly log: Log;
}

const BOUNDS = { items: 100_000, bytes: 64 << 20, timeoutMs: 60_000 };
/** At the end: how long they may take for what they have not handed on. */
const END_MS = 3000;

/** Hands the events of the bus to the returners of `event_return`, until it is closed. */
export class EventReturns implements AsyncDisposable {
  readonly #parts: EventReturnParts;
  readonly #returners: Returners;
  readonly #names: readonly string[];
  readonly #stop: () => void;
  readonly #host = createHost(() => ({}));
  #waiting: Handed<MasterEvent>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: EventReturnParts) {
    const { id, bus, config, setting, log } = parts;
    this.#parts = parts;
    this.#names = config().event_return.filter((name) => this.#isThere(name));
    this.#returners = new Returners({
      id,
      host: this.#host,
      find: async (name) => (await returnerSources[name]?.())?.default ?? { refused: 'there is no such returner' },
      lookup: setting,
      bounds: () => BOUNDS,
      log,
    });
    this.#stop = this.#names.length === 0 ? () => undefined : bus.listen((event) => this.#take(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#flush();
    await this.#returners.settle(END_MS);
    await this.#returners.close();
  }

  #isThere(name: string): boolean {
    const there = Object.hasOwn(returnerSources, name);
    if (!there) this.#parts.log.error(`event_return names ${name}, and there is no such returner`);
    return there;
  }

  #take({ tag, data }: BusEvent): void {
    const config = this.#parts.config();
    const named = (globs: readonly string[]): boolean => globs.some((glob) => tagMatcher(glob)(tag));
    if (config.event_return_whitelist.length > 0 && !named(config.event_return_whitelist)) return;
    if (named(config.event_return_blacklist)) return;
    // Values that were passed through as bytes are read here.
    this.#waiting.push({ at: new Date(), what: { tag, data: decode(encode(data)) as MasterEvent['data'] } });
    if (this.#waiting.length >= config.event_return_queue) this.#flush();
    else if (config.event_return_queue_max_seconds > 0)
      this.#timer ??= setTimeout(() => this.#flush(), config.event_return_queue_max_seconds * 1000);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length > 0) this.#returners.events(this.#names, events);
  }
}
