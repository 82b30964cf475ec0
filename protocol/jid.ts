import { TsaltError } from './errors.ts';

/** A job id: 20 digits, `YYYYMMDDhhmmssffffff` in UTC, optionally followed by `_` and a number (Salt's `unique_jid`). */
export type Jid = string & { readonly brand: 'jid' };

const FORM = /^\d{20}(_\d{1,10})?$/;

export const isJid = (text: unknown): text is Jid => typeof text === 'string' && FORM.test(text);

/** @throws TsaltError `bad-jid` when `text` is not a job id. */
export function jid(text: unknown): Jid {
  if (!isJid(text)) throw new TsaltError('bad-jid', `not a job id: ${JSON.stringify(text)?.slice(0, 60)} (20 digits were expected)`);
  return text;
}

let last = 0n;

/** A new id from the clock, in microseconds, never the same twice and never going back within this process. */
export function newJid(now: Date = new Date()): Jid {
  const micros = BigInt(now.getTime()) * 1000n + BigInt(Math.floor((performance.now() % 1) * 1000));
  last = micros > last ? micros : last + 1n;
  const date = new Date(Number(last / 1000n));
  const stamp = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return `${stamp}${String(last % 1_000_000n).padStart(6, '0')}` as Jid;
}

/** The time a job id was made, to the millisecond. */
export function jidDate(id: Jid): Date {
  const part = (from: number, to: number): number => Number(id.slice(from, to));
  return new Date(
    Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14), Math.floor(part(14, 20) / 1000)),
  );
}

/** As Salt prints a job's start: `2026, Nov 23 23:48:34.706075` (UTC). */
export function jidStartTime(id: Jid): string {
  const month = jidDate(id).toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  return `${id.slice(0, 4)}, ${month} ${id.slice(6, 8)} ${id.slice(8, 10)}:${id.slice(10, 12)}:${id.slice(12, 14)}.${id.slice(14, 20)}`;
}
