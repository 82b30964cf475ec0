import { Float } from '../../../protocol/wire/float.ts';
import { bounded, fits, power } from './bounds.ts';
import { formatPercent } from './percent.ts';
import { float, int, isDict, isFloat, isNumeric, PythonError, Tuple, toNumber, typeError, typeName, type Value } from './value.ts';

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** A binary operator with Python's rules and errors. @throws PythonError */
export function arithmetic(operator: Operator, a: Value, b: Value): Value {
  if (isNumeric(a) && isNumeric(b))
    return isFloat(a) || isFloat(b) || operator === '/'
      ? floating(operator, toNumber(a), toNumber(b))
      : whole(operator, wholeOf(a), wholeOf(b));
  if (operator === '+') return concatenate(a, b);
  if (operator === '*') {
    if (isCount(b)) return repeat(a, Number(b));
    if (isCount(a)) return repeat(b, Number(a));
    if (isSequence(a) || isSequence(b)) throw typeError(`can't multiply sequence by non-int of type '${typeName(isSequence(a) ? b : a)}'`);
  }
  if (operator === '%' && typeof a === 'string') return formatPercent(a, b);
  throw typeError(`unsupported operand type(s) for ${operator === '**' ? '** or pow()' : operator}: '${typeName(a)}' and '${typeName(b)}'`);
}

const isCount = (value: Value): value is number | boolean =>
  typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value));
const isSequence = (value: Value): boolean => typeof value === 'string' || Array.isArray(value) || value instanceof Tuple;
const wholeOf = (value: number | bigint | boolean | Float): bigint => BigInt(value instanceof Float ? value.value : value);

function floating(operator: Operator, a: number, b: number): Value {
  if (b === 0 && (operator === '/' || operator === '//' || operator === '%')) {
    throw new PythonError('ZeroDivisionError', operator === '/' ? 'division by zero' : 'float floor division by zero');
  }
  switch (operator) {
    case '+':
      return float(a + b);
    case '-':
      return float(a - b);
    case '*':
      return float(a * b);
    case '/':
      return float(a / b);
    case '//':
      return float(Math.floor(a / b));
    case '%':
      return float(a - Math.floor(a / b) * b);
    case '**':
      return float(a ** b);
  }
}

function whole(operator: Operator, a: bigint, b: bigint): Value {
  if (b === 0n && (operator === '//' || operator === '%')) throw new PythonError('ZeroDivisionError', 'integer division or modulo by zero');
  switch (operator) {
    case '+':
      return int(bounded(a + b));
    case '-':
      return int(bounded(a - b));
    case '*':
      return int(bounded(a * b));
    case '//':
      return int(floorDivide(a, b));
    case '%':
      return int(a - floorDivide(a, b) * b);
    case '**':
      if (b < 0n) return float(Number(a) ** Number(b));
      return int(power(a, b));
    case '/':
      return float(Number(a) / Number(b));
  }
}

const floorDivide = (a: bigint, b: bigint): bigint => (a % b !== 0n && a < 0n !== b < 0n ? a / b - 1n : a / b);

function concatenate(a: Value, b: Value): Value {
  if (typeof a === 'string') {
    if (typeof b !== 'string') throw typeError(`can only concatenate str (not "${typeName(b)}") to str`);
    fits(a.length + b.length);
    return a + b;
  }
  if (Array.isArray(a)) {
    if (!Array.isArray(b)) throw typeError(`can only concatenate list (not "${typeName(b)}") to list`);
    fits(a.length + b.length);
    return [...a, ...b];
  }
  if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
  throw typeError(`unsupported operand type(s) for +: '${typeName(a)}' and '${typeName(b)}'`);
}

function repeat(value: Value, times: number): Value {
  const count = Math.max(0, times);
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : value instanceof Tuple ? value.items.length : -1;
  if (size < 0) throw typeError(`can't multiply sequence by non-int of type '${typeName(value)}'`);
  fits(size * count);
  if (typeof value === 'string') return value.repeat(count);
  const items = Array.isArray(value) ? value : (value as Tuple).items;
  const made = Array.from({ length: count }, () => items).flat();
  return Array.isArray(value) ? made : new Tuple(made);
}

/** `-x`. */
export function negate(value: Value): Value {
  if (value instanceof Float) return new Float(-value.value);
  if (typeof value === 'bigint') return int(-value);
  if (isNumeric(value)) return value === 0 ? 0 : -Number(value);
  throw typeError(`bad operand type for unary -: '${typeName(value)}'`);
}

/** `len(value)`. @throws PythonError */
export function length(value: Value): number {
  if (typeof value === 'string') return /[\ud800-\udfff]/.test(value) ? [...value].length : value.length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (isDict(value)) return value.size;
  throw typeError(`object of type '${typeName(value)}' has no len()`);
}
