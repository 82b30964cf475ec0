import { globMatcher } from '../../kernel/targeting/glob.ts';
import { type Keep, type Known, type MetricStore, STEPS, TIERS, type Tier } from './sqlite.ts';

export interface Query {
  /** Globs on names. */
  readonly names: readonly string[];
  readonly minions: readonly string[];
  /** Seconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** How many at most. */
  readonly points: number;
  /** One line for all of the minions instead of one for each, under this name. */
  readonly together?: { readonly how: 'mean' | 'sum'; readonly name: string };
}

export interface Series {
  readonly minion: string;
  readonly name: string;
  readonly points: readonly (number | null)[];
}
export interface Answer {
  /** Seconds between two points; the first is that of `from`. */
  readonly step: number;
  readonly from: number;
  readonly until: number;
  readonly series: readonly Series[];
  /** There was more than is answered at once. */
  readonly cut: boolean;
}

const MOST_POINTS = 2000;
const MOST_SERIES = 500;
/** Minions read before others get their turn. */
const SLICE = 25;

/** Reads values in the finest tier whose rows are not many more than the points that are wanted. */
export async function query(store: MetricStore, keep: Keep, now: number, asked: Query): Promise<Answer> {
  const points = Math.min(Math.max(1, Math.floor(asked.points)), MOST_POINTS);
  const span = Math.max(1, asked.until - asked.from);
  const tier = tierFor(asked.from, span / points, keep, now);
  const step = Math.max(STEPS[tier], Math.ceil(span / points / STEPS[tier]) * STEPS[tier]);
  const from = Math.floor(asked.from / step) * step;
  const count = Math.ceil((asked.until - from) / step);
  const fits = asked.names.map(globMatcher);
  const names = store.namesLike((name) => fits.some((fit) => fit(name)));
  const lines = new Lines(count, names, asked.together);
  let read = 0;
  for (const id of asked.minions) {
    const known = store.minions.get(id);
    if (known === undefined || lines.isFull) continue;
    lines.begin(id);
    visitAll(store, tier, known, { from, until: asked.until }, names, (at, name, mean) =>
      lines.add(name, Math.floor((at - from) / step), mean),
    );
    lines.end();
    read += 1;
    if (read % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { step, from, until: asked.until, series: lines.series(), cut: lines.isCut };
}

function tierFor(from: number, wanted: number, keep: Keep, now: number): Tier {
  const reaching = TIERS.filter((tier) => from >= now - keep[tier]);
  return reaching.findLast((tier) => STEPS[tier] <= wanted) ?? reaching[0] ?? 'hour';
}

/** Rows of the tier, and of the finer ones for what is not made into its rows yet. */
function visitAll(
  store: MetricStore,
  tier: Tier,
  { n, five, hour }: Known,
  { from, until }: { readonly from: number; readonly until: number },
  names: ReadonlyMap<number, string>,
  visit: (at: number, name: number, mean: number) => void,
): void {
  const starts: Readonly<Record<Tier, number>> = {
    hour: from,
    five: tier === 'hour' ? Math.max(from, hour) : from,
    raw: tier === 'raw' ? from : Math.max(from, five),
  };
  for (const each of [...TIERS].reverse())
    if (STEPS[each] <= STEPS[tier])
      store.read(each, n, starts[each], each === 'raw' ? until : Math.min(until, each === 'five' ? five : hour), names, visit);
}

interface Line {
  readonly minion: string;
  readonly name: string;
  readonly sums: Float64Array;
  readonly counts: Uint32Array;
}

/** Lines being drawn: means of what falls on one point, for each minion or for all together. */
class Lines {
  readonly #count: number;
  readonly #names: ReadonlyMap<number, string>;
  readonly #together: Query['together'];
  readonly #done: Line[] = [];
  readonly #all = new Map<number, Line>();
  #own = new Map<number, Line>();
  #minion = '';

  constructor(count: number, names: ReadonlyMap<number, string>, together: Query['together']) {
    this.#count = count;
    this.#names = names;
    this.#together = together;
  }

  /** No further minion adds a line. */
  get isFull(): boolean {
    return this.#done.length >= MOST_SERIES;
  }

  get isCut(): boolean {
    return this.isFull || this.#all.size >= MOST_SERIES;
  }

  begin(minion: string): void {
    this.#minion = minion;
    this.#own = new Map();
  }

  add(name: number, index: number, mean: number): void {
    if (index >= 0 && index < this.#count) put(this.#line(this.#own, name, this.#minion), index, mean);
  }

  /** A minion counts once at each point, however often it was measured. */
  end(): void {
    if (this.#together === undefined) {
      this.#done.push(...[...this.#own.values()].slice(0, MOST_SERIES - this.#done.length));
      return;
    }
    for (const [name, own] of this.#own) {
      if (!this.#all.has(name) && this.#all.size >= MOST_SERIES) continue;
      const line = this.#line(this.#all, name, this.#together.name);
      for (let index = 0; index < this.#count; index += 1) {
        const value = pointOf(own, index);
        if (value !== null) put(line, index, value);
      }
    }
  }

  series(): Series[] {
    const lines = this.#together === undefined ? this.#done : [...this.#all.values()];
    const sum = this.#together?.how === 'sum';
    return lines.map((line) => ({
      minion: line.minion,
      name: line.name,
      points: Array.from({ length: this.#count }, (_, index) =>
        sum && (line.counts[index] ?? 0) > 0 ? (line.sums[index] ?? null) : pointOf(line, index),
      ),
    }));
  }

  #line(lines: Map<number, Line>, name: number, minion: string): Line {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const line = { minion, name: this.#names.get(name) ?? '', sums: new Float64Array(this.#count), counts: new Uint32Array(this.#count) };
    lines.set(name, line);
    return line;
  }
}

function put({ sums, counts }: Line, index: number, value: number): void {
  sums[index] = (sums[index] ?? 0) + value;
  counts[index] = (counts[index] ?? 0) + 1;
}

function pointOf({ sums, counts }: Line, index: number): number | null {
  const count = counts[index] ?? 0;
  return count === 0 ? null : (sums[index] ?? 0) / count;
}
