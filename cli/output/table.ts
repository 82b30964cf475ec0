import { type Palette, palette } from './colors.ts';
import type { Outputter } from './outputter.ts';
import { str } from './python.ts';
import { entriesOf, isMapping, kindOf, sortedKeys, Unprintable } from './values.ts';

/** Lists of rows (mappings, lists or texts) as tables; mappings around them become headings. */
export const table: Outputter = (data, options) => {
  const out: string[] = [];
  show(data, 0, out, palette(options.color ?? false));
  return out.join('\n');
};

/** Longer cells are wrapped between words. */
const CELL_WIDTH = 50;

function show(value: unknown, indent: number, out: string[], colors: Palette): void {
  if (Array.isArray(value)) return void out.push(...rowsOf(value, indent, colors));
  if (!isMapping(value)) return;
  const lead = ' '.repeat(indent) + colors.DARK_GRAY;
  const items = new Map(entriesOf(value));
  for (const key of sortedKeys([...items.keys()]) ?? items.keys()) {
    out.push(`${lead}${str(key)}${colors.ENDC}:`, `${lead}----------${colors.ENDC}`);
    const item = items.get(key);
    if (Array.isArray(item)) out.push(...rowsOf(item, indent, colors));
    else show(item, indent + 4, out, colors);
  }
}

function rowsOf(rows: readonly unknown[], indent: number, colors: Palette): string[] {
  const kinds = new Set(rows.map(kindOf));
  if (kinds.size !== 1) return [];
  const cells = [...kinds][0] === 'map' ? [labelsOf(rows[0]), ...rows.map(sortedValues)] : rows.map(cellsOf);
  return draw(cells, ' '.repeat(indent + 4), colors);
}

const sortedNames = (row: unknown): unknown[] => {
  const names = entriesOf(row).map(([name]) => name);
  return sortedKeys(names) ?? names;
};

const labelsOf = (row: unknown): string[] => sortedNames(row).map((name) => titled(str(name).replaceAll('_', ' ')));

const titled = (text: string): string => text.toLowerCase().replace(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1));

function sortedValues(row: unknown): string[] {
  const values = new Map(entriesOf(row));
  return sortedNames(row).map((name) => str(values.get(name)));
}

function cellsOf(row: unknown): string[] {
  if (typeof row === 'string') return [row];
  if (!Array.isArray(row) || !row.every((cell) => typeof cell === 'string')) throw new Unprintable('a table row is not made of texts');
  return row;
}

function draw(rows: readonly string[][], lead: string, colors: Palette): string[] {
  const physical = rows.map(wrapped);
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...physical.flat().map((row) => row[column]?.length ?? 0)));
  const total = widths.reduce((sum, width) => sum + width, 0) + 4 + 3 * (columns - 1);
  const rule = `${lead}${colors.LIGHT_GRAY}${'-'.repeat(total)}${colors.ENDC}`;
  const out = [rule];
  for (const lines of physical) {
    for (const line of lines) {
      const cells = widths.map((width, column) => centred(line[column] ?? '', width));
      out.push(`${lead}${colors.WHITE}| ${cells.join(' | ')} |${colors.ENDC}`);
    }
    out.push(rule);
  }
  return out;
}

/** The lines of one row; a cell with fewer lines than another is filled up with empty ones. */
function wrapped(row: readonly string[]): string[][] {
  const cells = row.map((cell) => wrapOnSpace(cell).split('\n'));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) => cells.map((lines) => lines[index] ?? ''));
}

const wrapOnSpace = (text: string): string =>
  text.split(' ').reduce((before, word) => {
    const line = before.slice(before.lastIndexOf('\n') + 1);
    const first = word.split('\n', 1)[0] ?? '';
    return before + (line.length + first.length >= CELL_WIDTH ? '\n' : ' ') + word;
  });

/** As Python centres: the odd blank goes to the left when the width is odd, too. */
function centred(text: string, width: number): string {
  const spare = width - text.length;
  if (spare <= 0) return text;
  const left = Math.floor(spare / 2) + (spare & width & 1);
  return ' '.repeat(left) + text + ' '.repeat(spare - left);
}
