import { MONTHS, offsetMs, WEEKDAYS } from './strptime.ts';

/** A time as people write it. What is left out (the year, the day) is filled in from the day on which it is asked. */
export interface Moment {
  readonly year?: number;
  /** From 1. */
  readonly month?: number;
  readonly day?: number;
  /** From Sunday, 0. */
  readonly weekday?: number;
  /** Milliseconds into the day. */
  readonly time: number;
  /** Milliseconds by which a zone named is ahead of UTC; absent: local time. */
  readonly offset?: number;
}

type Draft = { -readonly [K in keyof Moment]: Moment[K] } & { timed?: boolean };
/** Takes what the pattern found into the draft; false: it makes no sense there. */
type Take = (found: readonly (string | undefined)[], draft: Draft) => boolean;

const HOUR = 3_600_000;
const [MONTH_NAMES, DAY_NAMES] = [MONTHS, WEEKDAYS].map((names) => names.map((name) => name.slice(0, 3)).join('|'));
const index = (names: readonly string[], word: string | undefined): number =>
  names.findIndex((name) => name.startsWith((word ?? '').slice(0, 3)));

function setDate(draft: Draft, year: number | undefined, month: number, day: number | undefined): boolean {
  if (draft.month !== undefined || month < 1 || month > 12) return false;
  if (day !== undefined && (day < 1 || day > 31)) return false;
  draft.month = month;
  if (day !== undefined) draft.day = day;
  if (year !== undefined) draft.year = year < 100 ? year + (year < 69 ? 2000 : 1900) : year;
  return true;
}

function setTime(draft: Draft, hours: string | undefined, minutes = '0', seconds = '0', half?: string): boolean {
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  if (draft.timed === true || minute > 59 || second > 59 || hour > (half === undefined ? 23 : 12)) return false;
  const shifted = half === undefined ? hour : (hour % 12) + (half.startsWith('p') ? 12 : 0);
  draft.timed = true;
  draft.time = shifted * HOUR + minute * 60_000 + Math.floor(second * 1000);
  return true;
}

/** A number alone: the day of the month, or the year when it has four digits or the day is known. */
function setNumber(draft: Draft, text: string): boolean {
  const value = Number(text);
  if (draft.day === undefined && text.length <= 2 && value >= 1 && value <= 31) draft.day = value;
  else if (draft.year === undefined && (text.length === 4 || text.length === 2)) draft.year = text.length === 2 ? 2000 + value : value;
  else return false;
  return true;
}

/** Tried in order at the place where the last one ended. Of two numbers in a date the first is the month if it can be. */
const PATTERNS: readonly (readonly [RegExp, Take])[] = [
  [/^(\d{4})-?(\d{2})-?(\d{2})(?=$|[t ])/, ([, y, m, d], draft) => setDate(draft, Number(y), Number(m), Number(d))],
  [/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})/, ([, y, m, d], draft) => setDate(draft, Number(y), Number(m), Number(d))],
  [
    /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/,
    ([, a, , b, y], draft) =>
      Number(a) > 12 ? setDate(draft, Number(y), Number(b), Number(a)) : setDate(draft, Number(y), Number(a), Number(b)),
  ],
  [
    /^(\d{1,2})[-/](\d{1,2})(?![\d:])/,
    ([, a, b], draft) =>
      Number(a) > 12 ? setDate(draft, undefined, Number(b), Number(a)) : setDate(draft, undefined, Number(a), Number(b)),
  ],
  [
    /^t?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:[.,]\d+)?))?(?:\s*([ap])\.?m?\.?(?![a-z]))?/,
    ([, h, m, s, half], draft) => setTime(draft, h, m, s?.replace(',', '.'), half),
  ],
  [/^(\d{1,2})\s*([ap])\.?m\.?(?![a-z])/, ([, h, half], draft) => setTime(draft, h, '0', '0', half)],
  [/^t(\d{2})(\d{2})(\d{2})?(?!\d)/, ([, h, m, s], draft) => setTime(draft, h, m, s)],
  [/^(\d{1,2})\s*h(?:(?:ours?)?\s*(\d{1,2})\s*m?(?:in(?:utes?)?)?)?(?![a-z])/, ([, h, m], draft) => setTime(draft, h, m)],
  [
    /^(?:z|utc|gmt|[+-]\d{2}:?\d{2})(?![a-z0-9])/,
    ([zone], draft) => {
      if (draft.timed !== true) return false;
      draft.offset = offsetMs(zone ?? '');
      return true;
    },
  ],
  [new RegExp(`^(${MONTH_NAMES})[a-z]*\\.?`), ([, name], draft) => setDate(draft, undefined, index(MONTHS, name) + 1, undefined)],
  [
    new RegExp(`^(${DAY_NAMES})[a-z]*\\.?`),
    ([, name], draft) => {
      draft.weekday = index(WEEKDAYS, name);
      return true;
    },
  ],
  [/^(\d{4}|\d{1,2})(?:st|nd|rd|th)?(?![\da-z:])/, ([, number], draft) => setNumber(draft, number ?? '')],
  [/^(?:\s+|[,;.]|(?:at|on|and|of|t)(?![a-z]))/, () => true],
];

/** `5:00pm`, `Monday 5:00am`, `11/01/2027 9:00am`, `2027-01-31T12:00:00`, ...; undefined when it is no time. */
export function readMoment(text: string): Moment | undefined {
  const draft: Draft = { time: 0 };
  let rest = text.trim().toLowerCase();
  if (rest === '') return undefined;
  while (rest !== '') {
    const taken = PATTERNS.map(([pattern, take]) => ({ found: pattern.exec(rest), take })).find(
      ({ found, take }) => found !== null && take(found, draft),
    );
    if (taken?.found === undefined || taken.found === null || taken.found[0] === '') return undefined;
    rest = rest.slice(taken.found[0].length);
  }
  const { timed: _timed, ...moment } = draft;
  return moment.month === undefined || moment.day === undefined || isDay(moment.year ?? 2024, moment.month, moment.day)
    ? moment
    : undefined;
}

const isDay = (year: number, month: number, day: number): boolean => new Date(year, month - 1, day).getMonth() === month - 1;

/** When that is (epoch ms), for one who asks at `now`: today, if it says nothing else; a weekday is the one that comes, or today. */
export function resolveMoment(moment: Moment, now: number): number {
  const today = new Date(now);
  const [year, month] = [moment.year ?? today.getFullYear(), (moment.month ?? today.getMonth() + 1) - 1];
  const longest = new Date(year, month + 1, 0).getDate();
  const day = Math.min(moment.day ?? today.getDate(), longest);
  const weekday = new Date(year, month, day).getDay();
  const ahead = moment.weekday === undefined || moment.day !== undefined ? 0 : (moment.weekday - weekday + 7) % 7;
  if (moment.offset !== undefined) return Date.UTC(year, month, day + ahead) + moment.time - moment.offset;
  return new Date(year, month, day + ahead, 0, 0, 0, moment.time).getTime();
}

const DAYS_AHEAD = 4 * 366 + 1;

/** The first time after `after` that it names; undefined when that is over for good. */
export function nextMoment(moment: Moment, after: number): number | undefined {
  const start = new Date(after);
  const days = moment.year === undefined ? DAYS_AHEAD : 1;
  for (let ahead = 0; ahead < days; ahead += 1) {
    const asked = new Date(start.getFullYear(), start.getMonth(), start.getDate() + ahead).getTime();
    const found = resolveMoment(moment, asked);
    if (found > after && (moment.day === undefined || moment.offset !== undefined || new Date(found).getDate() === moment.day))
      return found;
  }
  return undefined;
}
