import { bound } from '../../python/arguments.ts';
import { length } from '../../python/arithmetic.ts';
import { methodOf } from '../../python/attributes.ts';
import { fits, replacedAll } from '../../python/bounds.ts';
import { formatPercent } from '../../python/percent.ts';
import { str } from '../../python/repr.ts';
import {
  Callable,
  float,
  int,
  isDict,
  isNumeric,
  isTrue,
  iterate,
  Tuple,
  toNumber,
  typeError,
  typeName,
  type Value,
} from '../../python/value.ts';
import type { Filter } from '../engine.ts';
import { defined, Undefined } from '../undefined.ts';

/** A filter whose arguments have names. */
export const filter =
  (name: string, names: readonly string[], run: (value: Value, ...args: (Value | undefined)[]) => Value): Filter =>
  (value, args, kwargs) =>
    run(defined(value), ...bound(name, names, args, kwargs));

/** The method of text of that name. */
const method =
  (name: string): Filter =>
  (value, args, kwargs) => {
    const callable = methodOf(str(defined(value)), name);
    return callable instanceof Callable ? callable.call(args, kwargs) : null;
  };
const number = (value: Value | undefined, fallback: number): number =>
  value === undefined || value === null ? fallback : isNumeric(value) ? toNumber(value) : Number(str(value));

function indent(value: Value, width: Value | undefined, first: Value | undefined, blank: Value | undefined): string {
  const prefix = typeof width === 'string' ? width : ' '.repeat(fits(number(width, 4)));
  const lines = `${str(value)}\n`.split('\n');
  const kept = `${str(value)}\n`.endsWith('\n') ? lines.slice(0, -1) : lines;
  fits(str(value).length + kept.length * prefix.length);
  return kept
    .map((line, index) =>
      (index === 0 && !isTrue(first ?? false)) || (line === '' && index > 0 && !isTrue(blank ?? false)) ? line : prefix + line,
    )
    .join('\n');
}

function truncate(
  value: Value,
  size: Value | undefined,
  killwords: Value | undefined,
  end: Value | undefined,
  leeway: Value | undefined,
): string {
  const text = [...str(value)];
  const limit = number(size, 255);
  const tail = end === undefined ? '...' : str(end);
  if (text.length <= limit + number(leeway, 5)) return text.join('');
  const cut = text.slice(0, Math.max(0, limit - [...tail].length)).join('');
  return (isTrue(killwords ?? false) ? cut : cut.includes(' ') ? cut.slice(0, cut.lastIndexOf(' ')) : cut) + tail;
}

function wordwrap(value: Value, width: Value | undefined, breakLong: Value | undefined, by: Value | undefined): string {
  const size = number(width, 79);
  const wrap = (line: string): string => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(/\s+/).filter((one) => one !== '')) {
      let rest = word;
      if (current !== '' && current.length + 1 + rest.length > size) {
        lines.push(current);
        current = '';
      }
      while (isTrue(breakLong ?? true) && rest.length > size) {
        lines.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      current = current === '' ? rest : `${current} ${rest}`;
    }
    return [...lines, current].join(by === undefined || by === null ? '\n' : str(by));
  };
  return str(value).split('\n').map(wrap).join('\n');
}

function filesize(value: Value, binary: Value | undefined): string {
  const base = isTrue(binary ?? false) ? 1024 : 1000;
  const bytes = number(value, 0);
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const units = base === 1024 ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'] : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  let at = 0;
  while (at < units.length - 1 && bytes >= base ** (at + 2)) at++;
  return `${(bytes / base ** (at + 1)).toFixed(1)} ${units[at]}`;
}

function toInt(value: Value, fallback: Value | undefined, base: Value | undefined): Value {
  const usual = fallback ?? 0;
  if (isNumeric(value))
    return typeof value === 'bigint' ? value : Number.isFinite(toNumber(value)) ? int(BigInt(Math.trunc(toNumber(value)))) : usual;
  if (typeof value !== 'string') return usual;
  const text = value.trim().replaceAll('_', '');
  const radix = number(base, 10);
  const digits = { 2: /^([-+]?)(?:0b)?([01]+)$/i, 8: /^([-+]?)(?:0o)?([0-7]+)$/i, 16: /^([-+]?)(?:0x)?([\da-f]+)$/i }[radix];
  if (digits !== undefined) {
    const [, sign = '', body = ''] = digits.exec(text) ?? [];
    if (body === '') return usual;
    const size = BigInt(`${{ 2: '0b', 8: '0o', 16: '0x' }[radix]}${body}`);
    return int(sign === '-' ? -size : size);
  }
  if (/^[-+]?\d+$/.test(text)) return int(BigInt(text.replace(/^\+/, '')));
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? int(BigInt(Math.trunc(Number(text)))) : usual;
}

