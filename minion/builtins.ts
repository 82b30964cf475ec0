import type { ModuleSource } from '../kernel/loader/catalogue.ts';

/**
 * The execution modules that come with tsalt, each imported when it is first called. Several lines of one
 * name are several providers: the first that serves the machine is taken.
 */
export const execSources: readonly ModuleSource[] = [
  { name: 'cmd', load: async () => await import('../modules/exec/cmd/index.ts') },
  { name: 'disk', load: async () => await import('../modules/exec/disk.ts') },
  { name: 'file', load: async () => await import('../modules/exec/file/index.ts') },
  { name: 'network', load: async () => await import('../modules/exec/network/index.ts') },
  { name: 'pkg', load: async () => await import('../modules/exec/pkg/index.ts') },
  { name: 'ps', load: async () => await import('../modules/exec/ps/index.ts') },
  { name: 'service', load: async () => await import('../modules/exec/service/index.ts') },
  { name: 'status', load: async () => await import('../modules/exec/status/index.ts') },
  { name: 'test', load: async () => await import('../modules/exec/test/index.ts') },
];
