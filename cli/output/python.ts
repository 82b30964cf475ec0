import { Float } from '../../protocol/wire/float.ts';
import { entriesOf, kindOf } from './values.ts';

/** Values as Python's `repr` and `str` write them: what `--out=raw`, `pprint` and Salt's own texts show. */

/** `repr(float)`: the shortest digits, `.0` when integral, an exponent below 1e-4 and from 1e16 on. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = exponent < 0 ? value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - exponent) : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** Characters Python shows as they are: not controls, separators other than the space, surrogates or unassigned ones. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]$/u;

export function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const character of text) out += reprCharacter(character, quote);
  return quote + out + quote;
}

function reprCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const named = NAMED[character];
  if (named !== undefined) return named;
  if (character === ' ' || PRINTABLE.test(character)) return character;
  return escaped(character.codePointAt(0) ?? 0);
}

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

export function bytesRepr(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let out = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === quote) out += `\\${quote}`;
    else if (NAMED[character] !== undefined) out += NAMED[character];
    else out += byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `b${quote}${out}${quote}`;
}

function dateRepr(date: Date): string {
  const parts = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()];
  if (date.getUTCSeconds() !== 0 || date.getUTCMilliseconds() !== 0) parts.push(date.getUTCSeconds());
  if (date.getUTCMilliseconds() !== 0) parts.push(date.getUTCMilliseconds() * 1000);
  return `datetime.datetime(${parts.join(', ')})`;
}

/** `repr(value)`. */
export function repr(value: unknown): string {
  switch (kindOf(value)) {
    case 'none':
      return 'None';
    case 'bool':
      return value === true ? 'True' : 'False';
    case 'int':
      return BigInt(value as number | bigint).toString();
    case 'float':
      return floatRepr(value instanceof Float ? value.value : (value as number));
    case 'text':
      return textRepr(value as string);
    case 'bytes':
      return bytesRepr(value as Uint8Array);
    case 'date':
      return dateRepr(value as Date);
    case 'list':
      return `[${(value as unknown[]).map(repr).join(', ')}]`;
    case 'map':
      return `{${entriesOf(value)
        .map(([key, item]) => `${repr(key)}: ${repr(item)}`)
        .join(', ')}}`;
    default:
      return String(value);
  }
}

const dateText = (date: Date): string => {
  const text = date.toISOString().replace('T', ' ').replace('Z', '');
  return text.endsWith('.000') ? text.slice(0, -4) : `${text}000`;
};

/** `str(value)`: texts bare, everything else as `repr`. */
export function str(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Date ? dateText(value) : repr(value);
}
