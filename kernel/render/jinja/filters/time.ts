import { str } from '../../python/repr.ts';
import { isNumeric, PythonError, toNumber, type Value } from '../../python/value.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const two = (value: number): string => String(value).padStart(2, '0');

const FIELDS: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  A: (date) => DAYS[date.getDay()] ?? '',
  a: (date) => (DAYS[date.getDay()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getMonth()] ?? '',
  b: (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3),
  j: (date) =>
    String(
      Math.floor((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000) + 1,
    ).padStart(3, '0'),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  f: (date) => `${String(date.getMilliseconds()).padStart(3, '0')}000`,
  w: (date) => String(date.getDay()),
  u: (date) => String(date.getDay() || 7),
  F: (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  T: (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
  Z: () => '',
  z: () => '',
  '%': () => '%',
};

/** A time (epoch seconds, an ISO text, `now`, nothing) by a format, in local time. */
export function strftime(value: Value, format: Value | undefined): string {
  const date = dateOf(value);
  return str(format ?? '%Y-%m-%d').replace(/%([a-zA-Z%])/g, (all, letter: string) => FIELDS[letter]?.(date) ?? all);
}

function dateOf(value: Value): Date {
  if (value === null || value === '' || value === 'now') return new Date();
  const date = isNumeric(value)
    ? new Date(toNumber(value) * 1000)
    : /^\d+$/.test(str(value))
      ? new Date(Number(value) * 1000)
      : new Date(str(value));
  if (Number.isNaN(date.getTime())) throw new PythonError('ValueError', `not a time: ${str(value)}`);
  return date;
}
