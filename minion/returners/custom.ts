import type { Callable, LoadedModule, Others, RefusedModule, Run } from '../../kernel/loader/callable.ts';
import type { AnyReturner, Outlet, Returnable } from '../../modules/define.ts';

/** Synchronised returners: modules with a function `returner`, and perhaps `get_jid` and its like. */
export type CustomReturners = () => Promise<readonly (LoadedModule | RefusedModule)[]>;

const READERS = { jid: 'get_jid', fun: 'get_fun', jids: 'get_jids', minions: 'get_minions' } as const;

/** A module in another language as a returner. It looks for its options itself, as Salt's do, in `__opts__` and by `__salt__`. */
export function customReturner(module: LoadedModule, others: Others): AnyReturner | undefined {
  const { name, functions } = module;
  const take = functions.get('returner');
  if (take === undefined) return undefined;
  return {
    name,
    doc: take.doc,
    example: '',
    options: {},
    // Nothing is known of what it did before it failed, or hung: with one at a time no result gets there twice.
    batch: 1,
    open: (_options, ctx): Outlet => {
      const run = (fun: string): Run => ({
        job: { fun: `${name}.${fun}`, signal: ctx.signal },
        status: { retcode: 0 },
        testing: false,
        others,
      });
      const call = (callable: Callable, fun: string, ...positional: readonly Returnable[]) =>
        callable.call({ positional, keywords: new Map() }, run(fun));
      return {
        send: async (results) => {
          for (const { what } of results) await call(take, 'returner', what);
        },
        ask: async (what, of) => {
          const read = functions.get(READERS[what]);
          if (read === undefined) throw new Error(`the returner ${name} has no function ${READERS[what]}`);
          return what === 'jid' || what === 'fun' ? await call(read, READERS[what], of) : await call(read, READERS[what]);
        },
      };
    },
  };
}
