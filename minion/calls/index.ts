import type { ModuleSource } from '../../kernel/loader/catalogue.ts';
import type { Factory, Ports } from './ports.ts';

/** The modules of the agent, each imported when it is first called. */
const factories: Readonly<Record<string, () => Promise<{ readonly default: Factory }>>> = {
  config: () => import('./config.ts'),
  cp: () => import('./cp.ts'),
  event: () => import('./event.ts'),
  grains: () => import('./grains.ts'),
  match: () => import('./match.ts'),
  mine: () => import('./mine.ts'),
  minion: () => import('./minion.ts'),
  pillar: () => import('./pillar.ts'),
  publish: () => import('./publish.ts'),
  saltutil: () => import('./saltutil.ts'),
  state: () => import('./state.ts'),
  sys: () => import('./sys.ts'),
};

/** These bound to `ports`, as sources for the loader. */
export function agentModules(ports: Ports): ModuleSource[] {
  return Object.entries(factories).map(([name, load]) => ({
    name,
    load: async () => ({ default: (await load()).default(ports) }),
  }));
}
