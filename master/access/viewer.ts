import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventBus } from '../../kernel/events/bus.ts';
import { CommandFailed } from '../../modules/define.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FinalState, Job, JobReport, JobStandings, JobStore, JobSummary } from '../jobs/store.ts';
import type { PublishExtras } from '../publish/publisher.ts';
import type { Work } from '../publish/work.ts';

/** Whether the person for whom a runner runs may know of a minion. */
type Sees = (minion: string) => boolean;

const viewers = new AsyncLocalStorage<Sees | undefined>();

/** Runs `act` in the name of one who sees some of the minions; what it asks of the rooms below tells of no others. */
export const asViewer = <T>(sees: Sees, act: () => T): T => viewers.run(sees, act);

const roles = new AsyncLocalStorage<readonly string[]>();

/** Runs `act` in the name of one with these roles. */
export const withRoles = <T>(held: readonly string[], act: () => T): T => roles.run(held, act);

/** The roles of the person for whom this runs; undefined outside of a person's call. */
export const rolesHeld = (): readonly string[] | undefined => roles.getStore();

/** Whether the one for whom this runs may know of a minion; outside of a person's call everyone may. */
export const sees = (minion: string): boolean => viewers.getStore()?.(minion) ?? true;

/** The minion, if the one for whom this runs may know of it. @throws CommandFailed in words that do not tell whether it is there */
export function seen(minion: string): string {
  if (!sees(minion)) throw new CommandFailed(`There is no minion ${minion} with an accepted key.`);
  return minion;
}

/**
 * The same bus, whose listeners act for themselves and not for the one in whose call an event was fired: a queue that one of
 * them begins to work off goes on with what others put there.
 */
export const heardByAll = (bus: EventBus): EventBus => ({
  ...bus,
  fire: (tag, data) => (viewers.getStore() === undefined ? bus.fire(tag, data) : viewers.run(undefined, () => bus.fire(tag, data))),
});

/** The fleet as the one sees it for whom a runner runs. */
export const seenFleet = (fleet: Fleet): Fleet => ({
  ...fleet,
  ids: () => (viewers.getStore() === undefined ? fleet.ids() : fleet.ids().filter(sees)),
  match: (target) => {
    const matched = fleet.match(target);
    if (viewers.getStore() === undefined) return matched;
    const minions = matched.minions.filter(sees);
    return { minions, missing: [], wire: { tgt: minions, tgt_type: 'list' } };
  },
  grains: (id) => (sees(id) ? fleet.grains(id) : {}),
  pillar: (id) => (sees(id) ? fleet.pillar(id) : {}),
});

/** Work that reaches only minions the one sees for whom a runner runs. */
export function seenWork(work: Work, ids: () => readonly string[]): Work {
  const limited = (extras: PublishExtras = {}): PublishExtras => {
    if (viewers.getStore() === undefined) return extras;
    return { ...extras, only: (extras.only ?? ids()).filter(sees) };
  };
  const { publisher } = work;
  return {
    ...work,
    run: (request, user, extras) => work.run(request, user, limited(extras)),
    publisher: {
      preview: (target) => publisher.preview(target).filter(sees),
      prepare: (request, user, extras) => publisher.prepare(request, user, limited(extras)),
      publish: (request, user, extras) => publisher.publish(request, user, limited(extras)),
    },
  };
}

/** Jobs with the minions the one sees for whom a runner runs; without any of these, no job. */
export const seenJobs = (jobs: JobStore): JobStore => ({
  open: (job) => jobs.open(job),
  record: (result) => jobs.record(result),
  prune: (olderThan) => jobs.prune(olderThan),
  [Symbol.asyncDispose]: () => jobs[Symbol.asyncDispose](),
  job: async (jid) => {
    const report = await jobs.job(jid);
    return report === undefined || viewers.getStore() === undefined ? report : seenReport(report);
  },
  standings: async (jid) => {
    const found = await jobs.standings(jid);
    return found === undefined || viewers.getStore() === undefined ? found : seenStandings(found);
  },
  returnsOf: (jid, minions) => jobs.returnsOf(jid, minions.filter(sees)),
  browse: async (query) => {
    if (query.minion !== undefined && !sees(query.minion)) return { rows: [] };
    const page = await jobs.browse(query);
    if (viewers.getStore() === undefined) return page;
    const rows = await Promise.all(page.rows.map((row) => seenSummary(jobs, row)));
    return { ...page, rows: rows.filter((row) => row !== undefined) };
  },
  list: (query) => (viewers.getStore() === undefined ? jobs.list(query) : seenList(jobs.list(query))),
});

const seenJob = <J extends Job>(job: J): J | undefined => {
  const expected = job.expected.filter(sees);
  return expected.length === 0 ? undefined : { ...job, expected };
};

const seenReport = (report: JobReport): JobReport | undefined => {
  const job = seenJob(report);
  return job === undefined ? undefined : { ...job, returns: report.returns.filter(({ minion }) => sees(minion)) };
};

function seenStandings({ job, states }: JobStandings): JobStandings | undefined {
  const seen = seenJob(job);
  return seen === undefined ? undefined : { job: seen, states: new Map([...states].filter(([minion]) => sees(minion))) };
}

/** A row counts the minions that are seen. */
async function seenSummary(jobs: JobStore, row: JobSummary): Promise<JobSummary | undefined> {
  const found = await jobs.standings(row.jid);
  const seen = found === undefined ? undefined : seenStandings(found);
  if (seen === undefined) return undefined;
  const count = (...wanted: readonly FinalState[]): number => [...seen.states.values()].filter((state) => wanted.includes(state)).length;
  return {
    ...row,
    expected: seen.job.expected.length,
    returned: count('returned', 'failed'),
    failed: count('failed'),
    lost: count('lost', 'expired'),
  };
}

async function* seenList(jobs: AsyncIterable<Job>): AsyncIterable<Job> {
  for await (const job of jobs) {
    const seen = seenJob(job);
    if (seen !== undefined) yield seen;
  }
}
