import type { Ctx } from '../../../modules/define.ts';
import { returnerSources } from '../../../modules/returners/index.ts';
import { stateSources } from '../../../states/builtins.ts';
import { StateModules, type StateSource } from '../../../states/engine/modules.ts';
import type { Described, Kind } from './listing.ts';

/** The states of this machine. `custom` are those that were synchronised. */
export const states = (custom: () => Promise<readonly StateSource[]>): Kind => ({
  name: 'state',
  modules: 'list_state_modules',
  async find(ctx: Ctx) {
    const sources = [...(await custom()), ...stateSources];
    const known = new StateModules(sources, ctx.host);
    const functions: Record<string, Described> = {};
    const modules: Record<string, string> = {};
    for (const name of [...new Set(sources.map((source) => source.name))].sort()) {
      const module = await known.module(name);
      if (module === undefined) continue;
      modules[name] = module.doc;
      for (const [fun, state] of Object.entries(module.states)) functions[`${name}.${fun}`] = state;
    }
    return { functions, modules };
  },
});

const RET = { ret: { type: 'map', required: true, doc: 'the return, as a minion sends it' } } as const;

/** The built-in returners that serve here, each as the one function by which Salt's are known. */
export const returners: Kind = {
  name: 'returner',
  modules: 'list_returners',
  async find(ctx: Ctx) {
    const functions: Record<string, Described> = {};
    for (const [name, load] of Object.entries(returnerSources)) {
      const returner = (await load()).default;
      if ((returner.serves?.(ctx.host) ?? true) !== true) continue;
      functions[`${name}.returner`] = { doc: returner.doc, args: RET };
    }
    return { functions, modules: {} };
  },
};
