import { type Cron, parseCron } from './cron.ts';
import { BadItem, type Item, isItem, wholeNumber } from './item.ts';
import { type Moment, nextMoment, readMoment } from './moment.ts';
import { ISO_FORMAT, strptime } from './strptime.ts';

/** When an entry is due. Times are epoch milliseconds; a slot is a time at which it is due. */
export interface Timing {
  readonly kind: 'interval' | 'cron' | 'when' | 'once';
  /** Of an interval, in ms. */
  readonly step?: number;
  /** What it was made of: an entry with another rule begins anew. */
  readonly rule: string;
  /** The first slot after `after`. An interval counts from `anchor`. */
  next(after: number, anchor: number): number | undefined;
}

/** `whens` of the pillar and the grains: names for times. */
export interface Whens {
  readonly pillar: unknown;
  readonly grains: unknown;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['seconds', 1],
  ['minutes', 60],
  ['hours', 3600],
  ['days', 86_400],
];
const quoted = (names: readonly string[]): string => `"${names.join('", "')}"`;
const ELEMENTS = ['when', 'cron', 'once'] as const;

/**
 * The timing of an entry; undefined when it has none and so never runs by itself.
 * @throws BadItem when what it says makes no sense
 */
export function timingOf(item: Item, name: string, whens: Whens): Timing | undefined {
  const units = UNITS.map(([unit]) => unit);
  const uses = ELEMENTS.filter((element) => element in item);
  const counted = units.filter((unit) => unit in item);
  if (uses.length > 1) throw new BadItem(`Unable to use ${quoted(ELEMENTS)} options together. Ignoring.`);
  if (uses.length > 0 && counted.length > 0) throw new BadItem(`Unable to use ${quoted(units)} with ${quoted(ELEMENTS)} options. Ignoring`);
  const timing = counted.length > 0 ? interval(item, name) : uses[0] === undefined ? undefined : element(uses[0], item, name, whens);
  return withExplicit(timing, item);
}

function element(kind: 'when' | 'cron' | 'once', item: Item, name: string, whens: Whens): Timing {
  if (kind === 'cron') return cronTiming(item['cron'], name);
  return kind === 'once' ? once(item, name) : when(item['when'], name, whens);
}

function interval(item: Item, name: string): Timing {
  let seconds = 0;
  for (const [unit, size] of UNITS) {
    const count = unit in item ? wholeNumber(item[unit]) : 0;
    if (count === undefined) throw new BadItem(`Invalid ${unit} ${JSON.stringify(item[unit])}. Ignoring job ${name}.`);
    seconds += count * size;
  }
  if (seconds < 1) throw new BadItem(`The interval must be at least one second. Ignoring job ${name}.`);
  const step = seconds * 1000;
  return {
    kind: 'interval',
    step,
    rule: `every ${seconds}`,
    next: (after, anchor) => anchor + (Math.floor((after - anchor) / step) + 1) * step,
  };
}

function cronTiming(text: unknown, name: string): Timing {
  let cron: Cron;
  try {
    cron = parseCron(String(text));
  } catch {
    throw new BadItem(`Invalid cron string. Ignoring job ${name}.`);
  }
  return { kind: 'cron', rule: `cron ${String(text)}`, next: (after) => cron.next(after) };
}

function once(item: Item, name: string): Timing {
  const [text, format] = [String(item['once']), typeof item['once_fmt'] === 'string' ? item['once_fmt'] : ISO_FORMAT];
  const at = strptime(text, format);
  if (at === undefined) throw new BadItem(`Date string could not be parsed: ${text}, ${format}. Ignoring job ${name}.`);
  return { kind: 'once', rule: `once ${at}`, next: (after) => (at > after ? at : undefined) };
}

function when(value: unknown, name: string, whens: Whens): Timing {
  const texts = Array.isArray(value) ? value : [value];
  const moments = texts.map((text): Moment => {
    const moment = readMoment(String(namedTime(String(text), name, whens)));
    if (moment === undefined) throw new BadItem(`Invalid date string ${String(text)}. Ignoring job ${name}.`);
    return moment;
  });
  return {
    kind: 'when',
    rule: `when ${JSON.stringify(moments)}`,
    next: (after) => earliest(moments.map((moment) => nextMoment(moment, after))),
  };
}

function namedTime(text: string, name: string, { pillar, grains }: Whens): unknown {
  for (const [label, names] of [
    ['Pillar item', pillar],
    ['Grain', grains],
  ] as const) {
    if (names === undefined || names === null) continue;
    if (!isItem(names)) throw new BadItem(`${label} "whens" must be a dict. Ignoring job ${name}.`);
    if (Object.hasOwn(names, text)) return names[text];
  }
  return text;
}

/** Adds the slots of `run_explicit`, where postponed runs are kept, and the one after a range that is skipped. */
function withExplicit(timing: Timing | undefined, item: Item): Timing | undefined {
  const extra = explicitTimes(item['run_explicit']);
  const end = endOfSkip(item);
  if (timing === undefined || (extra.length === 0 && end === undefined)) return timing;
  const afterSkip = (after: number): number | undefined => {
    const at = end === undefined ? undefined : nextMoment(end, after - AFTER_SKIP_MS);
    return at === undefined ? undefined : at + AFTER_SKIP_MS;
  };
  return {
    ...timing,
    next: (after, anchor) => earliest([timing.next(after, anchor), afterSkip(after), ...extra.filter((at) => at > after)]),
  };
}

const AFTER_SKIP_MS = 1000;

/** The end of `skip_during_range`, where a run is wanted right after it. */
function endOfSkip(item: Item): Moment | undefined {
  const range = item['skip_during_range'];
  return item['run_after_skip_range'] === true && isItem(range) ? readMoment(String(range['end'])) : undefined;
}

/** Entries of `run_explicit` and `skip_explicit`: `{time, time_fmt}`, or a text in the usual format. What cannot be read is left out. */
export function explicitTimes(value: unknown): number[] {
  return (Array.isArray(value) ? value : []).flatMap((one) => {
    const [text, format] = isItem(one) ? [one['time'], one['time_fmt']] : [one, undefined];
    const at = strptime(String(text), typeof format === 'string' ? format : ISO_FORMAT);
    return at === undefined ? [] : [at];
  });
}

const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce((best, at) => (at !== undefined && (best === undefined || at < best) ? at : best), undefined);
