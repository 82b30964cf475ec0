import type { ModuleSource } from '../../kernel/loader/catalogue.ts';
import type { Factory, Ports } from './ports.ts';

/** The modules of the agent, each imported when it is first called. */
const factories: Readonly<Record<string, () => Promise<{ readonly default: Factory }>>> = {
  beacons: () => import('./beacons.ts'),
  config: () => import('./config.ts'),
  cp: () => import('./cp.ts'),
  defaults: () => import('./defaults.ts'),
  event: () => import('./event.ts'),
  grains: () => import('./grains.ts'),
  match: () => import('./match.ts'),
  mine: () => import('./mine.ts'),
  minion: () => import('./minion.ts'),
  pillar: () => import('./pillar.ts'),
  publish: () => import('./publish.ts'),
  schedule: () => import('./schedule.ts'),
  ret: () => import('./ret.ts'),
  saltutil: () => import('./saltutil.ts'),
  slsutil: () => import('./slsutil.ts'),
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
