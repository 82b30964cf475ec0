import type { Returnable } from '../../modules/define.ts';

/** What of these values was given: a function is called with no others. */
export const defined = (values: Readonly<Record<string, Returnable | undefined>>): Record<string, Returnable> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Returnable] => entry[1] !== undefined));
