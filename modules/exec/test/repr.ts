import type { Floating, Returnable } from '../../define.ts';

const isFloating = (value: object): value is Floating => 'value' in value && typeof value.value === 'number' && 'toJSON' in value;

/** The Python type a value has for a Salt minion: `int`, `str`, ... */
export const pythonType = (value: Returnable): string => {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (typeof value === 'string') return 'str';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  return isFloating(value) ? 'float' : 'dict';
};

/** What Python's `repr()` prints for the value; scripts compare this text. */
export const pythonRepr = (value: Returnable): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(BigInt(value)) : floatRepr(value);
  if (typeof value === 'string') return stringRepr(value);
  if (value instanceof Uint8Array) return bytesRepr(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (value instanceof Map) return mapRepr([...value]);
  return isFloating(value) ? floatRepr(value.value) : mapRepr(Object.entries(value));
};

/** A tuple, such as Python makes of `*args`. */
export const tupleRepr = (values: readonly Returnable[]): string =>
  `(${values.map(pythonRepr).join(', ')}${values.length === 1 ? ',' : ''})`;

const mapRepr = (entries: readonly (readonly [Returnable, Returnable])[]): string =>
  `{${entries.map(([key, value]) => `${pythonRepr(key)}: ${pythonRepr(value)}`).join(', ')}}`;

/** Shortest digits, as JavaScript; an exponent from 1e16 and below 1e-4, of at least two digits. */
const floatRepr = (value: number): string => {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : String(value);
};

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const quoteOf = (text: string): string => (text.includes("'") && !text.includes('"') ? '"' : "'");

const stringRepr = (text: string): string => {
  const quote = quoteOf(text);
  const body = text.replace(/[\\\n\r\t'"]|(?! )[\p{C}\p{Z}]/gu, (char) =>
    char === quote ? `\\${char}` : (SHORT[char] ?? hexEscape(char)),
  );
  return quote + body + quote;
};

/** What Python holds to be unprintable; quotes that need no escape pass through. */
const hexEscape = (char: string): string => {
  if (char === "'" || char === '"') return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
};

const bytesRepr = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).toString('latin1');
  const quote = quoteOf(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what is escaped
  const body = text.replace(/[\\\n\r\t'"\x00-\x1f\x7f-\xff]/g, (char) => (char === quote ? `\\${char}` : (SHORT[char] ?? hexEscape(char))));
  return `b${quote}${body}${quote}`;
};
