import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import type { AlertDesk } from '../alerts/alerts.ts';
import { type Answer, type Query, query } from './query.ts';
import type { Keep, MetricStore } from './sqlite.ts';
import type { ThresholdStore } from './sqlite-thresholds.ts';
import { readThreshold, type Standing, type Threshold, ThresholdWatch } from './thresholds.ts';
import { flatten, type Sample } from './values.ts';

export interface MetricsParts {
  readonly store: MetricStore;
  readonly thresholds: ThresholdStore;
  readonly alerts: AlertDesk;
  readonly bus: EventBus;
  readonly inGroup: (minion: string, group: string) => boolean;
  /** The status of this minion is another now. */
  readonly touched: (minion: string) => void;
  readonly limits: () => Limits;
  readonly log: Log;
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

export interface Limits {
  readonly keep: Keep;
  /** Values of one minion at one time. */
  readonly perMinion: number;
  /** Series (a minion and a name) in all. */
  readonly series: number;
}

const FLUSH_MS = 1000;
/** Samples that wait to be written; more are dropped. */
const MOST_WAITING = 50_000;
/** Minions rolled up in one go, so that nothing else waits for long. */
const ROLL_SLICE = 50;
/** A sample may be so much older, or newer, than now, in seconds. */
const OLDEST = 3600;
const NEWEST = 60;

/**
 * Values of minions over time. Whoever has some calls `record`; they are written together each second, held against the
 * thresholds, and told as `tsalt/metrics/<minion>`.
 */
export class Metrics implements AsyncDisposable {
  readonly #parts: MetricsParts;
  readonly #thresholds = new Map<string, Threshold>();
  readonly #watch: ThresholdWatch;
  #waiting: Sample[] = [];
  #dropped = 0;
  /** How many series each minion has, as far as it sent any since this master started. */
  readonly #sizes = new Map<string, number>();
  #series = 0;
  #rolling: Iterator<string> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #problem = '';

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    for (const value of parts.thresholds.thresholds()) {
      try {
        const threshold = readThreshold(value as Readonly<Record<string, unknown>>);
        this.#thresholds.set(threshold.name, threshold);
      } catch (error) {
        parts.log.error(`a threshold that was kept cannot be read and is left out: ${messageOf(error)}`);
      }
    }
    this.#watch = new ThresholdWatch(
      {
        thresholds: () => [...this.#thresholds.values()],
        inGroup: parts.inGroup,
        changed: (standing, threshold) => this.#changed(standing, threshold),
      },
      parts.thresholds.standings(),
    );
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), FLUSH_MS);
  }

  /**
   * Takes values of a minion in: a tree of maps, whose finite numbers get dotted names. `at` in ms. Answers how many
   * were taken; what is beyond the bounds is not.
   */
  record(minion: string, at: number, values: unknown, prefix = ''): number {
    const now = Math.floor(this.#now() / 1000);
    const seconds = Math.floor(at / 1000);
    if (seconds < now - OLDEST || seconds > now + NEWEST) return 0;
    const { names, values: numbers } = flatten(values, this.#room(minion), prefix);
    if (names.length === 0) return 0;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped += 1;
      return 0;
    }
    this.#count(minion, names.length);
    this.#waiting.push({ minion, at: seconds, names, values: numbers });
    if (this.#thresholds.size > 0)
      for (let i = 0; i < names.length; i += 1) this.#watch.value(minion, names[i] ?? '', numbers[i] ?? 0, seconds);
    return names.length;
  }

  /** Writes what waits, and makes older values coarser. */
  tick(): void {
    const samples = this.#waiting;
    this.#waiting = [];
    try {
      if (samples.length > 0) this.#parts.store.write(merged(samples));
      this.#roll();
      this.#problem = '';
    } catch (error) {
      // Told once: a disk that is full stays so for a while.
      if (messageOf(error) !== this.#problem) this.#parts.log.error(`metrics are not stored: ${messageOf(error)}`);
      this.#problem = messageOf(error);
    }
    if (this.#dropped > 0) this.#parts.log.warn(`${this.#dropped} samples of metrics were dropped: they come faster than they are written`);
    this.#dropped = 0;
    this.#tell(samples);
  }

  async query(asked: Query): Promise<Answer> {
    return await query(this.#parts.store, this.#parts.limits().keep, Math.floor(this.#now() / 1000), asked);
  }

  /** Metrics that these minions sent last, sorted by name, each with the newest value of the first that has it. */
  latest(minions: readonly string[]): ReadonlyMap<string, number> {
    const { store } = this.#parts;
    const found = new Map<string, number>();
    for (const id of minions) {
      const known = store.minions.get(id);
      if (known === undefined) continue;
      for (const [n, value] of store.latest(known.n)) {
        const name = store.nameOf(n);
        if (name !== undefined && !found.has(name)) found.set(name, value);
      }
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  thresholds(): readonly Threshold[] {
    return [...this.#thresholds.values()];
  }

  /** What stands beyond the thresholds now. */
  standings(): readonly Standing[] {
    return this.#watch.all();
  }

  /** @throws TsaltError `bad-threshold`, `store-failed` */
  saveThreshold(fields: Readonly<Record<string, unknown>>): Threshold {
    const before = this.#thresholds.get(String(fields['name']));
    const threshold = readThreshold(fields, before);
    this.#parts.thresholds.save(threshold);
    this.#thresholds.set(threshold.name, threshold);
    this.#over(this.#watch.reset(threshold.name));
    return threshold;
  }

  /** @throws TsaltError `no-threshold`, `store-failed` */
  deleteThreshold(name: string): void {
    if (!this.#thresholds.delete(name))
      throw new TsaltError(
        'no-threshold',
        `there is no threshold ${JSON.stringify(name).slice(0, 120)}; tsalt-run thresholds.list shows them`,
      );
    this.#parts.thresholds.delete(name);
    this.#over(this.#watch.reset(name));
  }

  /** The worst that thresholds say of a minion; undefined when all is well. */
  statusOf(minion: string): { readonly status: 'warning' | 'error'; readonly message: string } | undefined {
    const [worst] = this.#watch.standings(minion);
    if (worst === undefined || worst.level === 'ok') return undefined;
    const threshold = this.#thresholds.get(worst.threshold);
    return { status: worst.level, message: sentence(worst, threshold) };
  }

  /** The key of the minion is gone. Its values age away. */
  forget(minion: string): void {
    this.#over(this.#watch.forget(minion));
    this.#series -= this.#sizes.get(minion) ?? 0;
    this.#sizes.delete(minion);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.tick();
    await this.#parts.store[Symbol.asyncDispose]();
    await this.#parts.thresholds[Symbol.asyncDispose]();
  }

  /** How many values of this minion are taken. */
  #room(minion: string): number {
    const { perMinion, series } = this.#parts.limits();
    const own = this.#sizes.get(minion) ?? 0;
    return Math.min(perMinion, Math.max(own, series - this.#series));
  }

  #count(minion: string, size: number): void {
    const before = this.#sizes.get(minion) ?? 0;
    if (size <= before) return;
    this.#sizes.set(minion, size);
    this.#series += size - before;
  }

  #roll(): void {
    const { store, limits } = this.#parts;
    const now = Math.floor(this.#now() / 1000);
    for (let done = 0; done < ROLL_SLICE; ) {
      this.#rolling ??= [...store.minions.keys()][Symbol.iterator]();
      const next = this.#rolling.next();
      if (next.done === true) {
        this.#rolling = undefined;
        return;
      }
      const known = store.minions.get(next.value);
      if (known === undefined || now - known.five < 300 + 20) continue;
      store.roll(known, now, limits().keep);
      done += 1;
    }
  }

  #tell(samples: readonly Sample[]): void {
    for (const { minion, at, names, values } of samples)
      this.#parts.bus.fire(`tsalt/metrics/${minion}`, {
        id: minion,
        at,
        values: Object.fromEntries(names.map((name, i) => [name, values[i]])),
      });
  }

  #changed(standing: Standing, threshold: Threshold): void {
    const { minion, metric, level, value, since } = standing;
    const { alerts, bus, thresholds, touched } = this.#parts;
    const text = sentence(standing, threshold);
    try {
      thresholds.stand(standing);
    } catch (error) {
      this.#parts.log.error(`a threshold that was crossed is not recorded: ${messageOf(error)}`);
    }
    bus.fire(`tsalt/threshold/${minion}/${metric}`, { id: minion, metric, threshold: threshold.name, level, value, since, message: text });
    if (level === 'ok') alerts.recover(alertKey(standing), text);
    else alerts.raise({ key: alertKey(standing), kind: 'threshold', subject: `${minion}: ${level}: ${metric}`, message: text });
    touched(minion);
  }

  #over(gone: readonly Standing[]): void {
    for (const standing of gone) {
      this.#parts.thresholds.stand({ ...standing, level: 'ok' });
      this.#parts.alerts.drop(alertKey(standing));
      this.#parts.touched(standing.minion);
    }
  }

  #now(): number {
    return this.#parts.now?.() ?? Date.now();
  }
}

const alertKey = ({ minion, threshold, metric }: Standing): string => `threshold/${minion}/${threshold}/${metric}`;

/** What one minion sent within the same second is one row. */
function merged(samples: readonly Sample[]): readonly Sample[] {
  const rows = new Map<string, Sample>();
  for (const sample of samples) {
    const key = `${sample.at} ${sample.minion}`;
    const known = rows.get(key);
    rows.set(
      key,
      known === undefined ? sample : { ...sample, names: [...known.names, ...sample.names], values: [...known.values, ...sample.values] },
    );
  }
  return [...rows.values()];
}

function sentence({ minion, metric, value, level }: Standing, threshold: Threshold | undefined): string {
  const shown = Number(value.toPrecision(6));
  if (level === 'ok') return `${metric} of ${minion} is ${shown}, which is well again.`;
  const bound = level === 'error' ? threshold?.error : threshold?.warning;
  return `${metric} of ${minion} is ${shown}, ${threshold?.direction ?? 'beyond'} ${bound ?? 'its bound'}.`;
}
