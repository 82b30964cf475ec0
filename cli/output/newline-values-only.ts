import type { Outputter } from './outputter.ts';
import { str } from './python.ts';
import { entriesOf, isMapping } from './values.ts';

/** The values without the minions' ids, one on each line, made for pipes. */
export const newlineValuesOnly: Outputter = (data) => valuesOf(data).join('\n');

const valuesOf = (data: unknown): string[] => (isMapping(data) ? entriesOf(data).flatMap(([, value]) => items(value)) : items(data));

const items = (value: unknown): string[] => (Array.isArray(value) ? value.map(str) : isMapping(value) ? valuesOf(value) : [str(value)]);
