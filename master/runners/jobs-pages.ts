import { CommandFailed, call, type Returnable } from '../../modules/define.ts';
import { jid as asJid, isJid, jidDate } from '../../protocol/jid.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import type { Packed } from '../../protocol/wire/packed.ts';
import { isNoise, NOISE } from '../jobs/noise.ts';
import type { JobBrowse, JobReturn, JobStandings, JobStore, JobSummary } from '../jobs/store.ts';
import type { JobsUnderWay, JobUnderWay, Part } from '../publish/under-way.ts';

export interface JobPagesParts {
  readonly jobs: JobStore;
  readonly underWay: JobsUnderWay;
}

const MOST_JOBS = 500;
const MOST_RETURNS = 1000;
/** A value beyond this many bytes is not even begun to be shown: making text of it would hold up the master. */
const MOST_CUT = 4 * 1024 * 1024;

/** `jobs.page` and `jobs.returns`: what people page through, a bounded piece at a time. */
export const jobPages = (parts: JobPagesParts) => ({
  page: call({
    doc: 'Show jobs with their minions counted, newest first, some at a time.',
    examples: [
      'tsalt-run jobs.page limit=20',
      'tsalt-run jobs.page user=ann outcome=failed',
      "tsalt-run jobs.page fun='state.*' minion=web1",
    ],
    args: {
      search: { type: 'string', doc: 'a part of the function, user or target, or the beginning of the job id' },
      user: { type: 'string', doc: 'only jobs of this user' },
      fun: { type: 'list', doc: 'only jobs of these functions; globs' },
      minion: { type: 'string', doc: 'only jobs that concern this minion' },
      outcome: { type: 'string', default: 'all', choices: ['all', 'failed', 'running'], doc: 'failed: a minion failed or was lost' },
      since: { type: 'string', doc: 'only jobs of this time (ISO 8601) or later' },
      until: { type: 'string', doc: 'only jobs of this time (ISO 8601) or before' },
      after: { type: 'string', doc: 'go on behind this job id: the `next` of the page before' },
      limit: { type: 'number', default: 50, doc: `so many at most, up to ${MOST_JOBS}` },
      noise: { type: 'boolean', default: false, doc: 'also what programs ask on and on (saltutil.find_job, mine.update, ...)' },
    },
    changes: false,
    run: async (_ctx, { outcome, ...query }) => {
      const browse = browseOf(query);
      if (outcome === 'running') return { rows: running(parts.underWay, browse), next: null };
      const { rows, next } = await parts.jobs.browse({ ...browse, troubled: outcome === 'failed' });
      return { rows: rows.map((job) => shown(job, parts.underWay.get(job.jid))), next: next ?? null };
    },
  }),
  returns: call({
    doc: 'Show what the minions of a job returned, those that failed first, some at a time.',
    examples: ['tsalt-run jobs.returns 20261124010203456789', 'tsalt-run jobs.returns 20261124010203456789 failed=True limit=20'],
    args: {
      jid: { type: 'string', required: true, doc: 'the job id, 20 digits' },
      failed: { type: 'boolean', default: false, doc: 'only minions that failed or were lost' },
      minion: { type: 'string', doc: 'only this minion' },
      offset: { type: 'number', default: 0, doc: 'leave out the first so many' },
      limit: { type: 'number', default: 100, doc: `so many at most, up to ${MOST_RETURNS}` },
      max_bytes: { type: 'number', default: 65_536, doc: 'what is larger is shown as the beginning of its text, with `truncated`' },
    },
    changes: false,
    run: async (_ctx, { jid, failed, minion, offset, limit, max_bytes }) => {
      const found = isJid(jid) ? await parts.jobs.standings(asJid(jid)) : undefined;
      if (found === undefined) throw new CommandFailed(`There is no job ${jid.slice(0, 40)} in the job cache.`);
      const all = standingOf(found, parts.underWay.get(jid));
      const chosen = all.filter((one) => (!failed || isTrouble(one)) && (minion === undefined || one.minion === minion));
      const some = chosen.slice(whole(offset), whole(offset) + Math.min(whole(limit), MOST_RETURNS));
      const returns = await parts.jobs.returnsOf(
        asJid(jid),
        some.map((one) => one.minion),
      );
      const byMinion = new Map(returns.map((one) => [one.minion, one]));
      return {
        ...head(found.job),
        expected: found.job.expected.length,
        total: chosen.length,
        done: all.filter(({ state }) => FINAL.has(state)).length,
        failed: all.filter(isTrouble).length,
        waiting: all.filter(({ state }) => !FINAL.has(state)).length,
        rows: some.map((one) => returnRow(one, byMinion.get(one.minion), whole(max_bytes))),
      };
    },
  }),
});

/** Pages looked at for the jobs of one minion, which may be few among many. */
const MOST_PAGES = 8;

/** The newest jobs that concern a minion, as rows of `jobs.page`. */
export async function newestOf({ jobs, underWay }: JobPagesParts, minion: string): Promise<Returnable> {
  const found: JobSummary[] = [];
  let after: JobBrowse['after'];
  for (let pages = 0; pages < MOST_PAGES && found.length < 20; pages += 1) {
    const { rows, next } = await jobs.browse({
      minion,
      limit: 20 - found.length,
      without: NOISE,
      ...(after === undefined ? {} : { after }),
    });
    found.push(...rows);
    if (next === undefined) break;
    after = next;
  }
  return found.map((job) => shown(job, underWay.get(job.jid)));
}

interface Query {
  readonly search: string | undefined;
  readonly user: string | undefined;
  readonly fun: readonly Returnable[] | undefined;
  readonly minion: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
  readonly noise: boolean;
}

