import { localZone, type Zone } from './zone.ts';

/** A time table in cron's notation. */
export interface Cron {
  /** The first slot after `after` (epoch ms), by the clocks of its zone; undefined when there is none for 28 years. */
  next(after: number): number | undefined;
}

/** What is wrong with the text of a cron rule, for the log. */
export class BadCron extends Error {}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE: Field = { name: 'minute', least: 0, most: 59 };
const HOUR: Field = { name: 'hour', least: 0, most: 23 };
const DAY: Field = { name: 'day of the month', least: 1, most: 31 };
const MONTH: Field = { name: 'month', least: 1, most: 12, names: MONTHS };
const WEEKDAY: Field = { name: 'day of the week', least: 0, most: 7, names: DAYS };
const SECOND: Field = { name: 'second', least: 0, most: 59 };

const ALIASES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const DAYS_AHEAD = 28 * 366;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Rule {
  readonly seconds: readonly number[];
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** Every hour: the rule follows the clock through the hour that daylight saving repeats. */
  readonly everyHour: boolean;
  readonly months: ReadonlySet<number>;
  /** Of a day of the calendar, as midnight in UTC. */
  readonly isDay: (date: Date) => boolean;
  readonly zone: Zone;
}

/**
 * Reads `minute hour day month weekday`, a sixth field for seconds, or an alias such as `@daily`; names, lists, ranges,
 * steps, `L` (the last day of a month) and `5#2` or `L5` (the second, the last Friday). A day is meant when it fits
 * either of the two day fields, if both say something. `zone`: whose clocks are meant, else those of this machine.
 * @throws BadCron
 */
export function parseCron(text: string, zone: Zone = localZone): Cron {
  const fields = (ALIASES[text.trim().toLowerCase()] ?? text).trim().toLowerCase().split(/\s+/);
  const [minute, hour, day, month, weekday, second = '0'] = fields;
  if (weekday === undefined || minute === undefined || hour === undefined || day === undefined || month === undefined || fields.length > 6)
    throw new BadCron(`a cron rule has five fields (or six, with seconds), or is one of ${Object.keys(ALIASES).join(', ')}`);
  const hours = numbers(hour, HOUR);
  const rule: Rule = {
    seconds: [...numbers(second, SECOND)].sort((a, b) => a - b),
    minutes: numbers(minute, MINUTE),
    hours,
    everyHour: hours.size === 24,
    months: numbers(month, MONTH),
    isDay: dayTest(day, weekday),
    zone,
  };
  return { next: (after) => next(rule, after) };
}

function next(rule: Rule, after: number): number | undefined {
  const start = rule.zone.day(after);
  for (let ahead = 0; ahead < DAYS_AHEAD; ahead += 1) {
    const day = start + ahead * DAY_MS;
    const date = new Date(day);
    if (!rule.months.has(date.getUTCMonth() + 1) || !rule.isDay(date)) continue;
    const found = rule.everyHour ? nextByClock(rule, day, after) : nextByTable(rule, day, after);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Minute by minute as time passes: an hour that comes twice is served twice, one that is left out is not missed. */
function nextByClock(rule: Rule, day: number, after: number): number | undefined {
  const end = rule.zone.at(day + DAY_MS, 0, 0, 0);
  const first = Math.max(rule.zone.at(day, 0, 0, 0), after - (after % MINUTE_MS));
  for (let at = first; at < end; at += MINUTE_MS) {
    if (!rule.minutes.has(rule.zone.minute(at))) continue;
    const found = rule.seconds.map((second) => at + second * 1000).find((slot) => slot > after);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Each time of the day once: one that daylight saving leaves out comes an hour later, one that it repeats comes first. */
function nextByTable(rule: Rule, day: number, after: number): number | undefined {
  let best: number | undefined;
  for (const hour of rule.hours)
    for (const minute of rule.minutes) {
      const at = rule.zone.at(day, hour, minute, 0);
      const slot = rule.seconds.map((second) => at + second * 1000).find((one) => one > after);
      if (slot !== undefined && (best === undefined || slot < best)) best = slot;
    }
  return best;
}

function dayTest(day: string, weekday: string): (date: Date) => boolean {
  const [anyDay, anyWeekday] = [/^[*?]$/.test(day), /^[*?]$/.test(weekday)];
  const byDay = anyDay ? undefined : monthDays(day);
  const byWeekday = anyWeekday ? undefined : weekDays(weekday);
  if (byDay === undefined) return byWeekday ?? (() => true);
  return byWeekday === undefined ? byDay : (date) => byDay(date) || byWeekday(date);
}

function monthDays(text: string): (date: Date) => boolean {
  const items = text.split(',');
  const plain = items.filter((item) => item !== 'l').join(',');
  const days = plain === '' ? new Set<number>() : numbers(plain, DAY);
  const last = items.includes('l');
  return (date) => days.has(date.getUTCDate()) || (last && isLastWeek(date, 1));
}

function weekDays(text: string): (date: Date) => boolean {
  const tests = text.split(',').map((item): ((date: Date) => boolean) => {
    const nth = /^(\w+)#([1-5])$/.exec(item);
    if (nth !== null) {
      const day = oneOf(nth[1] ?? '', WEEKDAY) % 7;
      return (date) => date.getUTCDay() === day && Math.ceil(date.getUTCDate() / 7) === Number(nth[2]);
    }
    const last = /^l([0-7])$/.exec(item);
    if (last !== null) return (date) => date.getUTCDay() === Number(last[1]) % 7 && isLastWeek(date, 7);
    const days = numbers(item, WEEKDAY);
    return (date) => days.has(date.getUTCDay()) || (date.getUTCDay() === 0 && days.has(7));
  });
  return (date) => tests.some((test) => test(date));
}

/** Whether the month ends within so many days of this one, itself included. */
const isLastWeek = (date: Date, days: number): boolean => new Date(date.getTime() + days * DAY_MS).getUTCMonth() !== date.getUTCMonth();

/** The numbers of a field: `*`, `5`, `1-5`, `*` or a range with `/2`, `jan`, lists of these. */
function numbers(text: string, field: Field): Set<number> {
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(item) ?? [];
    const by = step === undefined ? 1 : Number(step);
    if (range === '' || by === 0) throw wrong(item, field);
    const [from, to] = bounds(range, field, step !== undefined);
    const span = to >= from ? to - from : to - from + (field.most - field.least + 1);
    const size = field.most - field.least + 1;
    for (let at = 0; at <= span; at += by) found.add(((from - field.least + at) % size) + field.least);
  }
  return found;
}

function bounds(range: string, field: Field, stepped: boolean): readonly [number, number] {
  const most = field === WEEKDAY ? 6 : field.most;
  if (range === '*' || range === '?') return [field.least, most];
  const dash = range.indexOf('-', 1);
  if (dash > 0) return [oneOf(range.slice(0, dash), field), oneOf(range.slice(dash + 1), field)];
  const one = oneOf(range, field);
  return [one, stepped ? most : one];
}

function oneOf(text: string, field: Field): number {
  const named = field.names?.indexOf(text.slice(0, 3)) ?? -1;
  if (named >= 0 && /^[a-z]+$/.test(text)) return named + field.least;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= field.least && value <= field.most)) throw wrong(text, field);
  return value;
}

const wrong = (text: string, { name, least, most }: Field): BadCron =>
  new BadCron(`${JSON.stringify(text)} is no ${name} of a cron rule (${least} to ${most})`);
