import type { StateSource } from './engine/modules.ts';

/** The state modules that come with tsalt, each imported when one of its states is first used. */
export const stateSources: readonly StateSource[] = [
  { name: 'cmd', load: async () => await import('./builtin/cmd/index.ts') },
  { name: 'file', load: async () => await import('./builtin/file/index.ts') },
  { name: 'module', load: async () => await import('./builtin/module.ts') },
  { name: 'pkg', load: async () => await import('./builtin/pkg.ts') },
  { name: 'service', load: async () => await import('./builtin/service.ts') },
  { name: 'test', load: async () => await import('./builtin/test.ts') },
];
