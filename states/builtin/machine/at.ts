import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { undecided } from './words.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the command, where `job` does not tell' },
  timespec: { type: 'any', required: true, doc: 'when: `9:09 11/09/37`' },
  tag: { type: 'any', doc: 'a word to find it by' },
  user: { type: 'string', doc: 'the user it runs as' },
  job: { type: 'string', doc: 'the command' },
  unique_tag: { type: 'boolean', default: false, doc: 'not where a job has the tag' },
} as const;
type Args = ArgsOf<typeof ARGS>;

interface Jobs {
  readonly jobs: readonly Readonly<Record<string, Returnable>>[];
  readonly error?: string;
}
interface Removed {
  readonly jobs: { readonly removed: readonly string[] };
}

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  if (ctx.testing) return undecided(`job ${args.job || args.name} added and will run on ${shown(args.timespec)}`);
  return { predicted: { comment: '', changes: {} }, apply: () => add(ctx, args) };
}

async function add(ctx: StateCtx, { name, timespec, tag = null, user, job, unique_tag }: Args): Promise<Outcome> {
  if (unique_tag) {
    if (!tag) return failed('no tag provided and unique_tag is set to True');
    const same = (await ctx.call('at.jobcheck', [], { tag })) as unknown as Jobs;
    if (same.jobs.length > 0) return inOrder(`atleast one job with tag ${shown(tag)} exists.`);
  }
  const command = job || name;
  if (user && Object.keys(Object(await ctx.call('user.info', [user]))).length === 0) return failed(`user ${user} does not exists`);
  const options = { tag, ...(user ? { runas: user } : {}) };
  const came = (await ctx.call('at.at', [timespec, command], options)) as unknown as Jobs;
  const changes = came.jobs[0] ?? {};
  if (came.error !== undefined) return failed(came.error, changes);
  return inOrder(`job ${command} added and will run ${user ? `as ${user} ` : ''}on ${shown(timespec)}`, changes);
}

async function absent(ctx: StateCtx, name: string, jobid: Returnable | undefined): Promise<Verdict> {
  if ('limit' in ctx.extra) return failed(`limit parameter not supported ${name}`);
  if (ctx.testing) return undecided('removed ? job(s)');
  return { predicted: { comment: '', changes: {} }, apply: () => remove(ctx, jobid) };
}

async function remove(ctx: StateCtx, jobid: Returnable | undefined): Promise<Outcome> {
  if (jobid) {
    const { jobs } = (await ctx.call('at.atq', [jobid])) as unknown as Jobs;
    const word = shown(jobid);
    if (jobs.length === 0) return inOrder(`job with id ${word} not present`);
    if (jobs.length > 1) return failed(`more than one job was return for job with id ${word}`);
    const { removed } = ((await ctx.call('at.atrm', [jobid])) as unknown as Removed).jobs;
    // at(1) names jobs by words: a number is not found among them, though the job is gone.
    const isGone = (removed as readonly Returnable[]).includes(jobid);
    return isGone ? inOrder(`job with id ${word} was removed`, { removed }) : failed(`failed to remove job with id ${word}`, { removed });
  }
  const { removed } = ((await ctx.call('at.atrm', await meant(ctx))) as unknown as Removed).jobs;
  return inOrder(`removed ${removed.length} job(s)`, removed.length > 0 ? { removed } : {});
}

/** The jobs that meet the conditions told; without any, all. */
async function meant(ctx: StateCtx): Promise<readonly string[]> {
  if (Object.keys(ctx.extra).length === 0) return ['all'];
  const { jobs } = (await ctx.call('at.jobcheck', [], ctx.extra)) as unknown as Jobs;
  return jobs.map(({ job }) => shown(job ?? ''));
}

/** Jobs that run once, later, by at(1). */
export default stateModule({
  name: 'at',
  doc: 'Jobs that run once, later, by at(1).',
  serves: (host) => host.which('at') !== undefined || 'at module could not be loaded',
  states: {
    present: state({
      doc: 'A job that waits.',
      examples: ["rose:\n  at.present:\n    - job: 'echo \"I love saltstack\" > love'\n    - timespec: '9:09 11/09/37'\n    - tag: love"],
      args: ARGS,
      check: present,
    }),
    absent: state({
      doc: 'Jobs that do not wait: that of a number, those that meet conditions, or all.',
      args: { name: ARGS.name, jobid: { type: 'any', doc: 'its number' } },
      extra: 'runas, tag, hour, minute, day, month, year',
      check: async (ctx, { name, jobid }) => await absent(ctx, name, jobid),
    }),
    watch: state({ doc: 'A job that is added when something it watches has changed.', args: ARGS, check: async () => inOrder('') }),
  },
  watch: async (ctx, args, fun) => {
    if (fun !== 'watch') return failed('');
    const given = args as unknown as Args;
    return ctx.testing ? undecided(`job ${given.job || given.name} added and will run on ${shown(given.timespec)}`) : await add(ctx, given);
  },
});
