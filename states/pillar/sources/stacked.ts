import { equal } from '../../../kernel/render/python/compare.ts';
import { repr } from '../../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, PythonError, typeName } from '../../../kernel/render/python/value.ts';

const STRATEGIES = ['overwrite', 'merge-first', 'merge-last', 'remove'];

/** Lays a layer of PillarStack onto others: `__` in a map, or in a map that begins a list, says how. The layer is used up. */
export function stacked(stack: Dict, layer: Dict): Dict {
  const strategy = strategyOf(layer.get('__') ?? 'merge-last');
  layer.delete('__');
  if (strategy === 'overwrite') return cleaned(layer) as Dict;
  for (const [key, value] of layer) {
    if (strategy === 'remove') stack.delete(key);
    else stack.set(key, laid(stack.get(key), value, strategy));
  }
  return stack;
}

function laid(below: Data | undefined, value: Data, strategy: string): Data {
  if (below === undefined) return cleaned(value);
  const [under, over] = strategy === 'merge-first' ? [cleaned(value), below] : [below, value];
  if (typeName(under) !== typeName(over)) return cleaned(over);
  if (isDict(over)) return stacked(under as Dict, over as Dict);
  return Array.isArray(over) ? joined(under as Data[], over) : over;
}

function joined(stack: Data[], layer: Data[]): Data[] {
  const [first] = layer;
  const marked = isDict(first) && first.has('__');
  const strategy = strategyOf(marked ? (first.get('__') as Data) : 'merge-last');
  const items = marked ? layer.slice(1) : layer;
  if (strategy === 'overwrite') return items;
  if (strategy === 'remove') return stack.filter((item) => !items.some((other) => equal(item, other)));
  return strategy === 'merge-first' ? [...items, ...stack] : [...stack, ...items];
}

/** Without the words that say how to merge. */
function cleaned(value: Data): Data {
  if (isDict(value)) {
    value.delete('__');
    for (const [key, item] of value as Dict) value.set(key, cleaned(item));
  } else if (Array.isArray(value) && isDict(value[0]) && value[0].has('__')) return value.slice(1);
  return value;
}

function strategyOf(value: Data): string {
  if (typeof value === 'string' && STRATEGIES.includes(value)) return value;
  throw new PythonError(
    'Exception',
    `Unknown strategy "${typeof value === 'string' ? value : repr(value)}", should be one of (${STRATEGIES.map(repr).join(', ')})`,
  );
}
