import { readMoment } from '../../../kernel/schedule/moment.ts';
import { CallRefused, type Returnable } from '../../../modules/define.ts';
import { isTree, type Tree } from '../path.ts';

const UNITS = ['seconds', 'minutes', 'hours', 'days'];
const COPIED = [
  'range',
  'when',
  'once',
  'once_fmt',
  'cron',
  'returner',
  'after',
  'return_config',
  'return_kwargs',
  'until',
  'run_on_start',
  'skip_during_range',
  'run_after_skip_range',
  'catchup',
  'retention',
];
const CATCHUPS = ['none', 'one', 'all'];

/** What `schedule.add` and its kin answer when an entry cannot be made of what was given. */
export interface Refusal {
  readonly comment: string;
  readonly result: false;
}
export const isRefusal = (built: Tree | Refusal): built is Refusal => built['result'] === false;
const refuse = (comment: string): Refusal => ({ comment, result: false });

/** Times of two kinds in one entry; undefined when there is none. */
export function conflictOf(given: Tree): 'time' | 'when' | undefined {
  if (UNITS.some((unit) => unit in given) && ('when' in given || 'cron' in given)) return 'time';
  return 'when' in given && 'cron' in given ? 'when' : undefined;
}
export const WHEN_AND_CRON = 'Unable to use "when" and "cron" options together.  Ignoring.';

/** An entry as `schedule.build_schedule_item` makes it of keyword arguments. @throws CallRefused without a function */
export function buildItem(name: string, given: Tree): Tree | Refusal {
  if (name === '') return refuse('Job name is required.');
  if (given['function'] === undefined) throw new CallRefused('function is missing: the function that the job runs');
  const conflict = conflictOf(given);
  if (conflict === 'time') return refuse('Unable to use "seconds", "minutes", "hours", or "days" with "when" or "cron" options.');
  if (conflict === 'when') return refuse(WHEN_AND_CRON);
  const item: Record<string, Returnable> = { function: given['function'] };
  for (const key of [...UNITS, 'return_job', 'metadata']) copy(given, item, key);
  const fault = takeArguments(given, item) ?? faultOf(given);
  if (fault !== undefined) return refuse(fault);
  item['maxrunning'] = given['maxrunning'] ?? 1;
  item['name'] = given['name'] ?? name;
  item['enabled'] = given['enabled'] ?? true;
  item['jid_include'] = given['jid_include'] ?? true;
  const splay = given['splay'];
  if (splay !== undefined) item['splay'] = isTree(splay) ? { start: splay['start'] ?? null, end: splay['end'] ?? null } : splay;
  for (const key of COPIED) copy(given, item, key);
  return item;
}

function copy(given: Tree, item: Record<string, Returnable>, key: string): void {
  const value = given[key];
  if (value !== undefined) item[key] = value;
}

function takeArguments(given: Tree, item: Record<string, Returnable>): string | undefined {
  const { job_args: args, job_kwargs: kwargs } = given;
  if (args !== undefined && !Array.isArray(args)) return 'job_args is not a list. please correct and try again.';
  if (args !== undefined) item['args'] = args;
  if (kwargs !== undefined && !isTree(kwargs)) return 'job_kwargs is not a dict. please correct and try again.';
  if (kwargs !== undefined) item['kwargs'] = kwargs;
  return undefined;
}

function faultOf(given: Tree): string | undefined {
  const { when, catchup } = given;
  const texts = when === undefined ? [] : Array.isArray(when) ? when : [when];
  const wrong = texts.find((text) => readMoment(String(text)) === undefined);
  if (wrong !== undefined) return `Schedule item ${String(wrong)} for "when" in invalid.`;
  if (catchup !== undefined && !CATCHUPS.includes(String(catchup))) return `catchup is one of ${CATCHUPS.join(', ')}.`;
  return undefined;
}
