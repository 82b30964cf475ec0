import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { jid as asJid, isJid, jidStartTime } from '../../protocol/jid.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import type { Job, JobQuery, JobReport, JobReturn } from '../jobs/store.ts';
import type { JobsUnderWay, Part } from '../publish/under-way.ts';
import { type ActiveParts, active } from './active.ts';
import { jobPages } from './jobs-pages.ts';

export interface JobsRunnerParts extends ActiveParts {
  readonly underWay: JobsUnderWay;
  /** Ends a job on the minions that still run it; says which were told. */
  readonly cancel: (jid: string) => Promise<readonly string[]>;
}

const COMPATIBLE = {
  ext_source: { type: 'any', doc: 'accepted for compatibility; there is one job store' },
  display_progress: { type: 'boolean', doc: 'accepted for compatibility; answers are immediate', default: false },
} as const;
const OUTPUTTER = { outputter: { type: 'string', doc: 'how to show the result' } } as const;
const JID = { type: 'string', required: true, doc: 'the job id, 20 digits' } as const;

/** What jobs ran, and what became of them (Salt's runner `jobs`, with its result shapes). */
export const jobsRunner = (parts: JobsRunnerParts): ExecModule => {
  const report = async (jid: string): Promise<JobReport | undefined> => (isJid(jid) ? await parts.jobs.job(asJid(jid)) : undefined);
  return execModule({
    name: 'jobs',
    doc: 'Jobs that ran or are running, from the job cache.',
    calls: {
      ...jobPages(parts),
      list_jobs: call({
        doc: 'List the jobs in the cache, oldest first.',
        examples: ['tsalt-run jobs.list_jobs', "tsalt-run jobs.list_jobs search_function='test.*,pkg.install'"],
        args: {
          search_metadata: { type: 'map', doc: 'keep jobs whose metadata holds one of these pairs' },
          search_function: { type: 'list', doc: 'keep jobs of these functions; globs' },
          search_target: { type: 'list', doc: 'keep jobs whose target matches; globs' },
          start_time: { type: 'any', doc: 'keep jobs started at this time or later' },
          end_time: { type: 'any', doc: 'keep jobs started at this time or before' },
          limit: { type: 'number', doc: 'only the newest so many' },
          ...OUTPUTTER,
          ...COMPATIBLE,
        },
        changes: false,
        run: async (_ctx, args) => {
          const found: [string, Returnable][] = [];
          for await (const job of parts.jobs.list(queryOf(args))) found.push([job.jid, describe(job)]);
          return shown(args.outputter, Object.fromEntries(found.reverse()));
        },
      }),
      list_jobs_filter: call({
        doc: 'List the newest so many jobs, oldest first.',
        examples: ['tsalt-run jobs.list_jobs_filter 50'],
        args: {
          count: { type: 'number', required: true, doc: 'how many' },
          filter_find_job: { type: 'boolean', doc: 'accepted for compatibility; questions about jobs are never stored', default: true },
          ...OUTPUTTER,
          ...COMPATIBLE,
        },
        changes: false,
        run: async (_ctx, { count, outputter }) => {
          const found: [string, Returnable][] = [];
          for await (const job of parts.jobs.list({ limit: count })) found.push([job.jid, describe(job)]);
          return shown(outputter, Object.fromEntries(found.reverse()));
        },
      }),
      list_job: call({
        doc: 'Show one job with what every minion returned.',
        examples: ['tsalt-run jobs.list_job 20261124010203456789'],
        args: { jid: JID, ...COMPATIBLE },
        changes: false,
        run: async (_ctx, { jid }) => {
          const found = await report(jid);
          return { jid, ...(found === undefined ? unknownJob(jid) : describeFull(found)) };
        },
      }),
      lookup_jid: call({
        doc: 'Show what a job returned.',
        examples: ['tsalt-run jobs.lookup_jid 20261124010203456789'],
        args: {
          jid: JID,
          returned: { type: 'boolean', doc: 'show the minions that returned', default: true },
          missing: { type: 'boolean', doc: 'show the minions that did not return; jobs.states says why', default: false },
          ...COMPATIBLE,
        },
        changes: false,
        run: async (_ctx, { jid, returned, missing }) => {
          const found = await report(jid);
          if (found === undefined) return {};
          const data: Record<string, Returnable> = {};
          if (returned) for (const result of found.returns.filter(isReturn)) data[result.minion] = resultValue(result);
          if (missing) for (const minion of silent(found)) data[minion] = 'Minion did not return';
          const out = found.returns.find((result) => result.out !== undefined)?.out;
          return out === undefined ? data : { outputter: out, data };
        },
      }),
      print_job: call({
        doc: 'Show one job with what every minion returned, under its job id.',
        examples: ['tsalt-run jobs.print_job 20261124010203456789'],
        args: { jid: JID, ...COMPATIBLE },
        changes: false,
        run: async (_ctx, { jid }) => {
          const found = await report(jid);
          return { [jid]: found === undefined ? unknownJob(jid) : describeFull(found) };
        },
      }),
      states: call({
        doc: 'Show where each targeted minion stands in a job, since when and why.',
        examples: ['tsalt-run jobs.states 20261124010203456789'],
        args: { jid: JID, ...COMPATIBLE },
        changes: false,
        run: async (_ctx, { jid }) => {
          const found = await report(jid);
          return found === undefined ? {} : standing(found, parts.underWay);
        },
      }),
      active: call({
        doc: 'List the jobs some minions still work on.',
        examples: ['tsalt-run jobs.active'],
        args: { display_progress: COMPATIBLE.display_progress },
        changes: false,
        run: async () => await active(parts),
      }),
      exit_success: call({
        doc: 'Say for each minion whether its part of a job succeeded.',
        examples: ['tsalt-run jobs.exit_success 20261124010203456789'],
        args: { jid: JID, ...COMPATIBLE },
        changes: false,
        run: async (_ctx, { jid }) => {
          const found = await report(jid);
          const succeeded = new Set((found?.returns ?? []).filter(({ state }) => state === 'returned').map(({ minion }) => minion));
          const all = new Set([...(found?.expected ?? []), ...succeeded]);
          return Object.fromEntries([...all].map((minion) => [minion, succeeded.has(minion)]));
        },
      }),
      last_run: call({
        doc: 'Show the newest job that fits.',
        examples: ["tsalt-run jobs.last_run function='state.*'"],
        args: {
          function: { type: 'list', doc: 'of these functions; globs' },
          target: { type: 'list', doc: 'with such a target; globs' },
          metadata: { type: 'map', doc: 'with one of these pairs in its metadata' },
          ...OUTPUTTER,
          ...COMPATIBLE,
        },
        changes: false,
        run: async (_ctx, args) => {
          const query = queryOf({ search_function: args.function, search_target: args.target, search_metadata: args.metadata, limit: 1 });
          for await (const job of parts.jobs.list(query)) {
            const found = await parts.jobs.job(job.jid);
            if (found !== undefined) return shown(args.outputter, { [job.jid]: describeFull(found) });
          }
          return false;
        },
      }),
      cancel: call({
        doc: 'End a job on the minions that still run it.',
        examples: ['tsalt-run jobs.cancel 20261124010203456789'],
        args: { jid: JID },
        changes: true,
        run: async (_ctx, { jid }) => [...(await parts.cancel(jid))],
      }),
    },
  });
};

