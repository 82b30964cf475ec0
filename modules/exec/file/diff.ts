/**
 * The unified diff that Python's difflib makes, line by line: scripts and states show and compare it, so the
 * same pairs of lines must be found alike, its rule for popular lines included.
 */
export const unifiedDiff = (before: readonly string[], after: readonly string[], from = '', to = ''): string => {
  const groups = grouped(opcodes(before, after));
  if (groups.length === 0) return '';
  const lines = [`--- ${from}\n`, `+++ ${to}\n`];
  for (const group of groups) {
    const first = group[0];
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    lines.push(`@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@\n`);
    for (const { tag, a1, a2, b1, b2 } of group) {
      if (tag === 'equal') lines.push(...before.slice(a1, a2).map((line) => ` ${line}`));
      if (tag === 'replace' || tag === 'delete') lines.push(...before.slice(a1, a2).map((line) => `-${line}`));
      if (tag === 'replace' || tag === 'insert') lines.push(...after.slice(b1, b2).map((line) => `+${line}`));
    }
  }
  return lines.join('');
};

/** Lines with their ends, split at \n, \r\n and \r. */
export const linesOf = (text: string): string[] => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

interface Opcode {
  readonly tag: 'equal' | 'replace' | 'delete' | 'insert';
  readonly a1: number;
  readonly a2: number;
  readonly b1: number;
  readonly b2: number;
}
interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

const range = (start: number, stop: number): string => {
  const length = stop - start;
  if (length === 1) return `${start + 1}`;
  return `${length === 0 ? start : start + 1},${length}`;
};

/** Where each line of the second text stands; lines that fill over 1% of 200 or more are no anchors. */
const positions = (lines: readonly string[]): Map<string, number[]> => {
  const places = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    const known = places.get(line);
    if (known === undefined) places.set(line, [index]);
    else known.push(index);
  }
  if (lines.length >= 200) {
    const most = Math.floor(lines.length / 100) + 1;
    for (const [line, indices] of places) if (indices.length > most) places.delete(line);
  }
  return places;
};

const longestMatch = (
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [a1, a2, b1, b2]: readonly [number, number, number, number],
): Match => {
  let best: Match = { a: a1, b: b1, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = a1; i < a2; i += 1) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] ?? '') ?? []) {
      if (j < b1) continue;
      if (j >= b2) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: i, b: j, size } = best;
  while (i > a1 && j > b1 && a[i - 1] === b[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1];
  while (i + size < a2 && j + size < b2 && a[i + size] === b[j + size]) size += 1;
  return { a: i, b: j, size };
};

const matches = (a: readonly string[], b: readonly string[]): Match[] => {
  const places = positions(b);
  const found: Match[] = [];
  const pending: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let area = pending.pop(); area !== undefined; area = pending.pop()) {
    const [a1, a2, b1, b2] = area;
    const match = longestMatch(a, b, places, area);
    if (match.size === 0) continue;
    found.push(match);
    if (a1 < match.a && b1 < match.b) pending.push([a1, match.a, b1, match.b]);
    if (match.a + match.size < a2 && match.b + match.size < b2) pending.push([match.a + match.size, a2, match.b + match.size, b2]);
  }
  found.sort((one, other) => one.a - other.a || one.b - other.b);
  return [...found, { a: a.length, b: b.length, size: 0 }];
};

const opcodes = (a: readonly string[], b: readonly string[]): Opcode[] => {
  const codes: Opcode[] = [];
  let [i, j] = [0, 0];
  for (const match of matches(a, b)) {
    const tag = i < match.a ? (j < match.b ? 'replace' : 'delete') : j < match.b ? 'insert' : undefined;
    if (tag !== undefined) codes.push({ tag, a1: i, a2: match.a, b1: j, b2: match.b });
    [i, j] = [match.a + match.size, match.b + match.size];
    const last = codes.at(-1);
    if (match.size === 0) continue;
    // Adjacent matches are one.
    if (tag === undefined && last?.tag === 'equal') codes[codes.length - 1] = { ...last, a2: i, b2: j };
    else codes.push({ tag: 'equal', a1: match.a, a2: i, b1: match.b, b2: j });
  }
  return codes;
};

/** Changes with three lines of context, those near each other together. */
const grouped = (codes: readonly Opcode[], context = 3): Opcode[][] => {
  if (codes.every(({ tag }) => tag === 'equal')) return [];
  const trimmed = codes.map((code, index) => {
    if (code.tag !== 'equal') return code;
    if (index === 0) return { ...code, a1: Math.max(code.a1, code.a2 - context), b1: Math.max(code.b1, code.b2 - context) };
    return index === codes.length - 1
      ? { ...code, a2: Math.min(code.a2, code.a1 + context), b2: Math.min(code.b2, code.b1 + context) }
      : code;
  });
  const groups: Opcode[][] = [];
  let group: Opcode[] = [];
  for (const code of trimmed) {
    if (code.tag === 'equal' && code.a2 - code.a1 > 2 * context) {
      group.push({ ...code, a2: Math.min(code.a2, code.a1 + context), b2: Math.min(code.b2, code.b1 + context) });
      groups.push(group);
      group = [{ ...code, a1: Math.max(code.a1, code.a2 - context), b1: Math.max(code.b1, code.b2 - context) }];
    } else {
      group.push(code);
    }
  }
  if (group.length > 0 && !(group.length === 1 && group[0]?.tag === 'equal')) groups.push(group);
  return groups;
};
