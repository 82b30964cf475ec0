/**
 * Whether one version is older than another, as Python's LooseVersion compares them: numbers as numbers, the rest as
 * text. A number counts as newer than a text.
 */
export function isOlder(one: string, other: string): boolean {
  const [left, right] = [partsOf(one), partsOf(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [a, b] = [left[index], right[index]];
    if (a === b) continue;
    if (a === undefined || b === undefined) return a === undefined;
    return typeof a === typeof b ? a < b : typeof a === 'string';
  }
  return false;
}

const partsOf = (version: string): (string | number)[] =>
  (version.match(/\d+|[a-z]+|[^\d.a-z]+/g) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part));
