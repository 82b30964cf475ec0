import type { Float } from '../../../protocol/wire/float.ts';
import { fits, measured } from './bounds.ts';
import { floatText, repr, str } from './repr.ts';
import { isDict, isNumeric, PythonError, Tuple, toNumber, typeError, typeName, type Value } from './value.ts';

const SPEC = /%(?:\(([^)]*)\))?([-+ #0]*)(\d+|\*)?(?:\.(\d+))?[hlL]?(.)/gs;

/** `text % values`. @throws PythonError */
export function formatPercent(text: string, values: Value): string {
  const items = values instanceof Tuple ? values.items : [values];
  let next = 0;
  const taken = (): Value => {
    const value = items[next++];
    if (value === undefined) throw typeError('not enough arguments for format string');
    return value;
  };
  let named = false;
  const piece = measured();
  const made = text.replace(
    SPEC,
    (_all, name: string | undefined, flags: string, width: string | undefined, precision: string | undefined, kind: string) => {
      if (kind === '%') return '%';
      named ||= name !== undefined;
      const size = width === '*' ? Number(taken()) : Number(width ?? 0);
      const value = name === undefined ? taken() : byName(values, name);
      return piece(pad(one(kind, value, flags, precision === undefined ? undefined : Number(precision)), size, flags, kind));
    },
  );
  if (!named && next < items.length && !isDict(values)) throw typeError('not all arguments converted during string formatting');
  return made;
}

function byName(values: Value, name: string): Value {
  if (!isDict(values)) throw typeError('format requires a mapping');
  const value = values.get(name);
  if (value === undefined) throw new PythonError('KeyError', repr(name));
  return value;
}

function one(kind: string, value: Value, flags: string, precision: number | undefined): string {
  if (kind === 's') return cut(str(value), precision);
  if (kind === 'r' || kind === 'a') return cut(repr(value), precision);
  if (kind === 'c') return typeof value === 'number' ? String.fromCodePoint(value) : str(value);
  if (!'diuoxXeEfFgG'.includes(kind))
    throw new PythonError('ValueError', `unsupported format character '${kind}' (0x${kind.charCodeAt(0).toString(16)})`);
  if (!isNumeric(value)) {
    const what = 'diu'.includes(kind) ? 'a real number is required' : 'oxX'.includes(kind) ? 'an integer is required' : '';
    throw typeError(what === '' ? `must be real number, not ${typeName(value)}` : `%${kind} format: ${what}, not ${typeName(value)}`);
  }
  return signed(number(kind, value, flags, precision), flags);
}

function number(kind: string, value: number | bigint | boolean | Float, flags: string, precision: number | undefined): string {
  const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(toNumber(value)) || 0);
  if ('diu'.includes(kind)) return String(whole);
  if (kind === 'o') return (flags.includes('#') ? '0o' : '') + whole.toString(8);
  if (kind === 'x') return (flags.includes('#') ? '0x' : '') + whole.toString(16);
  if (kind === 'X') return (flags.includes('#') ? '0X' : '') + whole.toString(16).toUpperCase();
  return floatWith(kind, toNumber(value), precision ?? 6);
}

/** A float in one of the forms `f`, `e`, `g`. */
export function floatWith(kind: string, value: number, precision: number): string {
  if (!Number.isFinite(value)) return floatText(value);
  const digits = Math.min(precision, 100);
  if (kind === 'f' || kind === 'F')
    return Math.abs(value) < 1e21 ? value.toFixed(digits) : BigInt(value) + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  if (kind === 'e' || kind === 'E') return twoDigits(value.toExponential(digits), kind);
  const significant = Math.max(1, digits);
  const exponent = value === 0 ? 0 : Number(value.toExponential(significant - 1).split('e')[1]);
  if (exponent < -4 || exponent >= significant) {
    const [mantissa = '', power = ''] = value.toExponential(significant - 1).split('e');
    return twoDigits(`${trimZeros(mantissa)}e${power}`, kind === 'G' ? 'E' : 'e');
  }
  return trimZeros(value.toFixed(Math.max(0, significant - 1 - exponent)));
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const twoDigits = (text: string, letter: string): string => text.replace(/e([-+])(\d)$/, `e$10$2`).replace('e', letter === 'E' ? 'E' : 'e');
const cut = (text: string, precision: number | undefined): string =>
  precision === undefined ? text : [...text].slice(0, precision).join('');
const signed = (text: string, flags: string): string =>
  text.startsWith('-') ? text : flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;

function pad(text: string, width: number, flags: string, kind: string): string {
  const size = fits(width);
  if (flags.includes('-')) return text.padEnd(size);
  if (!flags.includes('0') || 'sra'.includes(kind)) return text.padStart(size);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(size - sign.length, '0');
}
