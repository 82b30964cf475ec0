import type { StateSource } from './engine/modules.ts';

/** The state modules that come with tsalt, each imported when one of its states is first used. */
export const stateSources: readonly StateSource[] = [{ name: 'test', load: async () => await import('./builtin/test.ts') }];
