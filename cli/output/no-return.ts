import { palette } from './colors.ts';
import type { Outputter } from './outputter.ts';
import { str } from './python.ts';
import { entriesOf, isMapping, sortedKeys } from './values.ts';

/** Minions that stayed silent, in red. */
export const noReturn: Outputter = (data, options) => {
  const colors = palette(options.color ?? false);
  const show = (value: unknown, indent: string): string => {
    if (typeof value === 'string') {
      return value
        .split('\n')
        .map((line) => `${colors.RED}${indent}${line}${colors.ENDC}\n`)
        .join('');
    }
    if (!isMapping(value)) return '';
    const items = new Map(entriesOf(value));
    return (sortedKeys([...items.keys()]) ?? [...items.keys()])
      .map((key) => `${colors.CYAN}${indent}${str(key)}${colors.ENDC}:\n${show(items.get(key), `${indent}    `)}`)
      .join('');
  };
  return show(data, '');
};
