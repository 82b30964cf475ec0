import { isMapping } from '../../../kernel/targeting/python.ts';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the variable' },
  value: { type: 'any', required: true, doc: 'its value; False for none; or several variables with their values' },
  false_unsets: { type: 'boolean', default: false, doc: 'False as a value removes the variable; else it empties it' },
  clear_all: { type: 'boolean', default: false, doc: 'all others as if they were told as False' },
  update_minion: { type: 'boolean', default: false, doc: "not needed: it is the minion's own environment" },
  permanent: { type: 'any', default: false, doc: 'not used on this system' },
} as const;
type Args = ArgsOf<typeof ARGS>;
type Variables = Readonly<Record<string, Returnable>>;

/** What differs of the variables that are wanted. */
function changesOf(now: Variables, wanted: Variables, { false_unsets, clear_all }: Args): Variables {
  const gone = false_unsets ? null : '';
  const changes: Record<string, Returnable> = {};
  if (clear_all) for (const key of Object.keys(now)) if (!(key in wanted)) changes[key] = gone;
  for (const [key, value] of Object.entries(wanted)) {
    const has = now[key];
    if (value !== false) {
      if ((has ?? '') !== value) changes[key] = value;
    } else if (false_unsets ? has !== undefined : has !== '') changes[key] = gone;
  }
  return changes;
}

async function setenv(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, value = null, false_unsets, clear_all, update_minion, permanent } = args;
  if (typeof value !== 'string' && value !== false && !isMapping(value)) return failed('Environ value must be string, dict or False');
  const wanted = typeof value === 'object' ? (value as Variables) : { [name]: value };
  const changes = changesOf((await ctx.call('environ.items')) as Variables, wanted, args);
  if (Object.keys(changes).length === 0)
    return inOrder(`Environ values ${ctx.testing ? 'are' : 'were'} already set with the correct values`);
  return {
    predicted: { result: true, comment: 'Environ values will be changed', changes },
    apply: async (): Promise<Outcome> => {
      const done = await ctx.call('environ.setenv', [wanted, false_unsets, clear_all, update_minion, permanent]);
      const isDone = typeof done === 'object' && done !== null && Object.keys(done).length > 0;
      return isDone ? inOrder('Environ values were set', done as Variables) : failed('Failed to set environ variables', changes);
    },
  };
}

/** The environment of the minion. */
export default stateModule({
  name: 'environ',
  doc: "The minion's environment, which the programs that it starts inherit.",
  states: {
    setenv: state({
      doc: 'Variables that have values.',
      examples: ['proxy:\n  environ.setenv:\n    - value:\n        http_proxy: http://10.0.0.1:3128'],
      args: ARGS,
      check: setenv,
    }),
  },
});
