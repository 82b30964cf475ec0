import { str } from './python.ts';
import { at, has, Unprintable } from './values.ts';

const FIELD = /\{\{|\}\}|\{(\d+)(?:\[([^\]]*)\])?(![sra])?(?::([^{}]*))?\}/g;
const SPEC = /^(?:(.)?([<>^=]))?0?(\d+)?(?:\.\d+)?[a-z]?$/;

/**
 * The part of Python's `str.format` that `state_tabular` formats use: `{0}`, `{6[duration]!s:>7}`, `{{`.
 * @throws Unprintable when the format asks for something that is not there
 */
export function formatted(format: string, values: readonly unknown[]): string {
  return format.replace(FIELD, (whole, index?: string, key?: string, _conversion?: string, spec?: string) => {
    if (index === undefined) return whole.charAt(0);
    const value = values[Number(index)];
    if (key !== undefined && !has(value, key)) throw new Unprintable(`state_tabular names ${key}, which the result does not have`);
    return aligned(str(key === undefined ? value : at(value, key)), spec ?? '');
  });
}

function aligned(text: string, spec: string): string {
  const [, fill = ' ', side = '<', width = '0'] = SPEC.exec(spec) ?? [];
  const spare = Number(width) - text.length;
  if (spare <= 0) return text;
  if (side === '>') return fill.repeat(spare) + text;
  if (side === '^') return fill.repeat(Math.floor(spare / 2)) + text + fill.repeat(Math.ceil(spare / 2));
  return text + fill.repeat(spare);
}
