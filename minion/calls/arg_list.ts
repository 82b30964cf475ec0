import type { Returnable } from '../../modules/define.ts';

/** `arg` as calls that hand arguments on take it: a list, one argument, or none. */
export const argList = (arg: Returnable | undefined): readonly Returnable[] =>
  Array.isArray(arg) ? arg : arg === undefined || arg === null ? [] : [arg];
