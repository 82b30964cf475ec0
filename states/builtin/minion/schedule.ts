import { equal } from '../../../kernel/render/python/compare.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import type { Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';

const NAME = { type: 'string', required: true, doc: 'the job: its key in the schedule' } as const;
const PERSIST = '`persist: False` keeps it out of _schedule.conf; `offline: True` changes that file alone';
const FIELDS = 'keys of the entry: `function`, `seconds`, `cron`, ...; `job_args` and `job_kwargs` are the arguments of the function';

/** What the functions of `schedule` answer, some of them without changes. */
interface Answer {
  readonly result: boolean;
  readonly comment: string;
  readonly changes?: Readonly<Record<string, Returnable>>;
}
type Entry = Readonly<Record<string, Returnable>>;

const ask = async (ctx: StateCtx, fun: string, name: string): Promise<Answer> =>
  (await ctx.call(`schedule.${fun}`, [name], ctx.testing ? { ...ctx.extra, test: true } : ctx.extra)) as unknown as Answer;

const entries = async (ctx: StateCtx, offline: Returnable): Promise<Readonly<Record<string, Entry>>> =>
  (await ctx.call('schedule.list', [], { show_all: true, return_yaml: false, offline })) as Readonly<Record<string, Entry>>;

/** A function does it: asked at once under test, which it understands itself and which is no change, else as the plan. */
function changed(ctx: StateCtx, name: string, fun: string, told: (answer: Answer) => Outcome): Promise<Outcome> | Verdict {
  const apply = async (): Promise<Outcome> => told(await ask(ctx, fun, name));
  return ctx.testing ? apply() : { predicted: { comment: '', changes: {} }, apply };
}

async function present(ctx: StateCtx, { name }: { readonly name: string }): Promise<Verdict> {
  const now = (await entries(ctx, ctx.extra['offline'] ?? false))[name];
  if (now === undefined)
    return changed(ctx, name, 'add', ({ result, comment, changes = {} }) => {
      if (ctx.testing) return inOrder(comment, { [name]: 'added' });
      return result ? inOrder(`Adding new job ${name} to schedule`, changes) : { result, comment, changes: {} };
    });
  const built = (await ctx.call('schedule.build_schedule_item', [name], ctx.extra)) as Entry;
  if (built['result'] === false) return { result: false, comment: String(built['comment']), changes: {} };
  if (equal(fromPlain({ enabled: true, ...built }), fromPlain(now))) return inOrder(`Job ${name} in correct state`);
  return changed(ctx, name, 'modify', ({ result, comment, changes = {} }) => {
    if (ctx.testing) return inOrder(comment, changes);
    return result ? inOrder(`Modifying job ${name} in schedule`, changes) : { result, comment, changes: {} };
  });
}

async function absent(ctx: StateCtx, { name }: { readonly name: string }): Promise<Verdict> {
  if (!Object.hasOwn(await entries(ctx, ctx.extra['offline'] ?? false), name)) return inOrder(`Job ${name} not present in schedule`);
  return changed(ctx, name, 'delete', ({ result, comment, changes = {} }) => {
    if (ctx.testing) return inOrder(comment);
    return result ? inOrder(`Removed job ${name} from schedule`, changes) : { result, comment, changes: {} };
  });
}

/** A job that runs, or does not. Salt tells of no changes here, and looks at the saved file only to disable. */
async function switched(ctx: StateCtx, name: string, verb: 'enable' | 'disable'): Promise<Verdict> {
  const isThere = Object.hasOwn(await entries(ctx, verb === 'disable' ? (ctx.extra['offline'] ?? false) : false), name);
  if (!isThere) return inOrder(`Job ${name} not present in schedule`);
  return changed(ctx, name, `${verb}_job`, ({ result, comment, changes = {} }) => {
    if (ctx.testing) return inOrder(comment);
    if (result) return inOrder(`${verb === 'enable' ? 'Enabled' : 'Disabled'} job ${name} from schedule`);
    return { result, comment, changes: verb === 'enable' ? changes : {} };
  });
}

/** The jobs of the minion's own schedule. */
export default stateModule({
  name: 'schedule',
  doc: "Jobs of the minion's schedule.",
  states: {
    present: state({
      doc: 'A job that runs at these times.',
      examples: ['job3:\n  schedule.present:\n    - function: test.ping\n    - seconds: 3600\n    - splay: 10'],
      args: { name: NAME },
      extra: `${FIELDS}; ${PERSIST}`,
      check: present,
    }),
    absent: state({ doc: 'No such job.', args: { name: NAME }, extra: PERSIST, check: absent }),
    enabled: state({
      doc: 'A job that is there runs.',
      args: { name: NAME },
      extra: PERSIST,
      check: (ctx, { name }) => switched(ctx, name, 'enable'),
    }),
    disabled: state({
      doc: 'A job that is there does not run.',
      args: { name: NAME },
      extra: PERSIST,
      check: (ctx, { name }) => switched(ctx, name, 'disable'),
    }),
  },
});
