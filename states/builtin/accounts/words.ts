import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Returnable } from '../../../modules/define.ts';

/** A value as Salt's comments show it. */
export const shown = (value: Returnable): string => str(fromPlain(value));

/** What is to be changed, a line each. */
export const attributes = (kind: string, changes: Readonly<Record<string, Returnable>>): string =>
  Object.entries(changes).reduce(
    (text, [key, value]) => `${text}${key}: ${key === 'passwd' ? REDACTED : shown(value)}\n`,
    `The following ${kind} attributes are set to be changed:\n`,
  );

/** What is shown in place of a password hash. */
export const REDACTED = 'XXX-REDACTED-XXX';

/** The names of a list given as one, or undefined. */
export const namesOf = (value: Returnable | undefined): string[] | undefined =>
  Array.isArray(value) ? value.map((name: Returnable) => shown(name)) : undefined;

/** Where a look-up reads the local files alone, whatever the name services say. */
export const onlyLocal = (local: boolean): Readonly<Record<string, Returnable>> => (local ? { root: '/' } : {});
