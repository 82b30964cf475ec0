import { CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, isPlan, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { type Setting, settle } from './settings.ts';
import { plan } from './words.ts';

const NAME = { type: 'string', required: true, doc: 'the locale: `en_US.UTF-8`' } as const;
const LOCALE: Setting = {
  get: 'locale.get_locale',
  set: 'locale.set_locale',
  title: 'System locale',
  key: 'locale',
  done: (name) => `Set system locale ${name}`,
  failed: (name) => `Failed to set system locale to ${name}`,
};

async function system(ctx: StateCtx, name: string): Promise<Verdict> {
  const verdict = await guarded(() => settle(ctx, LOCALE, name));
  return isPlan(verdict) ? { ...verdict, apply: () => guarded(() => verdict.apply()) } : verdict;
}

/** What the functions of `locale` refuse is a failure that the state words. */
async function guarded<T extends Verdict>(act: () => Promise<T>): Promise<T | Outcome> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Failed to set system locale: ${error.message}`);
    throw error;
  }
}

async function present(ctx: StateCtx, name: string): Promise<Verdict> {
  if (await ctx.call('locale.avail', [name])) return inOrder(`Locale ${name} is already present`);
  return plan(`Locale ${name} needs to be generated`, async () => {
    const isDone = Boolean(await ctx.call('locale.gen_locale', [name]));
    return isDone ? inOrder(`Generated locale ${name}`, { locale: name }) : failed(`Failed to generate locale ${name}`);
  });
}

/** Locales. */
export default stateModule({
  name: 'locale',
  doc: 'Locales.',
  states: {
    present: state({
      doc: 'A locale that programs may use.',
      examples: ['us_locale:\n  locale.present:\n    - name: en_US.UTF-8'],
      args: { name: NAME },
      check: async (ctx, { name }) => await present(ctx, name),
    }),
    system: state({ doc: 'The locale of the machine.', args: { name: NAME }, check: async (ctx, { name }) => await system(ctx, name) }),
  },
});
