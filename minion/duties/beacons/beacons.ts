import type { BeaconCtx, BeaconEvents, Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { type Entry, entryOf } from './entry.ts';
import type { Kinds, Looking } from './kinds.ts';
import type { BeaconSettings } from './settings.ts';

/** An event for the masters, in the form of Salt's batches of events. */
export interface BeaconEvent {
  readonly tag: string;
  readonly data: BeaconEvents[number];
  readonly beacon_name: string;
  /** Why the beacon could not look. */
  readonly error?: string;
}

export interface BeaconsParts {
  readonly id: string;
  readonly settings: BeaconSettings;
  readonly kinds: Kinds;
  /** What a beacon may touch, tied to a signal. */
  readonly context: (signal: AbortSignal) => BeaconCtx;
  readonly statesRun: () => boolean;
  /** Seconds between two rounds. */
  readonly loopInterval: () => number;
  readonly log: Log;
}

/** A beacon that looks. */
interface Active {
  readonly fingerprint: string;
  readonly control: AbortController;
  /** Undefined when it cannot look: the configuration is wrong, or there is no such kind. */
  readonly looking: Promise<Looking | undefined>;
  rounds: number;
  busy: boolean;
}

/** Looks after the configured beacons, round by round, as Salt's minion does each `loop_interval`. */
export class Beacons {
  readonly #parts: BeaconsParts;
  readonly #active = new Map<string, Active>();

  constructor(parts: BeaconsParts) {
    this.#parts = parts;
  }

  /** One round; the events of each beacon are handed over as soon as it has looked, so that a slow one holds up no other. */
  async round(tell: (events: readonly BeaconEvent[]) => Promise<void>): Promise<void> {
    const configured = this.#parts.settings.all;
    const wanted = configured['enabled'] === false ? [] : Object.entries(configured).filter(([name]) => name !== 'enabled');
    const entries = wanted.map(([name, value]) => [name, entryOf(name, value)] as const).filter(([, entry]) => entry.enabled);
    await this.#leave((name) => !entries.some(([kept]) => kept === name));
    await Promise.all(
      entries.map(async ([name, entry]) => {
        const events = await this.#look(name, entry);
        if (events.length > 0) await tell(events);
      }),
    );
  }

  async close(): Promise<void> {
    await this.#leave(() => true);
  }

  async #look(name: string, entry: Entry): Promise<readonly BeaconEvent[]> {
    const active = this.#active.get(name) ?? this.#begin(name, entry);
    if (active.fingerprint !== fingerprintOf(entry)) {
      await this.#leave((one) => one === name);
      return await this.#look(name, entry);
    }
    if (active.busy) return [];
    active.busy = true;
    try {
      const looking = await active.looking;
      if (looking === undefined || !this.#isDue(active, entry)) return [];
      if (!entry.notDuringStates || !this.#parts.statesRun()) return await this.#collect(name, entry, looking);
      this.#parts.log.info(`the beacon ${name} does not look while states are applied`);
      if (looking.close !== undefined) await this.#leave((one) => one === name);
      return [];
    } finally {
      active.busy = false;
    }
  }

  /** The first round counts as the look before the first, as Salt counts. */
  #isDue(active: Active, { interval }: Entry): boolean {
    if (interval <= 0) return true;
    if (active.rounds > 0 && active.rounds * this.#parts.loopInterval() >= interval) {
      active.rounds = 1;
      return true;
    }
    active.rounds += 1;
    return false;
  }

  async #collect(name: string, entry: Entry, looking: Looking): Promise<readonly BeaconEvent[]> {
    const prefix = `salt/beacon/${this.#parts.id}/${name}/`;
    try {
      const found = await looking.collect();
      if (entry.once) this.#parts.settings.enable(name, false);
      return found.map(({ tag, ...data }) => ({
        tag: `${prefix}${tag === undefined ? '' : String(tag)}`,
        data: 'id' in data ? data : { ...data, id: this.#parts.id },
        beacon_name: entry.kind,
      }));
    } catch (error) {
      const why = messageOf(error);
      this.#parts.log.error(`Unable to start ${name} beacon, ${why}`);
      return [{ tag: prefix, error: why, data: {}, beacon_name: entry.kind }];
    }
  }

  #begin(name: string, entry: Entry): Active {
    const control = new AbortController();
    const looking = this.#open(name, entry, this.#parts.context(control.signal)).catch((error: unknown) => {
      this.#parts.log.error(`the beacon ${name} could not be opened: ${messageOf(error)}`);
      return undefined;
    });
    const active: Active = { fingerprint: fingerprintOf(entry), control, looking, rounds: 0, busy: false };
    this.#active.set(name, active);
    return active;
  }

  /** What is wrong is logged once, until the configuration changes. */
  async #open(name: string, entry: Entry, ctx: BeaconCtx): Promise<Looking | undefined> {
    const kind = await this.#parts.kinds.find(entry.kind);
    if (kind === undefined) {
      this.#parts.log.warn(`Unable to process beacon ${name}: there is no beacon ${entry.kind}`);
      return undefined;
    }
    const fault = await kind.validate(entry.written, ctx);
    if (fault === undefined) return await kind.open(name, entry.config, ctx);
    this.#parts.log.error(`Beacon ${name} configuration invalid, not running.\n${fault}`);
    return undefined;
  }

  async #leave(which: (name: string) => boolean): Promise<void> {
    for (const [name, { looking, control }] of [...this.#active].filter(([one]) => which(one))) {
      this.#active.delete(name);
      await (await looking)
        ?.close?.()
        .catch((error: unknown) => this.#parts.log.debug(`the beacon ${name} was not closed: ${messageOf(error)}`));
      control.abort(new Error(`the beacon ${name} was closed`));
    }
  }
}

const fingerprintOf = ({ written }: Entry): string =>
  JSON.stringify(written, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
