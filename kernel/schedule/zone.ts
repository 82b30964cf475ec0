/** How a place counts its days. Times are epoch milliseconds; days are those of the calendar, as midnight in UTC. */
export interface Zone {
  /** The day of the calendar it is then. */
  day(at: number): number;
  /** The minute of the hour it is then. */
  minute(at: number): number;
  /**
   * When a clock there shows this time of that day. A time that daylight saving leaves out comes an hour later, one that
   * it repeats is the first of the two.
   */
  at(day: number, hour: number, minute: number, second: number): number;
}

const DAY_MS = 86_400_000;
/** No zone changes its clock in between: changes are at full quarters of an hour. */
const QUARTER_MS = 900_000;
const MOST_KNOWN = 20_000;

/** That of this machine (`TZ`). */
export const localZone: Zone = {
  day: (at) => {
    const date = new Date(at);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  },
  minute: (at) => new Date(at).getMinutes(),
  at: (day, hour, minute, second) => {
    const date = new Date(day);
    return new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), hour, minute, second).getTime();
  },
};

/** The zone of a name of the IANA data base, as `Europe/Berlin` or `UTC`; undefined when this machine knows none of it. */
export function zoneOf(name: string): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined; // a RangeError: no such zone
  }
  const known = new Map<number, number>();
  /** What its clocks are ahead of UTC then, in ms. */
  const offset = (at: number): number => {
    const quarter = Math.floor(at / QUARTER_MS);
    const found = known.get(quarter) ?? offsetBy(format, quarter * QUARTER_MS);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(quarter, found);
    return found;
  };
  const shown = (at: number): number => at + offset(at);
  return {
    day: (at) => Math.floor(shown(at) / DAY_MS) * DAY_MS,
    minute: (at) => new Date(shown(at)).getUTCMinutes(),
    at: (day, hour, minute, second) => {
      const wanted = day + ((hour * 60 + minute) * 60 + second) * 1000;
      const [before, after] = [wanted - offset(wanted - DAY_MS), wanted - offset(wanted + DAY_MS)];
      return shown(before) !== wanted && shown(after) === wanted ? after : before;
    },
  };
}

function offsetBy(format: Intl.DateTimeFormat, at: number): number {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - at;
}
