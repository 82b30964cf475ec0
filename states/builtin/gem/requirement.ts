/** Versions of gems as Gem::Version orders them: parts of digits by number, letters before all digits (a pre-release). */
export function compareGemVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareParts(left[index] ?? 0, right[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

type Part = number | string;
const partsOf = (version: string): Part[] => (version.match(/\d+|[a-z]+/gi) ?? []).map((part) => (/\d/.test(part) ? Number(part) : part));
function compareParts(a: Part, b: Part): number {
  if (typeof a !== typeof b) return typeof a === 'string' ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Whether a version meets all of `>= 1.0, < 2`, `~> 1.4` or `1.2.3`. */
export const meetsGemRequirement = (version: string, requirement: string): boolean =>
  requirement.split(',').every((text) => meetsOne(version, text.trim()));

function meetsOne(version: string, text: string): boolean {
  const [, operator = '=', wanted = ''] = /^(>=|<=|~>|!=|=|>|<)?\s*(.*)$/.exec(text) ?? [];
  const order = compareGemVersions(version, wanted);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '!=':
      return order !== 0;
    case '~>':
      return order >= 0 && compareGemVersions(version, bumped(wanted)) < 0;
    default:
      return order === 0;
  }
}

/** The first version that `~>` no longer takes: `1.4.2` until `1.5`, `1.4` until `2`. */
function bumped(version: string): string {
  const numbers = partsOf(version).filter((part) => typeof part === 'number');
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
  return [...kept.slice(0, -1), (kept.at(-1) ?? 0) + 1].join('.');
}
