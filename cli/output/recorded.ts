import { Float } from '../../protocol/wire/float.ts';

/**
 * Reads the recorded cases of the tests: JSON written by Python, in which `1.0` is a float and `1` is
 * not, integers have any size, and the shapes JSON lacks are `{"$bytes": base64}`, `{"$float": "nan"}`
 * and `{"$map": [[key, value], ...]}`.
 */
export function readRecorded(text: string): unknown {
  const marked = text.replace(TOKENS, (token) => (NUMBER.test(token) && !PLAIN.test(token) ? `{"$number":"${token}"}` : token));
  return revived(JSON.parse(marked));
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const NUMBER = /^-?\d/;
const PLAIN = /^-?\d{1,15}$/;

const SPECIAL: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY };

function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== 'object' || value === null) return value;
  const [[mark, content] = ['', undefined]] = Object.entries(value);
  if (mark === '$number') return number(String(content));
  if (mark === '$float') return SPECIAL[String(content)];
  if (mark === '$bytes') return new Uint8Array(Buffer.from(String(content), 'base64'));
  if (mark === '$map' && Array.isArray(content)) return new Map(content.map(([key, item]) => [revived(key), revived(item)]));
  return Object.assign(Object.create(null), Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revived(item)])));
}

function number(text: string): unknown {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const value = Number(text);
  return Number.isInteger(value) ? new Float(value) : value;
}
