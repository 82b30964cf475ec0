import type { Outputter } from './outputter.ts';

/** Nothing at all: for scripts that only look at the exit code. */
export const quiet: Outputter = () => '';
