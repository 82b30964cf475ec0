import type { ArgsOf } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan } from './words.ts';

const NAME = { type: 'string', required: true, doc: 'the name: `editor`' } as const;
const PATH = { type: 'string', required: true, doc: 'the alternative' } as const;
const INSTALL = {
  name: NAME,
  link: { type: 'string', required: true, doc: 'the link that the name is about' },
  path: PATH,
  priority: { type: 'any', required: true, doc: 'the highest one is taken if nobody chose' },
} as const;

const current = async (ctx: StateCtx, name: string): Promise<string> => shown((await ctx.call('alternatives.show_current', [name])) || '');
const isOneOf = async (ctx: StateCtx, name: string, path: string): Promise<boolean> =>
  (await ctx.call('alternatives.check_exists', [name, path])) === true;

async function install(ctx: StateCtx, { name, link, path, priority }: ArgsOf<typeof INSTALL>): Promise<Verdict> {
  const rank = shown(priority);
  if (await isOneOf(ctx, name, path)) return inOrder(`Alternative ${path} for ${name} is already registered`);
  return plan(`Alternative will be set for ${name} to ${path} with priority ${rank}`, async () => {
    const came = await ctx.call('alternatives.install', [name, link, path, priority]);
    if (!(await isOneOf(ctx, name, path))) return failed(`Alternative for ${name} not installed: ${shown(came)}`);
    const comment =
      (await ctx.call('alternatives.check_installed', [name, path])) === true
        ? `Alternative for ${name} set to path ${path} with priority ${rank}`
        : `Alternative ${path} for ${name} registered with priority ${rank} and not set to default`;
    return inOrder(comment, { name, link, path, priority });
  });
}

async function remove(ctx: StateCtx, name: string, path: string): Promise<Verdict> {
  if (!(await isOneOf(ctx, name, path))) {
    const other = await current(ctx, name);
    return other === ''
      ? failed(`Alternative for ${name} doesn't exist`)
      : inOrder(`Alternative for ${name} is set to it's default path ${other}`);
  }
  return plan(`Alternative for ${name} will be removed`, async () => {
    await ctx.call('alternatives.remove', [name, path]);
    const other = await current(ctx, name);
    if (other === '') return inOrder(`Alternative for ${name} removed`);
    return inOrder(`Alternative for ${name} removed. Falling back to path ${other}`, { path: other });
  });
}

async function auto(ctx: StateCtx, name: string): Promise<Verdict> {
  const [first = ''] = shown(await ctx.call('alternatives.display', [name])).split('\n');
  if (first.endsWith(' auto mode')) return inOrder(`${name} already in auto mode`);
  return plan(`${name} will be put in auto mode`, async () => inOrder('', { result: await ctx.call('alternatives.auto', [name]) }));
}

async function set(ctx: StateCtx, name: string, path: string): Promise<Verdict> {
  if ((await current(ctx, name)) === path) return inOrder(`Alternative for ${name} already set to ${path}`);
  if (!(await isOneOf(ctx, name, path))) return failed(`Alternative ${path} for ${name} doesn't exist`);
  return plan(`Alternative for ${name} will be set to path ${path}`, async () => {
    await ctx.call('alternatives.set', [name, path]);
    const isSet = (await current(ctx, name)) === path;
    return isSet ? inOrder(`Alternative for ${name} set to path ${path}`, { path }) : inOrder(`Alternative for ${name} not updated`);
  });
}

/** What the state was told goes into its result, too. */
const telling = (verdict: Verdict, more: NonNullable<Outcome['more']>): Verdict =>
  'predicted' in verdict
    ? { predicted: { ...verdict.predicted, more }, apply: async () => ({ ...(await verdict.apply()), more }) }
    : { ...verdict, more };

/** Which of several programs a name such as `editor` stands for. */
export default stateModule({
  name: 'alternatives',
  doc: 'Which of several programs a name such as `editor` stands for, by update-alternatives.',
  states: {
    install: state({
      doc: 'An alternative that is known.',
      examples: ['pager:\n  alternatives.install:\n    - link: /usr/bin/pager\n    - path: /usr/bin/less\n    - priority: 5'],
      args: INSTALL,
      check: async (ctx, { name, link, path, priority }) =>
        telling(await install(ctx, { name, link, path, priority }), { link, path, priority }),
    }),
    remove: state({
      doc: 'An alternative that is not known.',
      args: { name: NAME, path: PATH },
      check: async (ctx, { name, path }) => telling(await remove(ctx, name, path), { path }),
    }),
    auto: state({
      doc: 'A name for which the priorities choose.',
      args: { name: NAME },
      check: async (ctx, { name }) => await auto(ctx, name),
    }),
    set: state({
      doc: 'A name that stands for one of its alternatives.',
      args: { name: NAME, path: PATH },
      check: async (ctx, { name, path }) => telling(await set(ctx, name, path), { path }),
    }),
  },
});
