import { failed, inOrder, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';

/** What Debian enables by a link: how it is called, and the functions of `apache` that look at and change it. */
interface Kind {
  readonly word: 'module' | 'conf' | 'site';
  readonly check: string;
  readonly enable: string;
  readonly disable: string;
}

async function switched(ctx: StateCtx, { word, ...fun }: Kind, name: string, wanted: boolean): Promise<Verdict> {
  const done = wanted ? 'enabled' : 'disabled';
  if ((await ctx.call(`apache.${fun.check}`, [name])) === wanted) return inOrder(`${name} already ${done}.`);
  const changes = wanted ? { old: null, new: name } : { old: name, new: null };
  return {
    predicted: { comment: `Apache ${word} ${name} is set to be ${done}.`, changes },
    apply: async () => {
      const { Status: status } = (await ctx.call(`apache.${wanted ? fun.enable : fun.disable}`, [name])) as { readonly Status: unknown };
      if (typeof status === 'string' && status.includes(done)) return inOrder('', changes);
      const why = typeof status === 'string' ? ` (${status})` : '';
      return failed(`Failed to ${wanted ? 'enable' : 'disable'} ${name} Apache ${word}${why}`);
    },
  };
}

/** The state module of one kind. */
export function switchedModule(kind: Kind, what: string) {
  const args = { name: { type: 'string', required: true, doc: 'its name' } } as const;
  return stateModule({
    name: `apache_${kind.word}`,
    doc: `${what} of Apache, enabled or not, on Debian and its relatives.`,
    serves: (host) => host.which(kind.enable) !== undefined || 'apache module could not be loaded',
    states: {
      enabled: state({ doc: 'It is enabled.', args, check: (ctx, { name }) => switched(ctx, kind, name, true) }),
      disabled: state({ doc: 'It is not enabled.', args, check: (ctx, { name }) => switched(ctx, kind, name, false) }),
    },
  });
}
