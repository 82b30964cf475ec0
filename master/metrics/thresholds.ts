import { globMatcher } from '../../kernel/targeting/glob.ts';
import { TsaltError } from '../../protocol/errors.ts';

export type Level = 'ok' | 'warning' | 'error';

/** From which value on a metric is a warning or an error. */
export interface Threshold {
  readonly name: string;
  readonly description: string;
  /** Glob on names of metrics. */
  readonly metric: string;
  readonly direction: 'above' | 'below';
  readonly warning: number | null;
  readonly error: number | null;
  /** Seconds for which it must be so. */
  readonly for: number;
  /** The group of the minions it is for; empty: all. */
  readonly group: string;
  readonly enabled: boolean;
}

/** How a metric of a minion stands to a threshold. Times are seconds since 1970. */
export interface Standing {
  readonly minion: string;
  readonly threshold: string;
  readonly metric: string;
  readonly level: Level;
  readonly since: number;
  readonly value: number;
}

const NAME = /^[A-Za-z0-9_][\w .-]{0,99}$/;
const DAY = 86_400;

/** @throws TsaltError `bad-threshold` naming the field and what it must be */
export function readThreshold(given: Readonly<Record<string, unknown>>, before?: Threshold): Threshold {
  const field = (key: keyof Threshold): unknown => given[key] ?? before?.[key];
  const threshold: Threshold = {
    name: text(field('name'), 'name'),
    description: text(field('description') ?? '', 'description'),
    metric: text(field('metric'), 'metric'),
    direction: field('direction') === 'below' ? 'below' : 'above',
    warning: limit(field('warning'), 'warning'),
    error: limit(field('error'), 'error'),
    for: limit(field('for') ?? 0, 'for') ?? 0,
    group: text(field('group') ?? '', 'group'),
    enabled: field('enabled') !== false,
  };
  const { name, metric, warning, error, direction } = threshold;
  if (!NAME.test(name)) throw bad('name', 'letters, digits, blanks and _.- are allowed, up to 100', name);
  if (metric === '') throw bad('metric', 'a glob on the names of metrics is required', metric);
  if (given['direction'] !== undefined && given['direction'] !== 'above' && given['direction'] !== 'below')
    throw bad('direction', 'above or below is required', given['direction']);
  if (warning === null && error === null) throw bad('warning', 'a warning, an error, or both are required', null);
  if (warning !== null && error !== null && (direction === 'above' ? warning > error : warning < error))
    throw bad('warning', `it would come after the error (${error})`, warning);
  if (threshold.for < 0 || threshold.for > DAY) throw bad('for', `0 to ${DAY} seconds are allowed`, threshold.for);
  return threshold;
}

/** What a value is by a threshold. */
export function levelOf({ direction, warning, error }: Threshold, value: number): Level {
  const beyond = (bound: number | null): boolean => bound !== null && (direction === 'above' ? value > bound : value < bound);
  return beyond(error) ? 'error' : beyond(warning) ? 'warning' : 'ok';
}

export interface WatchParts {
  readonly thresholds: () => readonly Threshold[];
  /** Whether a minion is in a group. */
  readonly inGroup: (minion: string, group: string) => boolean;
  /** Told when a metric came to another level and stayed there as long as it must. */
  readonly changed: (standing: Standing, threshold: Threshold) => void;
}

interface Track {
  level: Level;
  /** Another level, and since when, in seconds. */
  next: Level;
  since: number;
}

/** Holds values against thresholds as they come. */
export class ThresholdWatch {
  readonly #parts: WatchParts;
  readonly #tracks = new Map<string, Track>();
  /** Thresholds by the name of a metric. */
  readonly #byMetric = new Map<string, readonly Threshold[]>();
  /** What is no longer well, by minion. */
  readonly #standings = new Map<string, Map<string, Standing>>();

  constructor(parts: WatchParts, known: readonly Standing[]) {
    this.#parts = parts;
    for (const standing of known) {
      const key = keyOf(standing.minion, standing.threshold, standing.metric);
      this.#tracks.set(key, { level: standing.level, next: standing.level, since: standing.since });
      this.#of(standing.minion).set(key, standing);
    }
  }

  /** A threshold was changed or deleted: what stood by it stands no more. Answers that. */
  reset(threshold: string): Standing[] {
    this.#byMetric.clear();
    const gone: Standing[] = [];
    for (const standings of this.#standings.values())
      for (const [key, standing] of standings)
        if (standing.threshold === threshold) {
          gone.push(standing);
          standings.delete(key);
        }
    for (const key of this.#tracks.keys()) if (key.split('\n')[1] === threshold) this.#tracks.delete(key);
    return gone;
  }

  /** The minion is gone. Answers what stood. */
  forget(minion: string): Standing[] {
    const gone = [...(this.#standings.get(minion)?.values() ?? [])];
    this.#standings.delete(minion);
    for (const key of this.#tracks.keys()) if (key.startsWith(`${minion}\n`)) this.#tracks.delete(key);
    return gone;
  }

  value(minion: string, metric: string, value: number, at: number): void {
    for (const threshold of this.#for(metric)) {
      if (threshold.group !== '' && !this.#parts.inGroup(minion, threshold.group)) continue;
      this.#judge(threshold, minion, metric, value, at);
    }
  }

  /** What is not well with a minion, the worst first. */
  standings(minion: string): Standing[] {
    return [...(this.#standings.get(minion)?.values() ?? [])].sort((a, b) => a.level.localeCompare(b.level));
  }

  all(): Standing[] {
    return [...this.#standings.keys()].flatMap((minion) => this.standings(minion));
  }

  #judge(threshold: Threshold, minion: string, metric: string, value: number, at: number): void {
    const level = levelOf(threshold, value);
    const key = keyOf(minion, threshold.name, metric);
    const track = this.#tracks.get(key);
    if (track === undefined && level === 'ok') return;
    const known = track ?? { level: 'ok', next: 'ok', since: at };
    this.#tracks.set(key, known);
    if (level !== known.next) Object.assign(known, { next: level, since: at });
    if (known.next === known.level) {
      if (level === 'ok') this.#tracks.delete(key);
      return;
    }
    if (at - known.since < threshold.for) return;
    known.level = level;
    const standing = { minion, threshold: threshold.name, metric, level, since: known.since, value };
    if (level === 'ok') {
      this.#tracks.delete(key);
      this.#of(minion).delete(key);
    } else this.#of(minion).set(key, standing);
    this.#parts.changed(standing, threshold);
  }

  #for(metric: string): readonly Threshold[] {
    const known = this.#byMetric.get(metric);
    if (known !== undefined) return known;
    const found = this.#parts.thresholds().filter((threshold) => threshold.enabled && globMatcher(threshold.metric)(metric));
    this.#byMetric.set(metric, found);
    return found;
  }

  #of(minion: string): Map<string, Standing> {
    const known = this.#standings.get(minion) ?? new Map<string, Standing>();
    this.#standings.set(minion, known);
    return known;
  }
}

const keyOf = (minion: string, threshold: string, metric: string): string => `${minion}\n${threshold}\n${metric}`;

function text(value: unknown, key: string): string {
  if (typeof value !== 'string' || value.length > 1000) throw bad(key, 'a text is required', value);
  return value;
}

function limit(value: unknown, key: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw bad(key, 'a number is required', value);
  return value;
}

const bad = (key: string, why: string, got: unknown): TsaltError =>
  new TsaltError('bad-threshold', `${key}: ${why}; got ${(JSON.stringify(got) ?? 'nothing').slice(0, 100)}`);
