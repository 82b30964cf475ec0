import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan, undecided } from './words.ts';

interface Parameter {
  readonly name: string;
  readonly value: Returnable;
  readonly config: string;
}

async function present(ctx: StateCtx, wanted: Parameter): Promise<Verdict> {
  return ctx.testing ? await foreseen(ctx, wanted) : plan('', () => persist(ctx, wanted));
}

async function foreseen(ctx: StateCtx, { name, value, config }: Parameter): Promise<Outcome> {
  const text = shown(value);
  const configured = Object.keys(Object(await ctx.call('sysctl.show', [], { config_file: config }))).includes(name);
  const current = String(await ctx.call('sysctl.get', [name]));
  if (current === '' && configured)
    return undecided(
      `Sysctl value ${name} is present in configuration file but is not present in the running config. The value ${name} is set to be changed to ${text}`,
    );
  if (current !== '' && configured && words(current) === words(text)) return inOrder(`Sysctl value ${name} = ${text} is already set`);
  if (current === '' || configured) return undecided(`Sysctl option ${name} would be changed to ${text}`);
  if (spaced(current) !== spaced(text)) return undecided(`Sysctl option ${name} set to be changed to ${text}`);
  return undecided(
    `Sysctl value is currently set on the running system but not in a config file. Sysctl option ${name} set to be changed to ${text} in config file.`,
  );
}

const words = (text: string): string => text.trim().split(/\s+/).join(' ');
const spaced = (text: string): string => text.replace(/ +|\t+/g, ' ');

async function persist(ctx: StateCtx, { name, value, config }: Parameter): Promise<Outcome> {
  const text = shown(value);
  try {
    const came = await ctx.call('sysctl.persist', [name, value, config]);
    if (came === 'Updated') return inOrder(`Updated sysctl value ${name} = ${text}`, { [name]: value });
    return inOrder(came === 'Already set' ? `Sysctl value ${name} = ${text} is already set` : '');
  } catch (error) {
    if (error instanceof CommandFailed) return failed(`Failed to set ${name} to ${text}: ${error.message}`);
    throw error;
  }
}

/** Parameters of the kernel. */
export default stateModule({
  name: 'sysctl',
  doc: 'Parameters of the kernel.',
  states: {
    present: state({
      doc: 'A parameter that has a value, now and at each start of the machine.',
      examples: ['vm.swappiness:\n  sysctl.present:\n    - value: 20'],
      args: {
        name: { type: 'string', required: true, doc: 'the parameter' },
        value: { type: 'any', required: true, doc: 'its value' },
        config: { type: 'string', doc: 'the file; that of sysctl.default_config without' },
      },
      check: async (ctx, { name, value = null, config }) =>
        await present(ctx, { name, value, config: config ?? String(await ctx.call('sysctl.default_config')) }),
    }),
  },
});
