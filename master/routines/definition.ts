import { BadCron, parseCron } from '../../kernel/schedule/cron.ts';
import { isItem } from '../../kernel/schedule/item.ts';
import { type Timing, timingOf } from '../../kernel/schedule/timing.ts';
import { localZone, zoneOf } from '../../kernel/schedule/zone.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

export type RoutineKind = 'job' | 'runner' | 'plugin' | 'orchestrate';
/** What becomes of slots that passed while the master was down: none of them, one run for all of them, or each. */
export type CatchUp = 'skip' | 'once' | 'all';

/** A job of the master that comes again and again. Times are seconds. */
export interface Routine {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly kind: RoutineKind;
  /** The function of a job or runner; for `orchestrate` the SLS. */
  readonly fun: string;
  readonly target: string;
  readonly target_type: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly plugin: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** One of the two: a cron rule, or a number of seconds. */
  readonly cron: string | null;
  readonly interval: number | null;
  /** IANA, as `Europe/Berlin`; empty: that of the master's machine. */
  readonly timezone: string;
  readonly splay: number;
  readonly maxrunning: number;
  readonly catch_up: CatchUp;
  /** Whether the alert channels are told when a run fails. */
  readonly alerts: boolean;
  /** Seconds after which minions that stay silent are asked about a job; null: the master's `timeout`. */
  readonly timeout: number | null;
}

const NAME = /^[A-Za-z0-9_][\w .-]{0,99}$/;
const FUNCTION = /^[\w-]+(\.[\w-]+)+$/;
const KINDS: readonly RoutineKind[] = ['job', 'runner', 'plugin', 'orchestrate'];
const CATCH_UPS: readonly CatchUp[] = ['skip', 'once', 'all'];
const TEXT_MOST = 10_000;
const YEAR = 366 * 86_400;

/** The fields of a routine that were not given. */
export const DEFAULTS: Omit<Routine, 'name'> = {
  description: '',
  enabled: true,
  kind: 'job',
  fun: '',
  target: '*',
  target_type: 'glob',
  args: [],
  kwargs: {},
  plugin: '',
  parameters: {},
  cron: null,
  interval: null,
  timezone: '',
  splay: 0,
  maxrunning: 1,
  catch_up: 'once',
  alerts: true,
  timeout: null,
};

/**
 * A routine from unchecked fields; those that are undefined are taken from `before`.
 * @throws TsaltError `bad-routine` naming the field and what it must be
 */
export function readRoutine(given: Readonly<Record<string, unknown>>, before: Omit<Routine, 'name'> = DEFAULTS): Routine {
  const field = (key: string): unknown => given[key] ?? before[key as keyof typeof before];
  const name = String(given['name'] ?? '');
  if (!NAME.test(name)) throw bad('name', 'letters, digits, blanks and _.- are allowed, up to 100, the first no blank', given['name']);
  const routine: Routine = {
    name,
    description: text(field, 'description'),
    enabled: flag(field, 'enabled'),
    kind: oneOf(field, 'kind', KINDS),
    fun: text(field, 'fun'),
    target: text(field, 'target'),
    target_type: text(field, 'target_type'),
    args: list(field, 'args'),
    kwargs: map(field, 'kwargs'),
    plugin: text(field, 'plugin'),
    parameters: map(field, 'parameters'),
    ...times(given, before),
    timezone: text(field, 'timezone'),
    splay: whole(field, 'splay', 0, 86_400),
    maxrunning: whole(field, 'maxrunning', 1, 1000),
    catch_up: oneOf(field, 'catch_up', CATCH_UPS),
    alerts: flag(field, 'alerts'),
    timeout: field('timeout') === null ? null : whole(field, 'timeout', 1, YEAR),
  };
  checkCall(routine);
  timingOfRoutine(routine);
  return routine;
}

