import { Float } from '../protocol/wire/float.ts';
import { type ImplicitTag, implicitTag } from './yaml11.ts';

/** A bare word or a tag that YAML 1.1 cannot make a value of. */
export class BadScalar extends Error {}

/** The value of a bare word: number, truth value, nothing, or the text itself. Dates stay texts, as in Salt. */
export const plainValue = (text: string): unknown => taggedValue(implicitTag(text), text);

export function taggedValue(tag: ImplicitTag, text: string): unknown {
  switch (tag) {
    case 'int':
      return integer(text);
    case 'float':
      return float(text);
    case 'bool':
      return truth(text);
    case 'null':
      return null;
    case 'value':
    case 'indicator':
    case 'merge':
      throw new BadScalar(`${text} means nothing here`);
    default:
      return text;
  }
}

function truth(text: string): boolean {
  const word = text.toLowerCase();
  if (['yes', 'true', 'on'].includes(word)) return true;
  if (['no', 'false', 'off'].includes(word)) return false;
  throw new BadScalar(`${text} is neither true nor false`);
}

/** Salt drops leading zeros, so that `010` is ten; only behind a sign they still mean octal. */
function integer(given: string): number | bigint {
  const text = /^0(?![bx])/.test(given) ? given.replace(/^0+/, '') || '0' : given;
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/.exec(text.replaceAll('_', '')) ?? [];
  const size = magnitude(digits);
  const value = sign === '-' ? -size : size;
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function magnitude(digits: string): bigint {
  if (digits.includes(':')) return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  const octal = /^0\d/.test(digits);
  const form = octal ? /^[0-7]+$/ : /^(?:0b[01]+|0x[0-9a-f]+|\d+)$/i;
  if (!form.test(digits)) throw new BadScalar(`${digits} is not a whole number`);
  return BigInt(octal ? `0o${digits}` : digits);
}

function float(given: string): number | Float {
  const text = given.replaceAll('_', '').toLowerCase();
  const [, sign = '', size = ''] = /^([-+]?)(.*)$/.exec(text) ?? [];
  const value = (sign === '-' ? -1 : 1) * floatSize(size);
  return Number.isInteger(value) ? new Float(value) : value;
}

function floatSize(text: string): number {
  if (text === '.inf') return Number.POSITIVE_INFINITY;
  if (text === '.nan') return Number.NaN;
  if (text.includes(':')) return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  if (!/^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(text)) throw new BadScalar(`${text} is not a number`);
  return Number(text);
}
