import type { ModuleSource } from '../../kernel/loader/catalogue.ts';
import type { Factory, Ports } from './ports.ts';

/** The modules of the agent, each imported when it is first called. The states room adds `state` here. */
const factories: Readonly<Record<string, () => Promise<{ readonly default: Factory }>>> = {};

/** These bound to `ports`, as sources for the loader. */
export function agentModules(ports: Ports): ModuleSource[] {
  return Object.entries(factories).map(([name, load]) => ({
    name,
    load: async () => ({ default: (await load()).default(ports) }),
  }));
}
