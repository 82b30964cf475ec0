import { compare } from '../python/compare.ts';
import { floatText } from '../python/repr.ts';
import { type Data, isDict, isFloat, Opaque, sequence, toNumber, type Value } from '../python/value.ts';
import { typeOf } from './scalar_values.ts';

type IsBlock = (value: Value) => boolean;

/**
 * YAML as PyYAML writes it for Salt's `yaml` filter: keys sorted, without line breaking, in flow or in block style; `leaves`
 * writes only those collections in flow style that hold nothing but scalars. With `ascii` other characters are escaped.
 */
export function dumpYaml(value: Value, flow: boolean | 'leaves' = true, ascii = false): string {
  const isBlock = flow === 'leaves' ? hasCollection : isFilled;
  const writer = new Writer(isBlock, ascii);
  const text = flow === true || !isBlock(value) ? writer.inline(value) : writer.block(value, '').replace(/^\n/, '');
  return text.trim();
}

const isFilled = (value: Value): boolean => (isDict(value) && value.size > 0) || (sequence(value)?.length ?? 0) > 0;
const hasCollection = (value: Value): boolean =>
  (isDict(value) ? [...value.values()] : (sequence(value) ?? [])).some((item) => isDict(item) || sequence(item) !== undefined);

function sorted(dict: ReadonlyMap<Value, Value>): (readonly [Value, Value])[] {
  const pairs = [...dict];
  try {
    return pairs.sort(([a], [b]) => compare(a, b));
  } catch {
    return pairs;
  }
}

class Writer {
  readonly #isBlock: IsBlock;
  readonly #ascii: boolean;

  constructor(isBlock: IsBlock, ascii: boolean) {
    this.#isBlock = isBlock;
    this.#ascii = ascii;
  }

  inline(value: Value): string {
    if (isDict(value))
      return `{${sorted(value)
        .map(([key, item]) => `${this.inline(key)}: ${this.inline(item)}`)
        .join(', ')}}`;
    const items = sequence(value) ?? (value instanceof Opaque ? [...(value.items() ?? [])] : undefined);
    return items === undefined ? this.#scalar(value as Data, true) : `[${items.map((item) => this.inline(item)).join(', ')}]`;
  }

  block(value: Value, indent: string): string {
    if (isDict(value) && value.size > 0) {
      return sorted(value)
        .map(([key, item]) => {
          const name = `\n${indent}${this.#scalar(key as Data, false)}:`;
          if (!this.#isBlock(item)) return `${name} ${this.#inlineIn(item)}`;
          return name + this.block(item, isDict(item) ? `${indent}  ` : indent);
        })
        .join('');
    }
    return (sequence(value) ?? [])
      .map((item) => {
        const inner = this.#isBlock(item) ? this.block(item, `${indent}  `).replace(/^\n\s*/, '') : this.#inlineIn(item);
        return `\n${indent}- ${inner}`;
      })
      .join('');
  }

  #inlineIn(value: Value): string {
    return isDict(value) || sequence(value) !== undefined ? this.inline(value) : this.#scalar(value as Data, false);
  }

  #scalar(value: Data, flow: boolean): string {
    if (value === null) return 'null';
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return this.#ascii && NOT_ASCII.test(value) ? escaped(value) : text(value, flow);
    if (value instanceof Uint8Array) return `!!binary "${Buffer.from(value).toString('base64')}"`;
    if (isFloat(value)) return floating(toNumber(value));
    return String(value);
  }
}

const NOT_ASCII = /[\u0080-\u{10ffff}]/u;

/** A text in double quotes with nothing but ASCII in it: `\xFC`, `\u20AC`, `\U0001F600`. */
const escaped = (value: string): string =>
  JSON.stringify(value).replace(/[\u0080-\u{10ffff}]/gu, (one) => {
    const hex = (one.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return hex.length <= 2 ? `\\x${hex}` : hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });

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
