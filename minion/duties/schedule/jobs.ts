import { type Item, isItem } from '../../../kernel/schedule/item.ts';
import type { DueJob } from '../../../kernel/schedule/scheduler.ts';
import { newJid } from '../../../protocol/jid.ts';
import type { Message } from '../../../protocol/suites/suite.ts';
import { type Publication, readPublication } from '../../listen/publication.ts';
import { ctime } from '../start.ts';

/**
 * A due entry as a job of this minion: it is run, shown by `saltutil.running` and handed to returners as one that a
 * master published. `allReturners`: `schedule_returner`.
 * @throws BadFrame when it names no function that could be one
 */
export function publicationOf(id: string, { label, item, funs }: DueJob, allReturners: unknown): Publication {
  const several = funs.length > 1;
  const args = listOf(item['args']);
  const kwargs = isItem(item['kwargs']) ? [{ ...item['kwargs'], __kwarg__: true }] : [];
  const names = [...new Set([...listOf(item['returner']), ...listOf(allReturners)].map(String))];
  return readPublication({
    fun: several ? funs : (funs[0] ?? ''),
    arg: several ? funs.map((_, index) => [...listOf(args[index]), ...kwargs]) : [...args, ...kwargs],
    tgt: id,
    tgt_type: 'glob',
    jid: newJid(),
    ret: names.join(','),
    user: 'root',
    schedule: label,
    ...(typeof item['return_config'] === 'string' ? { ret_config: item['return_config'] } : {}),
    ...(isItem(item['return_kwargs']) ? { ret_kwargs: item['return_kwargs'] } : {}),
    ...(isItem(item['metadata']) ? { metadata: { ...item['metadata'], ...stamps(new Date()) } } : {}),
  });
}

/**
 * The return of a scheduled job as a master is told it; undefined when none shall be (`return_job: False`).
 * `unasked` is the word in place of the job id under which Salt's masters take a return that nobody asked for; with a
 * returner it goes out under its own id. It does not travel, see `forSuite`.
 */
export function scheduledLoad(load: Message, { label, item }: DueJob, job: Publication): Message | undefined {
  const wanted = item['return_job'];
  if (wanted === false) return undefined;
  const unasked = wanted === 'nocache' ? 'nocache' : job.returners.length > 0 ? undefined : 'req';
  return {
    ...load,
    fun_args: plainArguments(load['fun_args']),
    schedule: label,
    pid: process.pid,
    ...(typeof item['retention'] === 'string' ? { retention: item['retention'] } : {}),
    ...(unasked === undefined ? {} : { unasked }),
  };
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** Without the mark of keyword arguments, as Salt's scheduler lists them. */
function plainArguments(args: unknown): unknown {
  if (!Array.isArray(args)) return args;
  return args.map((arg): unknown => {
    if (Array.isArray(arg)) return plainArguments(arg);
    if (!isItem(arg) || arg['__kwarg__'] !== true) return arg;
    const { __kwarg__: _mark, ...kwargs } = arg;
    return kwargs;
  });
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** What Salt adds to the metadata of scheduled jobs: the offset from UTC, the local time, the time in UTC. */
function stamps(now: Date): Item {
  const minutes = -now.getTimezoneOffset();
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`;
  const day = now.toUTCString().slice(0, 3);
  const utc = `${now.getUTCFullYear()} ${MONTHS[now.getUTCMonth()]} ${two(now.getUTCDate())} ${day} ${two(now.getUTCHours())} ${two(now.getUTCMonth() + 1)}`;
  return { _TOS: offset, _TS: ctime(now), _TT: utc };
}
