import { globMatcher } from '../../kernel/targeting/glob.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { jid } from '../../protocol/jid.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { DEFAULT_CLASS } from './sqlite-batch.ts';
import {
  type BrowsedRow,
  JOB_ARGS,
  JOB_FUN,
  type JobRow,
  type ReportRows,
  type ReturnRow,
  STATE_BITS,
  STATES,
  SUCCESS,
} from './sqlite-messages.ts';
import type { Job, JobQuery, JobReport, JobReturn, JobSummary } from './store.ts';

/** A stored job as it was opened. @throws TsaltError `store-corrupt` when its bytes are not what was written. */
export const jobOf = (row: JobRow): Job => ({ ...headOf(row), expected: row.expected });

export const summaryOf = ({ expected, returned, failed, lost, ...row }: BrowsedRow): JobSummary => ({
  ...headOf(row),
  expected,
  returned,
  failed,
  lost,
});

function headOf(row: Omit<JobRow, 'expected'>): Omit<Job, 'expected'> {
  const detail = mapOf(row.detail, row.jid);
  const args = decoded(row.args, row.jid);
  return {
    jid: jid(row.jid),
    user: row.user,
    target: { kind: String(detail['kind']), expression: detail['expression'] },
    fun: Array.isArray(detail['fun']) ? detail['fun'].map(String) : row.fun,
    args: Array.isArray(args) ? args : [],
    ...('metadata' in detail ? { metadata: detail['metadata'] } : {}),
    ...(row.keep === DEFAULT_CLASS ? {} : { keep: row.keep }),
  };
}

export function reportOf({ job: row, returns, bytes }: ReportRows): JobReport {
  const job = jobOf(row);
  return { ...job, returns: returns.map((one) => returnOf(one, job, bytes)) };
}

function returnOf(row: ReturnRow, job: Job, bytes: Uint8Array): JobReturn {
  const [minion, bits, retcode, at, fun, out, valueAt, valueLength, argsAt, argsLength, moreAt, moreLength] = row;
  const part = (start: number, length: number): Uint8Array | undefined => (length < 0 ? undefined : bytes.subarray(start, start + length));
  const value = part(valueAt, valueLength);
  const args = part(argsAt, argsLength);
  const more = part(moreAt, moreLength);
  const named = more === undefined ? {} : mapOf(more, job.jid);
  const several = Array.isArray(named['fun']) ? named['fun'].map(String) : undefined;
  const called = (bits & JOB_FUN) !== 0 ? job.fun : (several ?? fun ?? undefined);
  const funArgs = (bits & JOB_ARGS) !== 0 ? job.args : args === undefined ? undefined : decoded(args, job.jid);
  return {
    jid: job.jid,
    minion,
    state: STATES[bits & STATE_BITS] ?? 'failed',
    retcode,
    success: (bits & SUCCESS) !== 0,
    returnedAt: new Date(at),
    ...(typeof named['reason'] === 'string' ? { reason: named['reason'] } : {}),
    ...(value === undefined ? {} : { value: new Packed(value) }),
    ...(out === null ? {} : { out }),
    ...(called === undefined ? {} : { fun: called }),
    ...(funArgs === undefined ? {} : { funArgs }),
  };
}

function decoded(bytes: Uint8Array, of: string): unknown {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new TsaltError('store-corrupt', `the stored bytes of job ${of} are damaged`, { cause });
  }
}

function mapOf(bytes: Uint8Array, of: string): Readonly<Record<string, unknown>> {
  const value = decoded(bytes, of);
  if (typeof value !== 'object' || value === null || value instanceof Map)
    throw new TsaltError('store-corrupt', `the stored bytes of job ${of} are no map`);
  return value as Readonly<Record<string, unknown>>;
}

/** The parts of a query that the database does not answer: globs and metadata. */
export function filterOf(query: JobQuery): (job: Job) => boolean {
  const fun = query.fun?.map(globMatcher);
  const target = query.target?.map(globMatcher);
  const metadata = query.metadata === undefined ? undefined : Object.entries(query.metadata);
  return (job) =>
    (fun === undefined || textsOf(job.fun).some((name) => fun.some((matches) => matches(name)))) &&
    (target === undefined || textsOf(job.target.expression).some((name) => target.some((matches) => matches(name)))) &&
    (metadata === undefined || hasOne(job.metadata, metadata));
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

/** As in Salt, one equal pair is enough. */
function hasOne(metadata: unknown, pairs: readonly (readonly [string, unknown])[]): boolean {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const map = new Map(Object.entries(metadata));
  return pairs.some(([key, value]) => map.has(key) && same(map.get(key), value));
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && same(value, right.get(key)))
  );
}
