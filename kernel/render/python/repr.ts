import { Float } from '../../../protocol/wire/float.ts';
import { isDict, Opaque, Tuple, type Value } from './value.ts';

/** `str(value)`: what a template prints. */
export function str(value: Value): string {
  return typeof value === 'string' ? value : repr(value);
}

/** `repr(value)`: with quotes, as inside a list. */
export function repr(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? intText(value) : floatText(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Uint8Array) return `b${quoteBytes(value)}`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Tuple) return value.items.length === 1 ? `(${value.items.map(repr)[0]},)` : `(${value.items.map(repr).join(', ')})`;
  if (isDict(value)) return `{${[...value].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
  return value instanceof Opaque ? value.text() : String(value);
}

const intText = (value: number): string => (Math.abs(value) < 1e21 ? String(value) : String(BigInt(value)));

/** Python's shortest form: an exponent from 1e16 on and below 1e-4, of two digits at least. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa, exponent = ''] = value.toExponential().split('e');
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const character of text) out += character === mark ? `\\${mark}` : (SHORT[character] ?? shown(character));
  return `${mark}${out}${mark}`;
}

function shown(character: string): string {
  if (/[ -~]/.test(character)) return character;
  if (!/[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

function quoteBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (character === mark) out += `\\${mark}`;
    else out += SHORT[character] ?? (code >= 32 && code < 127 ? character : `\\x${code.toString(16).padStart(2, '0')}`);
  }
  return `${mark}${out}${mark}`;
}
