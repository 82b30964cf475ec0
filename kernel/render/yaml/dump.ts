import { compare } from '../python/compare.ts';
import { floatText } from '../python/repr.ts';
import { type Data, isDict, isFloat, Opaque, sequence, toNumber, type Value } from '../python/value.ts';
import { typeOf } from './scalar_values.ts';

/** YAML as PyYAML writes it for Salt's `yaml` filter: keys sorted, in flow or in block style, without line breaking. */
export function dumpYaml(value: Value, flow = true): string {
  const text = flow || !isBlock(value) ? inline(value) : block(value, '').replace(/^\n/, '');
  return text.trim();
}

const isBlock = (value: Value): boolean => (isDict(value) && value.size > 0) || (sequence(value)?.length ?? 0) > 0;

function sorted(dict: ReadonlyMap<Value, Value>): (readonly [Value, Value])[] {
  const pairs = [...dict];
  try {
    return pairs.sort(([a], [b]) => compare(a, b));
  } catch {
    return pairs;
  }
}

function inline(value: Value): string {
  if (isDict(value))
    return `{${sorted(value)
      .map(([key, item]) => `${inline(key)}: ${inline(item)}`)
      .join(', ')}}`;
  const items = sequence(value) ?? (value instanceof Opaque ? [...(value.items() ?? [])] : undefined);
  return items === undefined ? scalar(value as Data, true) : `[${items.map(inline).join(', ')}]`;
}

function block(value: Value, indent: string): string {
  if (isDict(value) && value.size > 0) {
    return sorted(value)
      .map(([key, item]) => {
        const name = `\n${indent}${scalar(key as Data, false)}:`;
        if (!isBlock(item)) return `${name} ${inlineIn(item)}`;
        return name + block(item, isDict(item) ? `${indent}  ` : indent);
      })
      .join('');
  }
  return (sequence(value) ?? [])
    .map((item) => {
      const inner = isBlock(item) ? block(item, `${indent}  `).replace(/^\n\s*/, '') : inlineIn(item);
      return `\n${indent}- ${inner}`;
    })
    .join('');
}

const inlineIn = (value: Value): string => (isDict(value) || sequence(value) !== undefined ? inline(value) : scalar(value as Data, false));

function scalar(value: Data, flow: boolean): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return text(value, flow);
  if (value instanceof Uint8Array) return `!!binary "${Buffer.from(value).toString('base64')}"`;
  if (isFloat(value)) return floating(toNumber(value));
  return String(value);
}

function floating(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const shown = floatText(value);
  return shown.includes('.') || !shown.includes('e') ? shown : shown.replace('e', '.0e');
}

const NEEDS_QUOTES = /^$|^[-?:,[\]{}#&*!|>'"%@`\s]|^\d{4}-\d|[\s:]$|: |\s#|^---|^\.\.\./;

function text(value: string, flow: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these need double quotes
  if (/[\x00-\x08\x0b-\x1f\x7f\n]/.test(value) || /\p{Cs}/u.test(value))
    return JSON.stringify(value).replace(/[\u0080-\u{10ffff}]/gu, (one) => one);
  const isPlainWord = /^-[^\s-]/.test(value) && !flow;
  const quoted =
    typeOf(value) !== 'str' || isDate(value) || (!isPlainWord && NEEDS_QUOTES.test(value)) || (flow && /[,[\]{}?]/.test(value));
  return quoted ? `'${value.replaceAll("'", "''")}'` : value;
}

const isDate = (value: string): boolean => /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt\s]|$)/.test(value);
