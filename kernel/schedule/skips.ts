import { BadItem, type Item, isItem } from './item.ts';
import { readMoment, resolveMoment } from './moment.ts';
import { explicitTimes } from './timing.ts';

/** Why a slot is let pass, in the words that `schedule.job_status` shows. */
export type SkipReason =
  | 'disabled'
  | 'not_in_range'
  | 'in_skip_range'
  | 'skip_explicit'
  | 'until_passed'
  | 'after_not_passed'
  | 'maxrunning';

/** What stands against a run; `replaceable`: `skip_function` is run in its place where there is one. */
export interface Skip {
  readonly reason: SkipReason;
  readonly replaceable: boolean;
}

/** A slot counts as the one that `skip_explicit` names when it lies so close behind it. */
const SKIP_MS = 1000;

/**
 * What stands against running `item` at `now` for its slot at `slot`: its ranges, bounds and skipped times, and the
 * range that all entries skip.
 * @throws BadItem when what it says makes no sense
 */
export function skipOf(item: Item, name: string, slot: number, now: number, forAll: Item): Skip | undefined {
  const skipped = item['skip_during_range'] ?? forAll['skip_during_range'];
  if ('range' in item && isOutside(item['range'], name, now)) {
    const inverted = isItem(item['range']) && item['range']['invert'] === true;
    return { reason: inverted ? 'in_skip_range' : 'not_in_range', replaceable: !inverted };
  }
  if (skipped && isWithin(skipped, name, now)) return { reason: 'in_skip_range', replaceable: true };
  if (explicitTimes(item['skip_explicit']).some((at) => slot >= at && slot <= at + SKIP_MS))
    return { reason: 'skip_explicit', replaceable: true };
  if ('until' in item && timeOf(item['until'], 'until', name, now) <= now) return { reason: 'until_passed', replaceable: false };
  if ('after' in item && timeOf(item['after'], 'after', name, now) >= now) return { reason: 'after_not_passed', replaceable: false };
  return undefined;
}

function isOutside(range: unknown, name: string, now: number): boolean {
  const [start, end] = boundsOf(range, 'Invalid date string for', '', name, now);
  const inverted = isItem(range) && range['invert'] === true;
  return inverted ? now > start && now < end : now < start || now > end;
}

function isWithin(range: unknown, name: string, now: number): boolean {
  const [start, end] = boundsOf(range, 'Invalid date string for', ' in skip_during_range', name, now);
  return now >= start && now <= end;
}

function boundsOf(range: unknown, complaint: string, where: string, name: string, now: number): readonly [number, number] {
  if (!isItem(range)) throw new BadItem(`schedule.handle_func: Invalid, range must be specified as a dictionary. Ignoring job ${name}.`);
  const bound = (key: 'start' | 'end'): number => {
    const moment = readMoment(String(range[key]));
    if (moment === undefined) throw new BadItem(`${complaint} ${key}${where}. Ignoring job ${name}.`);
    return resolveMoment(moment, now);
  };
  const [start, end] = [bound('start'), bound('end')];
  if (end <= start) throw new BadItem(`schedule.handle_func: Invalid range, end must be larger than start. Ignoring job ${name}.`);
  return [start, end];
}

function timeOf(text: unknown, key: string, name: string, now: number): number {
  const moment = readMoment(String(text));
  if (moment === undefined) throw new BadItem(`Invalid date string for ${key}. Ignoring job ${name}.`);
  return resolveMoment(moment, now);
}