/** When it is due. @throws TsaltError `bad-routine` */
export function timingOfRoutine({ name, cron, interval, timezone }: Routine): Timing {
  const zone = timezone === '' ? localZone : zoneOf(timezone);
  if (zone === undefined) throw bad('timezone', 'a name as Europe/Berlin or UTC is required', timezone);
  if (interval !== null) {
    const timing = timingOf({ seconds: interval }, name, { pillar: undefined, grains: undefined });
    if (timing !== undefined) return timing;
  }
  try {
    const rule = parseCron(cron ?? '', zone);
    return { kind: 'cron', rule: `cron ${cron} ${timezone}`, next: (after) => rule.next(after) };
  } catch (error) {
    if (!(error instanceof BadCron)) throw error;
    throw bad('cron', messageOf(error), cron);
  }
}

/** One given without the other takes its place. */
function times(given: Readonly<Record<string, unknown>>, before: Pick<Routine, 'cron' | 'interval'>): Pick<Routine, 'cron' | 'interval'> {
  const isGiven = (key: string): boolean => given[key] !== undefined && given[key] !== null && given[key] !== '';
  const { cron, interval } = isGiven('cron') || isGiven('interval') ? given : before;
  if (isGiven('cron') && isGiven('interval')) throw bad('cron', 'give a cron rule or an interval, not both', cron);
  if (isGiven('cron') || (!isGiven('interval') && typeof cron === 'string' && cron !== '')) {
    if (typeof cron !== 'string' || cron.length > 200) throw bad('cron', 'a text of five fields, or six with seconds, is required', cron);
    return { cron, interval: null };
  }
  const seconds = asNumber(interval);
  if (seconds === undefined || !Number.isInteger(seconds) || seconds < 1 || seconds > YEAR)
    throw bad('interval', `a cron rule, or an interval of 1 to ${YEAR} seconds is required`, interval);
  return { cron: null, interval: seconds };
}

function checkCall({ kind, fun, plugin, target }: Routine): void {
  if ((kind === 'job' || kind === 'runner') && !FUNCTION.test(fun)) throw bad('fun', 'a function as state.apply is required', fun);
  if (kind === 'orchestrate' && fun === '') throw bad('fun', 'the SLS to orchestrate is required', fun);
  if (kind === 'plugin' && plugin === '') throw bad('plugin', 'the name of a plugin is required', plugin);
  if ((kind === 'job' || kind === 'plugin') && target === '') throw bad('target', 'say which minions', target);
}

type Field = (key: string) => unknown;

function text(field: Field, key: string): string {
  const value = field(key);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value.length > TEXT_MOST) throw bad(key, `a text of at most ${TEXT_MOST} characters is required`, value);
  return value;
}

function flag(field: Field, key: string): boolean {
  const value = field(key);
  if (typeof value !== 'boolean') throw bad(key, 'true or false is required', value);
  return value;
}

function list(field: Field, key: string): readonly unknown[] {
  const value = field(key);
  if (!Array.isArray(value)) throw bad(key, 'a list is required', value);
  return value;
}

function map(field: Field, key: string): Readonly<Record<string, unknown>> {
  const value = field(key);
  if (!isItem(value)) throw bad(key, 'a map is required', value);
  return value;
}

function oneOf<T extends string>(field: Field, key: string, words: readonly T[]): T {
  const found = words.find((word) => word === field(key));
  if (found === undefined) throw bad(key, `one of ${words.join(', ')} is required`, field(key));
  return found;
}

function whole(field: Field, key: string, least: number, most: number): number {
  const value = asNumber(field(key));
  if (value === undefined || !Number.isInteger(value) || value < least || value > most)
    throw bad(key, `a whole number from ${least} to ${most} is required`, field(key));
  return value;
}

const asNumber = (value: unknown): number | undefined =>
  typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : typeof value === 'number' ? value : undefined;

const bad = (key: string, why: string, got: unknown): TsaltError =>
  new TsaltError('bad-routine', `${key}: ${why}; got ${(JSON.stringify(got) ?? 'nothing').slice(0, 100)}`);
