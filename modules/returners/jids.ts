import type { Returnable } from '../define.ts';

/** A job as `jobs.list_jobs` shows it, of what a master saved of its publication. */
export function jobOfLoad(jid: string, load: unknown): Returnable {
  const field = (name: string, fallback: Returnable): Returnable =>
    (typeof load === 'object' && load !== null ? (load as Record<string, Returnable>)[name] : undefined) ?? fallback;
  return {
    Function: field('fun', 'unknown-function'),
    Arguments: field('arg', []),
    Target: field('tgt', 'unknown-target'),
    'Target-type': field('tgt_type', 'list'),
    User: field('user', 'root'),
    StartTime: startOf(jid),
  };
}

/** `20261124010203456789` is `2026, Nov 24 01:02:03.456789`. */
function startOf(jid: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})/.exec(jid);
  if (parts === null) return '';
  const [, year, month, day, hour, minute, second, micro] = parts;
  const name = new Date(2000, Number(month) - 1).toDateString().slice(4, 7);
  return `${year}, ${name} ${day} ${hour}:${minute}:${second}.${micro}`;
}