function toFloat(value: Value, fallback: Value | undefined): Value {
  if (isNumeric(value)) return float(toNumber(value));
  const text = typeof value === 'string' ? value.trim() : '';
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? float(Number(text)) : (fallback ?? float(0));
}

/** Half to even, as Python rounds. */
function rounded(value: Value, precision: Value | undefined, how: Value | undefined): Value {
  const scale = 10 ** number(precision, 0);
  const scaled = number(value, 0) * scale;
  const way = how === undefined ? 'common' : str(how);
  const whole =
    way === 'ceil'
      ? Math.ceil(scaled)
      : way === 'floor'
        ? Math.floor(scaled)
        : Math.abs(scaled % 1) === 0.5
          ? 2 * Math.round(scaled / 2)
          : Math.round(scaled);
  return float(whole / scale);
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (one) => HTML[one] ?? one);

const replace = (value: Value, old: Value | undefined, by: Value | undefined, count: Value | undefined): Value =>
  replacedAll(str(value), str(old ?? ''), str(by ?? ''), number(count, -1));

function xmlattr(value: Value, space: Value | undefined): string {
  if (!isDict(value)) throw typeError(`'${typeName(value)}' object is not a mapping`);
  const pairs = [...value]
    .filter(([, item]) => item !== null && !(item instanceof Undefined))
    .map(([key, item]) => `${escapeHtml(str(key))}="${escapeHtml(str(item))}"`);
  return (pairs.length > 0 && isTrue(space ?? true) ? ' ' : '') + pairs.join(' ');
}

/** Filters of text and numbers. */
export const textFilters: Readonly<Record<string, Filter>> = {
  upper: method('upper'),
  lower: method('lower'),
  capitalize: method('capitalize'),
  title: filter('title', [], (value) =>
    str(value).replace(/[^-\s({[<]+/gu, (word) => (word[0] ?? '').toUpperCase() + word.slice(1).toLowerCase()),
  ),
  trim: filter('trim', ['chars'], (value, chars) => {
    const strip = methodOf(str(value), 'strip');
    return strip instanceof Callable ? (strip.call(chars === undefined ? [] : [chars], new Map()) as Value) : value;
  }),
  center: filter('center', ['width'], (value, width) => {
    const center = methodOf(str(value), 'center');
    return center instanceof Callable ? (center.call([width ?? 80], new Map()) as Value) : value;
  }),
  string: filter('string', [], (value) => str(value)),
  safe: filter('safe', [], (value) => value),
  escape: filter('escape', [], (value) => escapeHtml(str(value))),
  e: filter('e', [], (value) => escapeHtml(str(value))),
  forceescape: filter('forceescape', [], (value) => escapeHtml(str(value))),
  striptags: filter('striptags', [], (value) =>
    str(value)
      .replace(/<!--.*?-->|<[^>]*>/gs, '')
      .replace(/\s+/g, ' ')
      .trim(),
  ),
  replace: filter('replace', ['old', 'new', 'count'], replace),
  indent: filter('indent', ['width', 'first', 'blank'], indent),
  truncate: filter('truncate', ['length', 'killwords', 'end', 'leeway'], truncate),
  wordwrap: filter('wordwrap', ['width', 'break_long_words', 'wrapstring', 'break_on_hyphens'], wordwrap),
  wordcount: filter('wordcount', [], (value) => (str(value).match(/[\p{L}\p{N}_]+/gu) ?? []).length),
  format: (value, args, kwargs) => formatPercent(str(defined(value)), kwargs.size > 0 ? new Map<Value, Value>(kwargs) : new Tuple(args)),
  filesizeformat: filter('filesizeformat', ['binary'], filesize),
  int: filter('int', ['default', 'base'], toInt),
  float: filter('float', ['default'], toFloat),
  abs: filter('abs', [], (value) =>
    isNumeric(value) && typeof value !== 'bigint'
      ? Number.isInteger(value)
        ? Math.abs(Number(value))
        : float(Math.abs(toNumber(value)))
      : value,
  ),
  round: filter('round', ['precision', 'method'], rounded),
  urlencode: filter('urlencode', [], (value) =>
    isDict(value)
      ? [...value].map(([key, item]) => `${encodeURIComponent(str(key))}=${encodeURIComponent(str(item))}`).join('&')
      : encodeURIComponent(str(value))
          .replaceAll('%2F', '/')
          .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
  xmlattr: filter('xmlattr', ['autospace'], xmlattr),
  length: filter('length', [], (value) => lengthOf(value)),
  count: filter('count', [], (value) => lengthOf(value)),
  pprint: filter('pprint', [], (value) => str(value)),
};

function lengthOf(value: Value): number {
  if (typeof value === 'object' && value !== null && 'items' in value && !(value instanceof Tuple))
    return [...iterate(value as Value)].length;
  return length(value);
}
