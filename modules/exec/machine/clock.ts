import { CallRefused, CommandFailed, type Ctx, call } from '../../define.ts';
import { execute } from './commands.ts';

/** A time as people read it, in the zone of the machine or at an offset from UTC. */
interface Wall {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Minutes of an offset such as `-0500`. */
function minutesOf(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])?(\d\d)(\d\d)$/.exec(offset) ?? [];
  if (hours === undefined) throw new CallRefused('Invalid UTC offset');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function wallNow(offset: string | undefined): Wall {
  const now = new Date();
  const minutes = offset === undefined ? -now.getTimezoneOffset() : minutesOf(offset);
  const there = new Date(now.getTime() + minutes * 60_000);
  return {
    years: there.getUTCFullYear(),
    months: there.getUTCMonth() + 1,
    days: there.getUTCDate(),
    hours: there.getUTCHours(),
    minutes: there.getUTCMinutes(),
    seconds: there.getUTCSeconds(),
  };
}

const two = (value: number): string => String(value).padStart(2, '0');
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const timeText = ({ hours, minutes, seconds }: Wall): string =>
  `${two(hours % 12 || 12)}:${two(minutes)}:${two(seconds)} ${hours < 12 ? 'AM' : 'PM'}`;
const dateText = ({ years, months, days }: Wall): string =>
  `${WEEKDAYS[new Date(Date.UTC(years, months - 1, days)).getUTCDay()]} ${two(months)}/${two(days)}/${years}`;

/** `hh:mm`, `hh:mm:ss`, either with AM or PM behind it. */
function parseTime(text: string): Pick<Wall, 'hours' | 'minutes' | 'seconds'> | undefined {
  const [, hours = '', minutes, seconds, half] = /^\s*(\d\d?):(\d\d?)(?::(\d\d?))?(?:\s+([AP]M))?\s*$/i.exec(text) ?? [];
  const hour = Number(hours);
  if (minutes === undefined || Number(minutes) > 59 || Number(seconds ?? 0) > 61) return undefined;
  if (half === undefined ? hour > 23 : hour < 1 || hour > 12) return undefined;
  const isLate = half?.toUpperCase() === 'PM';
  return { hours: half === undefined ? hour : (hour % 12) + (isLate ? 12 : 0), minutes: Number(minutes), seconds: Number(seconds ?? 0) };
}

/** `2024-01-31`, `01-31-2024`, `01-31-24`, and the same with slashes. */
function parseDate(text: string): Pick<Wall, 'years' | 'months' | 'days'> {
  const [, first, second, third] = /^(\d+)[-/](\d\d?)[-/](\d+)$/.exec(text) ?? [];
  const isUniform = /^\d+-\d+-\d+$|^\d+\/\d+\/\d+$/.test(text);
  const isIso = first?.length === 4;
  const [years = '', months, days] = isIso ? [first, second, third] : [third, first, second];
  const year = years.length === 4 ? Number(years) : years.length === 2 ? Number(years) + (Number(years) < 69 ? 2000 : 1900) : Number.NaN;
  const made = { years: year, months: Number(months), days: Number(days) };
  if (!isUniform || !isDay(made)) throw new CallRefused('Invalid date format');
  return made;
}

const isDay = ({ years, months, days }: Pick<Wall, 'years' | 'months' | 'days'>): boolean => {
  const date = new Date(Date.UTC(years, months - 1, days));
  return date.getUTCMonth() === months - 1 && date.getUTCDate() === days;
};

