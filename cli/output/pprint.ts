import type { Outputter } from './outputter.ts';
import { bytesRepr, repr, textRepr } from './python.ts';
import { BLANKS, compareText, entriesOf, kindOf, LINE_ENDS, sortedKeys } from './values.ts';

/** Python's pretty printer: lines of at most 80 columns, mappings sorted, long texts cut between words. */
export const pprint: Outputter = (data, options) =>
  pretty(data, typeof options.indent === 'number' && options.indent >= 0 ? options.indent : 1);

const WIDTH = 80;

export function pretty(value: unknown, indentPerLevel = 1): string {
  const printer = new Printer(indentPerLevel);
  printer.format(value, 0, 0, 0);
  return printer.text;
}

class Printer {
  text = '';
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  /** `indent`: the column this value starts at; `allowance`: columns to keep free for what closes behind it. */
  format(value: unknown, indent: number, allowance: number, level: number): void {
    const short = sortedRepr(value);
    if (width(short) <= WIDTH - indent - allowance) {
      this.text += short;
      return;
    }
    switch (kindOf(value)) {
      case 'map':
        this.#mapping(value, indent, allowance + 1, level + 1);
        return;
      case 'list':
        this.#list(value as unknown[], indent, allowance + 1, level + 1);
        return;
      case 'text':
        this.#chunks(textChunks(value as string, ...room(indent, allowance, level)), indent, level, short);
        return;
      case 'bytes':
        this.#bytes(value as Uint8Array, indent, allowance, level, short);
        return;
      default:
        this.text += short;
    }
  }

  #open(bracket: string): void {
    this.text += bracket + ' '.repeat(Math.max(0, this.#step - 1));
  }

  #mapping(value: unknown, indent: number, allowance: number, level: number): void {
    this.#open('{');
    const items = sortedEntries(entriesOf(value));
    const inner = indent + this.#step;
    items.forEach(([key, item], index) => {
      const last = index === items.length - 1;
      const name = sortedRepr(key);
      this.text += `${name}: `;
      this.format(item, inner + width(name) + 2, last ? allowance : 1, level);
      if (!last) this.text += `,\n${' '.repeat(inner)}`;
    });
    this.text += '}';
  }

  #list(items: readonly unknown[], indent: number, allowance: number, level: number): void {
    this.#open('[');
    const inner = indent + this.#step;
    items.forEach((item, index) => {
      const last = index === items.length - 1;
      this.format(item, inner, last ? allowance : 1, level);
      if (!last) this.text += `,\n${' '.repeat(inner)}`;
    });
    this.text += ']';
  }

  /** Adjacent literals, in brackets at the top level, where nothing else holds them together. */
  #chunks(chunks: readonly string[], indent: number, level: number, short: string): void {
    if (chunks.length <= 1) {
      this.text += chunks[0] ?? short;
      return;
    }
    const joined = chunks.join(`\n${' '.repeat(level === 0 ? indent + 1 : indent)}`);
    this.text += level === 0 ? `(${joined})` : joined;
  }

  #bytes(bytes: Uint8Array, indent: number, allowance: number, level: number, short: string): void {
    if (bytes.length <= 4) {
      this.text += short;
      return;
    }
    const [columns, kept] = room(indent, allowance, level);
    const chunks = byteChunks(bytes, columns, kept);
    const joined = chunks.join(`\n${' '.repeat(level === 0 ? indent + 1 : indent)}`);
    this.text += level === 0 ? `(${joined})` : joined;
  }
}

/** Columns a chunk may take, and how many fewer the last one; brackets at the top level take one each. */
const room = (indent: number, allowance: number, level: number): [columns: number, kept: number] =>
  level === 0 ? [WIDTH - indent - 1, allowance + 1] : [WIDTH - indent, allowance];

const width = (text: string): number => [...text].length;

const PIECES = new RegExp(`[^${LINE_ENDS}]*(?:\r\n|[${LINE_ENDS}])|[^${LINE_ENDS}]+$`, 'g');
const WORDS = new RegExp(`[^${BLANKS}]*[${BLANKS}]*`, 'g');

function textChunks(text: string, columns: number, kept: number): string[] {
  const chunks: string[] = [];
  const pieces = text.match(PIECES) ?? [];
  pieces.forEach((line, index) => {
    const lastLine = index === pieces.length - 1;
    const whole = textRepr(line);
    if (width(whole) <= (lastLine ? columns - kept : columns)) chunks.push(whole);
    else chunks.push(...wordChunks(line, columns, lastLine ? kept : 0));
  });
  return chunks;
}

function wordChunks(line: string, columns: number, kept: number): string[] {
  const chunks: string[] = [];
  const words = (line.match(WORDS) ?? []).filter((word) => word !== '');
  let current = '';
  words.forEach((word, index) => {
    const limit = index === words.length - 1 ? columns - kept : columns;
    if (width(textRepr(current + word)) <= limit) {
      current += word;
      return;
    }
    if (current !== '') chunks.push(textRepr(current));
    current = word;
  });
  if (current !== '') chunks.push(textRepr(current));
  return chunks;
}

function byteChunks(bytes: Uint8Array, columns: number, kept: number): string[] {
  const chunks: string[] = [];
  const last = Math.floor(bytes.length / 4) * 4;
  let start = 0;
  for (let i = 0; i < bytes.length; i += 4) {
    const limit = i === last ? columns - kept : columns;
    if (bytesRepr(bytes.subarray(start, i + 4)).length <= limit) continue;
    if (i > start) chunks.push(bytesRepr(bytes.subarray(start, i)));
    start = i;
  }
  if (start < bytes.length) chunks.push(bytesRepr(bytes.subarray(start)));
  return chunks;
}

/** `repr` with mappings in sorted order, which is what the pretty printer measures and prints. */
function sortedRepr(value: unknown): string {
  switch (kindOf(value)) {
    case 'list':
      return `[${(value as unknown[]).map(sortedRepr).join(', ')}]`;
    case 'map':
      return `{${sortedEntries(entriesOf(value))
        .map(([key, item]) => `${sortedRepr(key)}: ${sortedRepr(item)}`)
        .join(', ')}}`;
    default:
      return repr(value);
  }
}

const CLASS: Readonly<Record<string, string>> = { none: 'NoneType', text: 'str', date: 'datetime.datetime', list: 'tuple', map: 'dict' };

const className = (value: unknown): string => {
  const kind = kindOf(value);
  return `<class '${CLASS[kind] ?? kind}'>`;
};

/** Keys that cannot be compared are ordered by the names of their types. */
function sortedEntries(entries: [unknown, unknown][]): [unknown, unknown][] {
  return [...entries].sort(([a], [b]) => {
    const pair = sortedKeys([a, b]);
    if (pair === undefined) return compareText(className(a), className(b));
    return Object.is(a, b) ? 0 : Object.is(pair[0], a) ? -1 : 1;
  });
}