/** @throws CommandFailed for a time or job id that is none */
function browseOf({ search, user, fun, minion, since, until, after, limit, noise }: Query): JobBrowse {
  if (after !== undefined && !isJid(after)) throw new CommandFailed(`after: ${JSON.stringify(after.slice(0, 40))} is not a job id.`);
  return {
    limit: Math.min(Math.max(1, whole(limit)), MOST_JOBS),
    ...(search === undefined || search.trim() === '' ? {} : { search: search.trim() }),
    ...(user === undefined ? {} : { user }),
    ...(fun === undefined || fun.length === 0 ? {} : { fun: fun.map(String) }),
    ...(minion === undefined ? {} : { minion }),
    ...(since === undefined ? {} : { since: timeOf('since', since) }),
    ...(until === undefined ? {} : { until: timeOf('until', until) }),
    ...(after === undefined ? {} : { after: asJid(after) }),
    ...(noise ? {} : { without: NOISE }),
  };
}

function timeOf(name: string, text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new CommandFailed(`${name}: ${JSON.stringify(text.slice(0, 40))} is no time; write 2026-11-24T01:02:03Z.`);
  return date;
}

const whole = (number: number): number => Math.max(0, Math.trunc(number));

type Head = Pick<JobSummary, 'jid' | 'fun' | 'args' | 'target' | 'user'>;

const head = ({ jid, fun, args, target, user }: Head): Record<string, Returnable> => ({
  jid,
  fun: Array.isArray(fun) ? [...fun] : String(fun),
  args: args as Returnable,
  target: target.expression as Returnable,
  target_type: target.kind,
  user,
  start: jidDate(jid).toISOString(),
});

const shown = (job: JobSummary, live: JobUnderWay | undefined): Returnable => ({
  ...head(job),
  expected: job.expected,
  returned: job.returned + job.failed,
  failed: job.failed,
  lost: job.lost,
  running: live?.pending.size ?? 0,
});

/** Jobs that minions still work on are in memory, and few. */
function running(underWay: JobsUnderWay, query: JobBrowse): Returnable[] {
  const live = [...underWay.all()].filter(({ job, stored, pending }) => stored && pending.size > 0 && fits(job.fun, job, query));
  live.sort((a, b) => (a.job.jid < b.job.jid ? 1 : -1));
  return live.slice(0, query.limit).map((one) => {
    const states = [...one.parts.values()].map(({ state }) => state);
    const count = (...wanted: readonly Part['state'][]): number => states.filter((state) => wanted.includes(state)).length;
    const counts = {
      expected: one.job.expected.length,
      returned: count('returned'),
      failed: count('failed'),
      lost: count('lost', 'expired'),
    };
    return shown({ ...one.job, ...counts }, one);
  });
}

function fits(fun: string | readonly string[], job: JobUnderWay['job'], { search, user, minion, without }: JobBrowse): boolean {
  const part = search?.toLowerCase() ?? '';
  const texts = [String(fun), job.user, String(job.target.expression)];
  return (
    (without === undefined || !isNoise(String(fun))) &&
    (user === undefined || job.user === user) &&
    (minion === undefined || job.expected.includes(minion)) &&
    (job.jid.startsWith(part) || texts.some((text) => text.toLowerCase().includes(part)))
  );
}

interface Standing {
  readonly minion: string;
  readonly state: Part['state'];
  readonly reason?: string | undefined;
  readonly at?: Date | undefined;
}

const FINAL: ReadonlySet<string> = new Set(['returned', 'failed', 'lost', 'expired']);
const ORDER: readonly Part['state'][] = ['failed', 'lost', 'expired', 'running', 'received', 'sent', 'returned'];
const isTrouble = ({ state }: Standing): boolean => state === 'failed' || state === 'lost' || state === 'expired';

/** Every minion the job concerns, those that failed first, then by id. */
function standingOf({ job, states }: JobStandings, live: JobUnderWay | undefined): readonly Standing[] {
  const minions = [...new Set([...job.expected, ...states.keys()])];
  const all = minions.map((minion): Standing => {
    const state = states.get(minion);
    if (state !== undefined) return { minion, state };
    const part = live?.parts.get(minion);
    return part === undefined ? { minion, state: 'expired', reason: 'nobody waits for it any more' } : { minion, ...part };
  });
  return all.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.minion < b.minion ? -1 : 1));
}

function returnRow({ minion, state, reason, at }: Standing, result: JobReturn | undefined, most: number): Returnable {
  const time = result?.returnedAt ?? at;
  return {
    minion,
    state,
    success: result?.success ?? null,
    retcode: result?.retcode ?? null,
    ...bounded(result?.value, most),
    out: result?.out ?? null,
    reason: result?.reason ?? reason ?? null,
    at: time?.toISOString() ?? null,
  };
}

/** The value, or the beginning of its text with `truncated`, the size of the whole in bytes. */
function bounded(value: Packed | undefined, most: number): { readonly return: Returnable; readonly truncated: number | null } {
  if (value === undefined) return { return: null, truncated: null };
  const size = value.bytes.length;
  if (size > MOST_CUT)
    return { return: `(${size} bytes, too large to be shown here: tsalt-run jobs.lookup_jid shows it whole)`, truncated: size };
  const whole = decode(value.bytes, { floats: 'wrap' }) as Returnable;
  if (size <= most) return { return: whole, truncated: null };
  const text = typeof whole === 'string' ? whole : (JSON.stringify(whole, readable, 2) ?? '');
  return { return: text.slice(0, most), truncated: size };
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  return value instanceof Map ? Object.fromEntries(value) : value;
}