/** Sets the clock by date(1), and the hardware clock by it where there is one. */
async function set(ctx: Ctx, change: Partial<Wall>, offset: string | undefined): Promise<true> {
  const wall = { ...wallNow(offset), ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) } as Wall;
  if (!isDay(wall) || wall.hours > 23 || wall.minutes > 59 || wall.seconds > 59)
    throw new CallRefused(`There is no such time: ${JSON.stringify(wall)}`);
  const minutes = offset === undefined ? 0 : minutesOf(offset);
  const at = new Date(Date.UTC(wall.years, wall.months - 1, wall.days, wall.hours, wall.minutes - minutes, wall.seconds));
  const [year, month, day] = [at.getUTCFullYear(), two(at.getUTCMonth() + 1), two(at.getUTCDate())];
  const word = `${month}${day}${two(at.getUTCHours())}${two(at.getUTCMinutes())}${year}.${two(at.getUTCSeconds())}`;
  const { retcode, stderr } = await execute(ctx, ['date', ...(offset === undefined ? [] : ['-u']), word]);
  if (retcode !== 0) throw new CommandFailed(`date failed: ${stderr}`);
  if (await hasHardwareClock(ctx)) {
    const kept = await execute(ctx, ['hwclock', '--systohc']);
    if (kept.retcode !== 0) ctx.log.warn(`hwclock did not take the time: ${kept.stderr}`);
  }
  return true;
}

async function hasHardwareClock(ctx: Ctx): Promise<boolean> {
  if (ctx.host.which('hwclock') === undefined) return false;
  return (await execute(ctx, ['hwclock', '--test', '--systohc'], { output_loglevel: 'quiet', ignore_retcode: true })).retcode === 0;
}

const utc_offset = { type: 'string', doc: 'at this offset from UTC: `-0500`' } as const;
const part = (doc: string) => ({ type: 'number', doc }) as const;

export const clock = {
  has_settable_hwclock: call({
    doc: 'Whether there is a hardware clock that can be set.',
    examples: ["tsalt '*' system.has_settable_hwclock"],
    args: {},
    changes: false,
    run: (ctx) => hasHardwareClock(ctx),
  }),
  get_system_time: call({
    doc: 'The time: `03:04:05 PM`.',
    examples: [`tsalt '*' system.get_system_time utc_offset="'-0500'"`],
    args: { utc_offset },
    changes: false,
    run: (_ctx, args) => timeText(wallNow(args.utc_offset)),
  }),
  get_system_date: call({
    doc: 'The date: `Tue 01/02/2024`.',
    examples: ["tsalt '*' system.get_system_date"],
    args: { utc_offset },
    changes: false,
    run: (_ctx, args) => dateText(wallNow(args.utc_offset)),
  }),
  get_system_date_time: call({
    doc: 'Date and time: `2024-01-02 15:04:05`.',
    examples: [`tsalt '*' system.get_system_date_time "'-0500'"`],
    args: { utc_offset },
    changes: false,
    run(_ctx, args) {
      const { years, months, days, hours, minutes, seconds } = wallNow(args.utc_offset);
      return `${years}-${two(months)}-${two(days)} ${two(hours)}:${two(minutes)}:${two(seconds)}`;
    },
  }),
  set_system_time: call({
    doc: 'Set the time; False if it is none.',
    examples: ["tsalt '*' system.set_system_time '11:20'"],
    args: { newtime: { type: 'string', required: true, doc: '`15:04`, `15:04:05`, `03:04 PM`, `03:04:05 PM`' }, utc_offset },
    changes: true,
    run(ctx, args): Promise<true> | false {
      const time = parseTime(args.newtime);
      return time === undefined ? false : set(ctx, time, args.utc_offset);
    },
  }),
  set_system_date: call({
    doc: 'Set the date.',
    examples: ["tsalt '*' system.set_system_date '03-28-13'"],
    args: { newdate: { type: 'string', required: true, doc: '`2024-01-31`, `01-31-2024`, `01/31/24`, ...' }, utc_offset },
    changes: true,
    run: (ctx, args) => set(ctx, parseDate(args.newdate), args.utc_offset),
  }),
  set_system_date_time: call({
    doc: 'Set those parts of date and time that are told.',
    examples: [`tsalt '*' system.set_system_date_time 2015 5 12 11 37 53 "'-0500'"`],
    args: {
      years: part('the year'),
      months: part('1-12'),
      days: part('1-31'),
      hours: part('0-23'),
      minutes: part('0-59'),
      seconds: part('0-59'),
      utc_offset,
    },
    changes: true,
    run: (ctx, { utc_offset: offset, ...parts }) => set(ctx, parts as Partial<Wall>, offset),
  }),
};
