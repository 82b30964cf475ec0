import type { Returnable } from '../../../modules/define.ts';
import { isSame, needsChange } from '../../../modules/exec/cron/jobs.ts';
import { COLUMNS, type Entry, type Tab } from '../../../modules/exec/cron/tab.ts';
import { type StateCtx, state } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { putting, type Standing, taking, USER } from './tab.ts';

const NAME = { type: 'string', required: true, doc: 'the command' } as const;
const IDENTIFIER = {
  type: 'any',
  doc: 'the name that Salt knows the job by, however its command changes; the command without it',
} as const;
const SPECIAL = { type: 'string', doc: '`@daily` or the like instead of times' } as const;
const time = (doc: string) => ({ type: 'any', default: '*', doc }) as const;
const TIMES = {
  minute: time('0-59, or `random`'),
  hour: time('0-23, or `random`'),
  daymonth: time('1-31, or `random`'),
  month: time('1-12, or `random`'),
  dayweek: time('0-7, or `random`'),
} as const;

/** What is known of a job that is looked for; what is not told may be anything. */
type Wanted = Readonly<Partial<Record<'comment' | 'commented' | 'spec' | (typeof COLUMNS)[number], Returnable>>>;

async function standing(
  ctx: StateCtx,
  { user, cmd, identifier }: { user: string; cmd: string; identifier: Returnable },
  wanted: Wanted,
): Promise<Standing> {
  const tab = (await ctx.call('cron.list_tab', [user])) as unknown as Tab;
  const entries: readonly Entry[] = wanted.spec == null ? tab.crons : tab.special;
  const known = entries.find((entry) => isSame(entry, cmd, identifier));
  if (known === undefined) return 'absent';
  const asked: readonly (readonly [Returnable | undefined, Returnable | undefined])[] = [
    ...Object.entries(wanted).map(([key, value]) => [known[key as keyof Entry], value] as const),
    [known.identifier, identifier === null ? null : shown(identifier)],
    [known.cmd, cmd],
  ];
  return asked.some(([has, should]) => needsChange(has, should)) ? 'update' : 'present';
}

/** Without an identifier the command is it; with None there is none. */
const idOf = (ctx: StateCtx, given: Returnable | undefined, cmd: string): Returnable =>
  given === false || !ctx.chunk.low.has('identifier') ? cmd : (given ?? null);

export const present = state({
  doc: 'A job of a crontab.',
  examples: ['/usr/local/bin/backup:\n  cron.present:\n    - user: root\n    - minute: random\n    - hour: 2'],
  args: {
    name: NAME,
    user: USER,
    ...TIMES,
    comment: { type: 'any', doc: 'written above it' },
    commented: { type: 'boolean', default: false, doc: 'switched off: the line stays, behind `#DISABLED#`' },
    identifier: IDENTIFIER,
    special: SPECIAL,
  },
  check: async (ctx, { name, user, comment = null, commented, special, ...args }) => {
    const cmd = name.trim();
    const identifier = idOf(ctx, args.identifier, cmd);
    const marks = { comment, commented };
    const times = Object.fromEntries(COLUMNS.map((column) => [column, shown(args[column]).toLowerCase()]));
    const wanted = special === undefined ? { ...times, ...marks } : { spec: special, ...marks };
    return await putting(
      ctx,
      { kind: 'Cron', name: cmd, user },
      () => standing(ctx, { user, cmd, identifier }, wanted),
      () =>
        special === undefined
          ? ctx.call('cron.set_job', [], { user, cmd, ...times, ...marks, identifier })
          : ctx.call('cron.set_special', [], { user, cmd, special, ...marks, identifier }),
    );
  },
});

export const absent = state({
  doc: 'A job that is not in a crontab.',
  args: { name: NAME, user: USER, identifier: IDENTIFIER, special: SPECIAL },
  extra: 'times, which do not matter',
  check: async (ctx, { name, user, special, ...args }) => {
    const cmd = name.trim();
    const identifier = idOf(ctx, args.identifier, cmd);
    return await taking(
      ctx,
      { kind: 'Cron', name: cmd, user },
      () => standing(ctx, { user, cmd, identifier }, {}),
      () =>
        special === undefined
          ? ctx.call('cron.rm_job', [user, cmd], { identifier })
          : ctx.call('cron.rm_special', [user, cmd], { special, identifier }),
    );
  },
});
