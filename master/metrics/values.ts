import { isItem } from '../../kernel/schedule/item.ts';
import { Float } from '../../protocol/wire/float.ts';

/** Values of one minion at one time: parallel lists, no name twice. */
export interface Sample {
  readonly minion: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly names: readonly string[];
  readonly values: readonly number[];
}

const DEEPEST = 8;
const NAME_MOST = 200;

/**
 * The finite numbers of a tree of maps under dotted names. Other values are left out; characters that names do not have
 * become `_`; of more than `most` the first are taken.
 */
export function flatten(tree: unknown, most: number, prefix = ''): Pick<Sample, 'names' | 'values'> {
  const found = new Map<string, number>();
  const walk = (value: unknown, name: string, depth: number): void => {
    if (found.size >= most || depth > DEEPEST) return;
    const number = numberOf(value);
    if (number !== undefined) {
      if (name !== '' && name.length <= NAME_MOST) found.set(name, number);
    } else if (isItem(value)) {
      for (const [key, inner] of value instanceof Map ? value : Object.entries(value))
        walk(inner, name === '' ? clean(String(key)) : `${name}.${clean(String(key))}`, depth + 1);
    }
  };
  walk(tree, prefix, 0);
  return { names: [...found.keys()], values: [...found.values()] };
}

function numberOf(value: unknown): number | undefined {
  const number = value instanceof Float ? value.value : typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const clean = (key: string): string => key.slice(0, NAME_MOST).replace(/[^\w:/%@-]/g, '_') || '_';
