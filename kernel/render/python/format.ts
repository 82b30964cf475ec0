import type { Float } from '../../../protocol/wire/float.ts';
import { fits, measured } from './bounds.ts';
import { floatWith } from './percent.ts';
import { floatText, repr, str } from './repr.ts';
import { isDict, isFloat, isNumeric, PythonError, sequence, toNumber, typeName, type Value } from './value.ts';

const valueError = (message: string): PythonError => new PythonError('ValueError', message);

/** `text.format(*args, **kwargs)`: fields may go into lists and maps, never into attributes. @throws PythonError */
export function formatText(text: string, args: readonly Value[], kwargs: ReadonlyMap<string, Value>): string {
  let next = 0;
  const made = measured();
  const fill = (field: string): string => {
    const [, name = '', conversion, spec = ''] = /^([^!:]*)(?:!([rsa]))?(?::(.*))?$/s.exec(field) ?? [];
    const [first = '', ...path] = name.split(/(?=[.[])/);
    const base = first === '' ? args[next++] : /^\d+$/.test(first) ? args[Number(first)] : kwargs.get(first);
    if (base === undefined)
      throw /^\d*$/.test(first)
        ? new PythonError('IndexError', `Replacement index ${first === '' ? next - 1 : first} out of range for positional args tuple`)
        : new PythonError('KeyError', repr(first));
    const value = path.reduce(step, base);
    const shown = conversion === undefined ? value : conversion === 's' ? str(value) : repr(value);
    return formatSpec(
      shown,
      spec.replace(/\{([^{}]*)\}/g, (_all, inner: string) => fill(inner)),
    );
  };
  return text.replace(/\{\{|\}\}|\{((?:[^{}]|\{[^{}]*\})*)\}|[{}]/gs, (all, field: string | undefined) => {
    if (all === '{{' || all === '}}') return all[0] ?? '';
    if (field === undefined)
      throw valueError(all === '{' ? "expected '}' before end of string" : "Single '}' encountered in format string");
    return made(fill(field));
  });
}

function step(value: Value, part: string): Value {
  const key = part.startsWith('[') ? part.slice(1, -1) : undefined;
  if (key === undefined)
    throw new PythonError('SecurityError', `access to attribute '${part.slice(1)}' of '${typeName(value)}' object is unsafe.`);
  const found = isDict(value) ? value.get(/^\d+$/.test(key) ? Number(key) : key) : sequence(value)?.[Number(key)];
  if (found === undefined) throw new PythonError('KeyError', repr(key));
  return found;
}

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;

/** `format(value, spec)`. @throws PythonError */
export function formatSpec(value: Value, spec: string): string {
  if (spec === '') return str(value);
  const parts = SPEC.exec(spec);
  if (parts === null) throw valueError(`Invalid format specifier '${spec}' for object of type '${typeName(value)}'`);
  const [, fill, align, sign = '', alternate, zero, width = '0', grouping, precision, kind] = parts;
  const numeric = isNumeric(value) && kind !== 's';
  if (!numeric && kind !== undefined && kind !== 's')
    throw valueError(`Unknown format code '${kind}' for object of type '${typeName(value)}'`);
  const digits = precision === undefined ? undefined : Number(precision);
  const body = numeric ? numberText(value, kind, digits, grouping, alternate !== undefined, sign) : textOf(str(value), digits);
  const how = align ?? (zero === undefined ? (numeric ? '>' : '<') : '=');
  return aligned(body, fits(Number(width)), fill ?? (zero === undefined ? ' ' : '0'), how);
}

const textOf = (text: string, digits: number | undefined): string => (digits === undefined ? text : [...text].slice(0, digits).join(''));

function numberText(
  value: number | bigint | boolean | Float,
  kind: string | undefined,
  digits: number | undefined,
  grouping: string | undefined,
  alternate: boolean,
  sign: string,
): string {
  let text = plainNumber(value, kind, digits, alternate);
  if (grouping !== undefined)
    text = text.replace(/^(-?)(\d+)/, (_all, minus: string, whole: string) => minus + whole.replace(/\B(?=(\d{3})+(?!\d))/g, grouping));
  return sign !== '' && sign !== '-' && !text.startsWith('-') ? sign + text : text;
}

function plainNumber(
  value: number | bigint | boolean | Float,
  kind: string | undefined,
  digits: number | undefined,
  alternate: boolean,
): string {
  const radix = { b: 2, o: 8, x: 16, X: 16 }[kind ?? ''];
  if (radix !== undefined) {
    const text = BigInt(value as number).toString(radix);
    const prefix = alternate ? `0${kind}` : '';
    return text.startsWith('-') ? `-${prefix}${text.slice(1)}` : prefix + (kind === 'X' ? text.toUpperCase() : text);
  }
  if (kind === 'c') return String.fromCodePoint(Number(value));
  if (kind === '%') return `${floatWith('f', toNumber(value) * 100, digits ?? 6)}%`;
  if (kind === undefined || kind === 'n' || kind === 'd') {
    if (isFloat(value)) return digits === undefined ? floatText(toNumber(value)) : floatWith('g', toNumber(value), digits);
    return String(typeof value === 'boolean' ? Number(value) : value);
  }
  return floatWith(kind, toNumber(value), digits ?? 6);
}

function aligned(text: string, width: number, fill: string, how: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (how === '<') return text + fill.repeat(missing);
  if (how === '>') return fill.repeat(missing) + text;
  if (how === '^') return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(Math.ceil(missing / 2));
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + fill.repeat(missing) + text.slice(sign.length);
}