interface Wanted {
  readonly search_function: readonly Returnable[] | undefined;
  readonly search_target: readonly Returnable[] | undefined;
  readonly search_metadata: Readonly<Record<string, Returnable>> | undefined;
  readonly start_time?: Returnable | undefined;
  readonly end_time?: Returnable | undefined;
  readonly limit?: number | undefined;
}

function queryOf(wanted: Wanted): JobQuery {
  const since = dateOf(wanted.start_time);
  const until = dateOf(wanted.end_time);
  return {
    ...(wanted.search_function === undefined ? {} : { fun: wanted.search_function.map(String) }),
    ...(wanted.search_target === undefined ? {} : { target: wanted.search_target.map(String) }),
    ...(wanted.search_metadata === undefined ? {} : { metadata: wanted.search_metadata }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(wanted.limit === undefined ? {} : { limit: wanted.limit }),
  };
}

/** A date as people write it (`2026-11-24 01:02`, `2026, Nov 24`); UTC when no zone is given. */
function dateOf(value: Returnable | undefined): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const text = String(value).replace(/,/g, '');
  const date = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text} UTC`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const describe = (job: Job): Record<string, Returnable> => ({
  Function: job.fun as Returnable,
  Arguments: job.args as Returnable,
  Target: job.target.expression as Returnable,
  'Target-type': job.target.kind,
  User: job.user,
  ...(job.metadata === undefined ? {} : { Metadata: job.metadata as Returnable }),
  StartTime: jidStartTime(job.jid),
});

function describeFull(report: JobReport): Record<string, Returnable> {
  const { StartTime, ...head } = describe(report);
  const results = report.returns.filter(isReturn).map((result): [string, Returnable] => [
    result.minion,
    {
      return: resultValue(result),
      retcode: result.retcode,
      success: result.success,
      ...(result.out === undefined ? {} : { out: result.out }),
    },
  ]);
  return { ...head, Minions: [...report.expected], StartTime: StartTime ?? '', Result: Object.fromEntries(results) };
}

const isReturn = (result: JobReturn): boolean => result.state === 'returned' || result.state === 'failed';

const resultValue = (result: JobReturn): Returnable =>
  result.value === undefined ? null : (decode(result.value.bytes, { floats: 'wrap' }) as Returnable);

function standing(report: JobReport, underWay: JobsUnderWay): Record<string, Returnable> {
  const stored = new Map(report.returns.map((result) => [result.minion, result]));
  const live = underWay.get(report.jid)?.parts;
  return Object.fromEntries(
    report.expected.map((minion): [string, Returnable] => {
      const result = stored.get(minion);
      if (result !== undefined) return [minion, stateOf(result.state, result.returnedAt, result.reason)];
      const part: Part | undefined = live?.get(minion);
      return [
        minion,
        part === undefined ? { state: 'expired', reason: 'nobody waits for it any more' } : stateOf(part.state, part.at, part.reason, part),
      ];
    }),
  );
}

const stateOf = (state: string, at: Date, reason: string | undefined, part?: Part): Returnable => ({
  state,
  at: at.toISOString(),
  ...(reason === undefined ? {} : { reason }),
  ...(part?.pid === undefined ? {} : { pid: part.pid }),
  ...(part?.since === undefined ? {} : { since: part.since.toISOString() }),
});

/** Salt's words, and why. */
function silent(report: JobReport): string[] {
  const done = new Set(report.returns.filter(isReturn).map((result) => result.minion));
  return report.expected.filter((minion) => !done.has(minion));
}

/** What Salt says of a job it does not know: its time is in the id. */
const unknownJob = (jid: string): Record<string, Returnable> => ({
  Error: 'Cannot contact returner or no job with this jid',
  StartTime: isJid(jid) ? jidStartTime(asJid(jid)) : '',
  Result: {},
});

const shown = (outputter: string | undefined, data: Record<string, Returnable>): Returnable =>
  outputter === undefined ? data : { outputter, data };
