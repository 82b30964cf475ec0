import type { OutputOptions, Outputter } from './outputter.ts';
import { repr } from './python.ts';
import { entriesOf, kindOf, sortedKeys } from './values.ts';

/**
 * JSON as Python's `json.dumps` lays it out: four spaces, keys in their own order, non-ASCII as it is,
 * `NaN` and `Infinity` bare, whole floats with `.0`. What JSON has no form for is shown as its `repr`.
 */
export const json: Outputter = (data, options) => {
  const layout = layoutOf(options.indent);
  try {
    return encode(data, layout, '\n');
  } catch (error) {
    if (error instanceof KeyHasNoText) return '{}';
    throw error;
  }
};

interface Layout {
  /** The spaces of one level; undefined for one line. */
  readonly step: string | undefined;
  readonly sorted: boolean;
}

/** Salt prints an empty document for a mapping with a key JSON cannot name. */
class KeyHasNoText extends Error {}

function layoutOf(indent: OutputOptions['indent']): Layout {
  if (indent === undefined || indent === 'pretty') return { step: '    ', sorted: indent === 'pretty' };
  return { step: indent === null || indent < 0 ? undefined : ' '.repeat(indent), sorted: false };
}

function encode(value: unknown, layout: Layout, newline: string): string {
  switch (kindOf(value)) {
    case 'none':
      return 'null';
    case 'bool':
      return String(value);
    case 'int':
      return repr(value);
    case 'float':
      return float(value);
    case 'text':
      return JSON.stringify(value);
    case 'list':
      return wrap(
        '[',
        (value as unknown[]).map((item) => encode(item, layout, deeper(newline, layout))),
        ']',
        layout,
        newline,
      );
    case 'map':
      return wrap('{', members(value, layout, deeper(newline, layout)), '}', layout, newline);
    default:
      return JSON.stringify(repr(value));
  }
}

const deeper = (newline: string, layout: Layout): string => newline + (layout.step ?? '');

const members = (value: unknown, layout: Layout, newline: string): string[] =>
  ordered(entriesOf(value), layout.sorted).map(([key, item]) => `${JSON.stringify(keyText(key))}: ${encode(item, layout, newline)}`);

function ordered(entries: [unknown, unknown][], sorted: boolean): [unknown, unknown][] {
  if (!sorted) return entries;
  const values = new Map(entries);
  const keys = sortedKeys([...values.keys()]);
  if (keys === undefined) throw new KeyHasNoText();
  return keys.map((key) => [key, values.get(key)]);
}

function wrap(open: string, parts: string[], close: string, layout: Layout, newline: string): string {
  if (parts.length === 0) return open + close;
  if (layout.step === undefined) return open + parts.join(', ') + close;
  const inner = deeper(newline, layout);
  return `${open}${inner}${parts.join(`,${inner}`)}${newline}${close}`;
}

function float(value: unknown): string {
  const text = repr(value);
  if (text === 'nan') return 'NaN';
  return text.replace('inf', 'Infinity');
}

function keyText(key: unknown): string {
  switch (kindOf(key)) {
    case 'text':
      return String(key);
    case 'none':
      return 'null';
    case 'bool':
      return String(key);
    case 'int':
      return repr(key);
    case 'float':
      return float(key);
    default:
      throw new KeyHasNoText();
  }
}
