import { strftime } from '../../../kernel/render/jinja/filters/time.ts';
import { GLOBAL_KEYS, type Item, isItem, wholeNumber } from '../../../kernel/schedule/item.ts';
import { ISO_FORMAT } from '../../../kernel/schedule/strptime.ts';
import type { Returnable } from '../../../modules/define.ts';
import type { SchedulePort } from '../../duties/schedule/open.ts';
import { isInternal } from '../../duties/schedule/settings.ts';
import type { Tree } from '../path.ts';

/** The keys of an entry that a listing shows: those of Salt, and `catchup` and `retention`. */
const SHOWN = new Set(
  `name maxrunning function splay range when once once_fmt returner jid_include args kwargs seconds minutes hours days enabled return_job
  metadata cron until after return_config return_kwargs run_on_start skip_during_range run_after_skip_range catchup retention`.split(/\s+/),
);

export interface ListWish {
  /** The agent's own entries, too. */
  readonly all: boolean;
  readonly disabled: boolean;
  readonly where?: 'pillar' | 'opts' | undefined;
  /** The saved file, whatever the daemon has. */
  readonly offline: boolean;
}

/** The entries as `schedule.list` shows them, by name. Keys for all of them (`enabled`, ...) stay as they are. */
export function listed(port: SchedulePort, { all, disabled, where, offline }: ListWish): Record<string, Returnable> {
  const { settings } = port;
  const source = offline ? settings.saved : where === 'pillar' ? settings.pillar : where === 'opts' ? settings.own : settings.all;
  const found: Record<string, Returnable> = Object.create(null);
  for (const [name, item] of Object.entries(source)) {
    if (GLOBAL_KEYS.has(name)) found[name] = item as Returnable;
    else if (isItem(item) && (all || !isInternal(name))) {
      const shown = shownItem(offline ? item : evaluated(port, name, item));
      if (disabled || shown['enabled'] === true) found[name] = shown;
    }
  }
  return found;
}

function shownItem(item: Item): Tree {
  const shown: Record<string, Returnable> = Object.create(null);
  for (const [key, value] of Object.entries({ ...item, enabled: item['enabled'] ?? true }))
    if (SHOWN.has(key) && value !== null && value !== undefined) shown[key] = asBoolean(value as Returnable);
  return shown;
}

const asBoolean = (value: Returnable): Returnable => (value === 'true' ? true : value === 'false' ? false : value);

/** An entry with what the scheduler of Salt writes into it while it looks at it. */
function evaluated({ settings, scheduler }: SchedulePort, name: string, item: Item): Item {
  const standing = scheduler.standing(name);
  const ran = standing?.lastRun !== undefined || standing?.skipped?.reason === 'maxrunning';
  const counts = ran && item['jid_include'] !== false ? { jid_include: true, maxrunning: wholeNumber(item['maxrunning']) ?? 1 } : {};
  const splay = item['splay'] ?? settings.all['splay'] ?? null;
  return { ...item, name: item['name'] ?? name, splay, ...counts };
}

/** An entry and how it stands, as `schedule.job_status` shows it; empty when there is none. */
export function statusOf(port: SchedulePort, name: string, format: string): Tree {
  const item = port.settings.all[name];
  const standing = port.scheduler.standing(name);
  if (!isItem(item) || standing === undefined) return {};
  const time = (at: number | undefined): Returnable => (at === undefined ? null : strftime(at / 1000, format));
  const { next, splayed, step, lastRun, skipped, error } = standing;
  return {
    ...(evaluated(port, name, item) as Tree),
    _next_fire_time: time(next),
    _splay: time(splayed),
    _run_on_start: false,
    ...(step === undefined ? {} : { _seconds: step / 1000 }),
    ...(lastRun === undefined ? {} : { _last_run: time(lastRun), run: skipped?.reason !== 'maxrunning' }),
    ...(skipped === undefined ? {} : { _skip_reason: skipped.reason, _skipped: true, _skipped_time: time(skipped.at) }),
    ...(error === undefined ? {} : { _error: error }),
  };
}

/** When an entry is due next, as `schedule.show_next_fire_time` writes it. */
export const nextFireTime = ({ scheduler }: SchedulePort, name: string): Returnable => {
  const next = scheduler.standing(name)?.next;
  return next === undefined ? null : strftime(next / 1000, ISO_FORMAT);
};
