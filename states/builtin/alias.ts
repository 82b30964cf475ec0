import type { Returnable } from '../../modules/define.ts';
import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../define.ts';

const NAME = { type: 'string', required: true, doc: 'the name' } as const;

const shown = (target: Returnable): string =>
  Array.isArray(target) ? `[${target.map((one) => `'${String(one)}'`).join(', ')}]` : String(target);

async function present(ctx: StateCtx, { name, target }: { readonly name: string; readonly target: Returnable }): Promise<Verdict> {
  if ((await ctx.call('aliases.has_target', [name, target])) === true) return inOrder(`Alias ${name} already present`);
  return {
    predicted: { comment: `Alias ${name} -> ${shown(target)} is set to be added`, changes: {} },
    apply: async () =>
      (await ctx.call('aliases.set_target', [name, target])) === true
        ? inOrder(`Set email alias ${name} -> ${shown(target)}`, { alias: name })
        : failed(`Failed to set alias ${name} -> ${shown(target)}`),
  };
}

async function absent(ctx: StateCtx, { name }: { readonly name: string }): Promise<Verdict> {
  if (!(await ctx.call('aliases.get_target', [name]))) return inOrder(`Alias ${name} already absent`);
  return {
    predicted: { comment: `Alias ${name} is set to be removed`, changes: {} },
    apply: async () =>
      (await ctx.call('aliases.rm_alias', [name])) === true
        ? inOrder(`Removed alias ${name}`, { alias: name })
        : failed(`Failed to remove alias ${name}`),
  };
}

/** Names of mail. */
export default stateModule({
  name: 'alias',
  doc: 'Names of mail.',
  states: {
    present: state({
      doc: 'A name that stands for these addresses.',
      args: { name: NAME, target: { type: 'any', required: true, doc: 'the addresses: a text, or a list' } },
      check: present,
    }),
    absent: state({ doc: 'A name that is not there.', args: { name: NAME }, check: absent }),
  },
});
