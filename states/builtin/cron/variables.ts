import type { Returnable } from '../../../modules/define.ts';
import type { Tab } from '../../../modules/exec/cron/tab.ts';
import { type StateCtx, state } from '../../define.ts';
import { putting, type Standing, taking, USER } from './tab.ts';

const NAME = { type: 'string', required: true, doc: 'the variable' } as const;

async function standing(ctx: StateCtx, user: string, name: string, value: Returnable): Promise<Standing> {
  const { env } = (await ctx.call('cron.list_tab', [user])) as unknown as Tab;
  const known = env.find((variable) => variable.name === name);
  if (known === undefined) return 'absent';
  return known.value === (value ?? '') ? 'present' : 'update';
}

export const env_present = state({
  doc: 'A variable of a crontab.',
  examples: ['MAILTO:\n  cron.env_present:\n    - value: root@example.com'],
  args: { name: NAME, value: { type: 'any', doc: 'its value' }, user: USER },
  check: async (ctx, { name, value = null, user }) =>
    await putting(
      ctx,
      { kind: 'Cron env', name, user },
      () => standing(ctx, user, name, value),
      () => ctx.call('cron.set_env', [user, name], { value }),
    ),
});

export const env_absent = state({
  doc: 'A variable that is not in a crontab.',
  args: { name: NAME, user: USER },
  check: async (ctx, { name, user }) => {
    const bare = name.trim();
    return await taking(
      ctx,
      { kind: 'Cron env', name: bare, user },
      () => standing(ctx, user, bare, null),
      () => ctx.call('cron.rm_env', [user, bare]),
    );
  },
});
