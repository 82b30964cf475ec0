import { isDeepStrictEqual } from 'node:util';
import { pythonText } from '../../../kernel/targeting/python.ts';
import type { Returnable } from '../../../modules/define.ts';
import { isTree, type Tree, valueAt } from '../path.ts';

/** How a value is put at a path. `destructive`: null removes the key. `force`: a plain value in the way makes room. */
export interface Nesting {
  readonly delimiter: string;
  readonly destructive: boolean;
  readonly force: boolean;
}

/** The grain of the top level that holds the value at its path; or the sentence why it cannot be put there. */
export function nested(tree: Tree, path: string, value: Returnable, how: Nesting): readonly [string, Returnable] | string {
  const steps = path.split(how.delimiter);
  let made = value;
  while (steps.length > 1) {
    const last = steps.pop() ?? '';
    const above = steps.join(how.delimiter);
    const here = valueAt(tree, above, how.delimiter) ?? {};
    if (isTree(here)) made = inMap(here, last, made, how.destructive);
    else if (Array.isArray(here)) made = inList(here as readonly Returnable[], last, made);
    else if (isDeepStrictEqual(here, last) || how.force) made = { [last]: made };
    else {
      const words = `The key '${above}' value is '${pythonText(here)}', which is different from the provided key '${last}'.`;
      return `${words} Use 'force=True' to overwrite.`;
    }
  }
  return [steps[0] ?? path, made];
}

function inMap(map: Tree, key: string, value: Returnable, destructive: boolean): Tree {
  const { [key]: _before, ...others } = map;
  if (value === null && destructive) return others;
  return { ...map, [key]: value };
}

/** An item that is the key makes room for it, a map with the key gets the value; else a map is added. */
function inList(list: readonly Returnable[], key: string, value: Returnable): Returnable[] {
  let isPut = false;
  const items = list.map((item) => {
    const isKey = item === key;
    const holds = isTree(item) && Object.hasOwn(item, key);
    if (!isKey && !holds) return item;
    isPut = true;
    return isKey ? { [key]: value } : { ...(item as Tree), [key]: value };
  });
  return isPut ? items : [...items, { [key]: value }];
}
