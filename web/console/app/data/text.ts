/** How values are written for people. */
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false });

/** With date, time and time zone. */
export const whole = (iso: string): string => (Number.isNaN(Date.parse(iso)) ? iso : WHOLE.format(new Date(iso)));

/** Today's as a clock, others as day and time. */
export function short(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return at.toDateString() === new Date().toDateString() ? CLOCK.format(at) : DAY.format(at);
}

/** `5 s`, `3 min`, `2 h`, `4 d` */
export function lasting(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

export const counted = (n: number): string => n.toLocaleString('en');

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const i = Math.min(units.length, Math.floor(Math.log2(n) / 10));
  return `${(n / 1024 ** i).toFixed(1)} ${units[i - 1] ?? ''}`;
}

/** A target's expression in one line. */
export const expressionOf = (target: unknown): string =>
  Array.isArray(target) ? target.join(',') : typeof target === 'object' && target !== null ? JSON.stringify(target) : String(target ?? '');

/** A call's function and arguments in one line, as a person would have typed it. */
export function callOf(fun: string | readonly string[], args: readonly unknown[] = []): string {
  const words = args.flatMap((arg) => {
    if (typeof arg === 'object' && arg !== null && !Array.isArray(arg) && '__kwarg__' in arg)
      return Object.entries(arg)
        .filter(([name]) => name !== '__kwarg__' && name !== 'state_events')
        .map(([name, value]) => `${name}=${wordOf(value)}`);
    return [wordOf(arg)];
  });
  return [Array.isArray(fun) ? fun.join(',') : fun, ...words].join(' ');
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
