import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { Routines } from '../routines/routines.ts';
import { iso, shownRoutine, shownRun } from '../routines/shown.ts';

const NAME = { type: 'string', required: true, doc: 'the name of the routine' } as const;
const MOST = 1000;

/** Questions about the jobs of the master that come again and again. */
export const routinesRunner = (routines: Routines): ExecModule =>
  execModule({
    name: 'routines',
    doc: 'Routines: jobs, runners, plugins and orchestrations that the master runs again and again.',
    calls: {
      list: call({
        doc: 'List the routines, each with its next slot and its last run.',
        examples: ['tsalt-run routines.list'],
        args: {},
        changes: false,
        run: () => {
          const latest = routines.latest();
          return routines.all().map((routine) => shownRoutine(routines, routine, latest.get(routine.name)));
        },
      }),
      show: call({
        doc: 'Show one routine, with its next five slots.',
        examples: ['tsalt-run routines.show backup'],
        args: { name: NAME },
        changes: false,
        run: (_ctx, { name }) => {
          const [last] = routines.runs(name, 1);
          return { ...shownRoutine(routines, routines.find(name), last), upcoming: routines.next(name, 5).map(iso) };
        },
      }),
      runs: call({
        doc: 'The slots of a routine and what became of them, newest first.',
        examples: ['tsalt-run routines.runs backup', 'tsalt-run routines.runs backup limit=10 before=120'],
        args: {
          name: NAME,
          limit: { type: 'number', doc: `the newest so many, ${MOST} at most`, default: 50 },
          before: { type: 'number', doc: 'only those of lower numbers (n): the next page' },
        },
        changes: false,
        run: (_ctx, { name, limit, before }) => {
          routines.find(name);
          return routines.runs(name, Math.min(Math.max(1, limit), MOST), before).map(shownRun);
        },
      }),
      next: call({
        doc: 'When a routine runs next, or when one with these times would run, without a name.',
        examples: ['tsalt-run routines.next backup count=10', "tsalt-run routines.next cron='0 3 * * 1-5' timezone=Europe/Berlin"],
        args: {
          name: { type: 'string', doc: 'the name of the routine' },
          count: { type: 'number', doc: 'how many slots', default: 5 },
          cron: { type: 'string', doc: 'a rule as in crontab, with seconds before it if there are six fields' },
          interval: { type: 'number', doc: 'seconds' },
          timezone: { type: 'string', doc: 'of the rule, as Europe/Berlin' },
        },
        changes: false,
        run: (_ctx, { name, count, ...times }) => {
          const most = Math.min(Math.max(1, count), MOST);
          return (name === undefined ? routines.preview(times, most) : routines.next(name, most)).map(iso);
        },
      }),
    },
  });
