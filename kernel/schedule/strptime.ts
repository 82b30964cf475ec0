/** Names in the C locale. */
export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;
export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** The format of times in schedules where none is named. */
export const ISO_FORMAT = '%Y-%m-%dT%H:%M:%S';

const COMPOUND: Readonly<Record<string, string>> = { T: '%H:%M:%S', R: '%H:%M', D: '%m/%d/%y', F: '%Y-%m-%d', c: '%a %b %d %H:%M:%S %Y' };
const short = (names: readonly string[]): string => names.map((name) => name.slice(0, 3)).join('|');
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  y: '\\d{2}',
  m: '1[0-2]|0?[1-9]',
  d: '3[01]|[12]\\d|0?[1-9]',
  H: '2[0-3]|[01]?\\d',
  I: '1[0-2]|0?[1-9]',
  M: '[0-5]?\\d',
  S: '6[01]|[0-5]?\\d',
  f: '\\d{1,6}',
  j: '36[0-6]|3[0-5]\\d|[12]\\d\\d|\\d{1,2}',
  p: 'am|pm',
  b: short(MONTHS),
  h: short(MONTHS),
  B: MONTHS.join('|'),
  a: short(WEEKDAYS),
  A: WEEKDAYS.join('|'),
  z: '[+-]\\d{2}:?\\d{2}|z',
  Z: 'utc|gmt|z',
};

/** A local time by the format of Python's `strptime`, in epoch ms; undefined when the text does not fit. */
export function strptime(text: string, format: string): number | undefined {
  const names: string[] = [];
  const pattern = patternOf(format, names);
  const found = pattern === undefined ? null : new RegExp(`^${pattern}$`, 'i').exec(text);
  if (found === null) return undefined;
  return timeOf(new Map(names.map((name, index) => [name, (found[index + 1] ?? '').toLowerCase()])));
}

function patternOf(format: string, names: string[]): string | undefined {
  let known = true;
  const whole = format.replace(/%([TRDFc])/g, (_all, letter: string) => COMPOUND[letter] ?? '');
  const pattern = whole.replace(/%(.)|\s+|[^%]/g, (piece, letter: string | undefined) => {
    if (letter === '%') return '%';
    if (letter === undefined) return /^\s/.test(piece) ? '\\s+' : piece.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    const directive = DIRECTIVES[letter];
    if (directive === undefined || names.includes(letter)) known = false;
    names.push(letter);
    return `(${directive ?? ''})`;
  });
  return known ? pattern : undefined;
}

function timeOf(found: ReadonlyMap<string, string>): number | undefined {
  const number = (name: string): number | undefined => (found.has(name) ? Number(found.get(name)) : undefined);
  const short = number('y');
  const year = number('Y') ?? (short === undefined ? 1900 : short + (short < 69 ? 2000 : 1900));
  const name = found.get('b') ?? found.get('h') ?? found.get('B');
  const month = name === undefined ? number('m') : MONTHS.findIndex((one) => one.startsWith(name.slice(0, 3))) + 1;
  const ofYear = number('j');
  const [m, d] = ofYear === undefined ? [month ?? 1, number('d') ?? 1] : [1, ofYear];
  const half = number('I');
  const hour = number('H') ?? (half === undefined ? 0 : (half % 12) + (found.get('p') === 'pm' ? 12 : 0));
  const ms = Math.floor(Number((found.get('f') ?? '').padEnd(3, '0').slice(0, 3)));
  const fields = [year, m - 1, d, hour, number('M') ?? 0, number('S') ?? 0, ms] as const;
  const zone = found.get('z') ?? found.get('Z');
  const date = zone === undefined ? new Date(...fields) : new Date(Date.UTC(...fields) - offsetMs(zone));
  const day = zone === undefined ? date.getDate() : d;
  return ofYear === undefined && day !== d ? undefined : date.getTime();
}

/** Of `+0130`, `-08:00`, `Z`, `UTC`. */
export function offsetMs(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
