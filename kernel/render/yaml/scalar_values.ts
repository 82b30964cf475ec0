import { type Data, float, int } from '../python/value.ts';

export const PREFIX = 'tag:yaml.org,2002:';
export type ScalarType = 'null' | 'bool' | 'int' | 'float' | 'merge' | 'value' | 'str';

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INT = /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** What a plain scalar means, by its looks alone (YAML 1.1 as PyYAML has it; dates are texts to Salt). */
export function typeOf(text: string): ScalarType {
  if (/^[a-zA-Z]/.test(text)) return BOOL.test(text) ? 'bool' : NULL.test(text) ? 'null' : 'str';
  if (NULL.test(text)) return 'null';
  if (text === '<<') return 'merge';
  if (text === '=') return 'value';
  if (!/^[-+.0-9]/.test(text)) return 'str';
  return INT.test(text) ? 'int' : FLOAT.test(text) ? 'float' : 'str';
}

const TRUE = /^(?:yes|true|on)$/i;
const FALSE = /^(?:no|false|off)$/i;

/** undefined when it is none. */
export const boolOf = (text: string): boolean | undefined => (TRUE.test(text) ? true : FALSE.test(text) ? false : undefined);

/** Salt drops leading zeros before Python could take them for an octal number; `-0777` keeps its meaning. */
export function intOf(text: string): Data | undefined {
  const bare = (text !== '0' && /^0(?![bx])/.test(text) ? text.replace(/^0+/, '') || '0' : text).replaceAll('_', '');
  const negative = bare.startsWith('-');
  const digits = bare.replace(/^[-+]/, '');
  const size = magnitude(digits);
  return size === undefined ? undefined : int(negative ? -size : size);
}

function magnitude(digits: string): bigint | undefined {
  if (/^0b[01]+$/.test(digits) || /^0x[0-9a-f]+$/i.test(digits)) return BigInt(digits);
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  if (/^\d+$/.test(digits)) return BigInt(digits);
  if (!/^\d+(?::\d+)+$/.test(digits)) return undefined;
  return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

export function floatOf(text: string): Data | undefined {
  const bare = text.replaceAll('_', '').toLowerCase();
  const negative = bare.startsWith('-');
  const digits = bare.replace(/^[-+]/, '');
  if (digits === '.inf') return float(negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  if (digits === '.nan') return float(Number.NaN);
  if (!/^[\d.:]+(?:e[-+]?\d+)?$/.test(digits)) return undefined;
  const size = digits.includes(':') ? digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) : Number(digits);
  return Number.isNaN(size) ? undefined : float(negative ? -size : size);
}
