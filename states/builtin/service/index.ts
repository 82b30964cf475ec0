import { type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { NAME, RUNNING, UNIT } from './args.ts';
import { boot } from './boot.ts';
import { mask } from './mask.ts';
import { dead, running } from './running.ts';
import { watch } from './watch.ts';
import { notYet, picked, UNIT_OPTIONS, unavailable } from './words.ts';

const extra = 'options of its service manager, and `reload`, `force` and `full_restart` for what it watches';
const MASK = { name: NAME, runtime: { type: 'boolean', default: false, doc: 'until the next boot only' } } as const;

async function atBoot(ctx: StateCtx, name: string, args: Readonly<Record<string, boolean | undefined>>, enable: boolean): Promise<Verdict> {
  const verdict = await boot(ctx, { name, enable, started: null, options: { ...ctx.extra, ...picked(args, UNIT_OPTIONS) } });
  if ('apply' in verdict) return { ...verdict, apply: async () => ({ changes: {}, ...(await verdict.apply()) }) };
  const outcome = { changes: {}, ...verdict };
  if (!enable || verdict.comment !== unavailable(name)) return outcome;
  return { predicted: { comment: notYet(name, 'enabled'), changes: {} }, apply: async () => outcome };
}

/** Services. */
export default stateModule({
  name: 'service',
  doc: 'Services.',
  states: {
    running: state({
      doc: 'A service that runs.',
      examples: ['nginx:\n  service.running:\n    - enable: true\n    - reload: true\n    - watch:\n      - file: /etc/nginx/nginx.conf'],
      args: RUNNING,
      extra,
      check: running,
    }),
    dead: state({ doc: 'A service that does not run.', args: RUNNING, extra, check: dead }),
    enabled: state({
      doc: 'A service that starts with the machine.',
      args: { name: NAME, ...UNIT },
      extra,
      check: async (ctx, { name, ...args }) => await atBoot(ctx, name, args, true),
    }),
    disabled: state({
      doc: 'A service that does not start with the machine.',
      args: { name: NAME, ...UNIT },
      extra,
      check: async (ctx, { name, ...args }) => await atBoot(ctx, name, args, false),
    }),
    masked: state({
      doc: 'A service that cannot be started.',
      args: MASK,
      check: async (ctx, args) => await mask(ctx, args, true),
    }),
    unmasked: state({
      doc: 'A service that is not masked.',
      args: MASK,
      check: async (ctx, args) => await mask(ctx, args, false),
    }),
  },
  watch,
});
