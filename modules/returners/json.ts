import type { Returnable } from '../define.ts';

/**
 * One line of JSON as Python's `json.dumps` writes it (facts: a blank after each comma and colon, `1.0` for an integral
 * float, `NaN` and `Infinity` bare), so that readers of Salt's lines find the same. Bytes are read as UTF-8.
 */
export function pythonJson(value: Returnable | undefined): string {
  return written(value, { item: ', ', colon: ': ', strict: false });
}

/** JSON that every reader takes: no blanks, and null for the numbers that JSON lacks. */
export function strictJson(value: Returnable | undefined): string {
  return written(value, { item: ',', colon: ':', strict: true });
}

interface Style {
  readonly item: string;
  readonly colon: string;
  readonly strict: boolean;
}

function written(value: Returnable | undefined, style: Style): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return numberText(value, style);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('utf8'));
  if (Array.isArray(value)) return `[${value.map((item) => written(item, style)).join(style.item)}]`;
  if (isFloating(value)) return floatText(value.value, style);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([key, item]) => JSON.stringify(String(key)) + style.colon + written(item as Returnable, style)).join(style.item)}}`;
}

const isFloating = (value: object): value is { readonly value: number } =>
  'toJSON' in value && 'value' in value && typeof value.value === 'number';

function numberText(value: number, style: Style): string {
  if (Number.isFinite(value)) return String(value);
  if (style.strict) return 'null';
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

const floatText = (value: number, style: Style): string =>
  Number.isInteger(value) && Math.abs(value) < 1e16 && !style.strict ? `${value}.0` : numberText(value, style);

/** What `pythonJson` wrote; the text itself where JSON knows no such number. */
export function parsedJson(text: unknown): Returnable {
  try {
    return JSON.parse(String(text)) as Returnable;
  } catch {
    return String(text);
  }
}
