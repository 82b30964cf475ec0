import { bound } from '../arguments.ts';
import { fits, joinedBy, replacedAll } from '../bounds.ts';
import { formatText } from '../format.ts';
import { isTrue, iterate, PythonError, sequence, Tuple, typeError, typeName, type Value } from '../value.ts';

export type Method<T> = (self: T, args: readonly Value[], kwargs: ReadonlyMap<string, Value>) => Value;
type Simple = (self: string, ...args: (Value | undefined)[]) => Value;

const method =
  (fun: string, names: readonly string[], run: Simple): Method<string> =>
  (self, args, kwargs) =>
    run(self, ...bound(fun, names, args, kwargs));

const text = (value: Value | undefined, fallback: string): string => {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'string') throw typeError(`must be str, not ${typeName(value)}`);
  return value;
};
const whole = (value: Value | undefined, fallback: number): number => (value === undefined || value === null ? fallback : Number(value));
const wide = (value: Value | undefined): number => fits(whole(value, 0));

/** Goes inwards from each end, so that it is linear in the text. */
function strip(self: string, characters: Value | undefined, side: 'both' | 'left' | 'right'): string {
  const set = characters === undefined || characters === null ? undefined : new Set(text(characters, ''));
  const drop = (one: string | undefined): boolean => one !== undefined && (set === undefined ? one.trim() === '' : set.has(one));
  const all = [...self];
  let [from, to] = [0, all.length];
  if (side !== 'right') while (from < to && drop(all[from])) from++;
  if (side !== 'left') while (to > from && drop(all[to - 1])) to--;
  return all.slice(from, to).join('');
}

function split(self: string, separator: Value | undefined, limit: number): string[] {
  if (separator === undefined || separator === null) return splitBlank(self, limit);
  const by = text(separator, '');
  if (by === '') throw new PythonError('ValueError', 'empty separator');
  const parts = self.split(by);
  return limit < 0 || parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(by)];
}

function splitBlank(self: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = self.trimStart();
  while (rest !== '') {
    const at = rest.search(/\s/);
    if (at < 0 || (limit >= 0 && parts.length >= limit)) return [...parts, limit >= 0 && parts.length >= limit ? rest : rest];
    parts.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return parts;
}

function rsplit(self: string, separator: Value | undefined, limit: number): string[] {
  if (separator === undefined || separator === null) {
    const parts = self.trim() === '' ? [] : self.trim().split(/\s+/);
    if (limit < 0 || parts.length <= limit + 1) return parts;
    const tail = parts.slice(-limit || parts.length);
    return [
      self
        .trim()
        .slice(0, self.trim().lastIndexOf(tail.join(' ')))
        .trimEnd(),
      ...tail,
    ];
  }
  const by = text(separator, '');
  const parts = split(self, by, -1);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [parts.slice(0, parts.length - limit).join(by), ...parts.slice(parts.length - limit)];
}

/** `title`, `capitalize` and their kin know letters by Unicode. */
const title = (self: string): string => self.replace(/\p{L}+/gu, (word) => (word[0] ?? '').toUpperCase() + word.slice(1).toLowerCase());
const capitalize = (self: string): string => self.slice(0, 1).toUpperCase() + self.slice(1).toLowerCase();
const swapcase = (self: string): string =>
  [...self].map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join('');

function centered(self: string, width: number, fill: string): string {
  const missing = width - [...self].length;
  if (missing <= 0) return self;
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + self + fill.repeat(missing - left);
}

const starts = (prefix: Value | undefined, test: (one: string) => boolean): boolean =>
  (sequence(prefix ?? '') ?? [prefix ?? '']).some((one) => test(text(one, '')));

function found(at: number, what: string): number {
  if (at < 0) throw new PythonError('ValueError', `${what} not found`);
  return at;
}

function joined(self: string, items: Value | undefined): string {
  const parts = [...iterate(items ?? null)].map((item, index) => {
    if (typeof item !== 'string') throw typeError(`sequence item ${index}: expected str instance, ${typeName(item)} found`);
    return item;
  });
  return joinedBy(self, parts);
}

function partition(self: string, separator: string, at: number, last: boolean): Tuple {
  if (at < 0) return new Tuple(last ? ['', '', self] : [self, '', '']);
  return new Tuple([self.slice(0, at), separator, self.slice(at + separator.length)]);
}

const every = (self: string, pattern: RegExp): boolean => self !== '' && pattern.test(self);
const range = (self: string, start: Value | undefined, end: Value | undefined): string =>
  self.slice(whole(start, 0), end === undefined || end === null ? undefined : whole(end, 0));

const FIND = ['sub', 'start', 'end'];
/** The methods of text that templates may call. */
export const textMethods: Readonly<Record<string, Method<string>>> = {
  upper: method('upper', [], (self) => self.toUpperCase()),
  lower: method('lower', [], (self) => self.toLowerCase()),
  casefold: method('casefold', [], (self) => self.toLowerCase()),
  title: method('title', [], title),
  capitalize: method('capitalize', [], capitalize),
  swapcase: method('swapcase', [], swapcase),
  strip: method('strip', ['chars'], (self, chars) => strip(self, chars, 'both')),
  lstrip: method('lstrip', ['chars'], (self, chars) => strip(self, chars, 'left')),
  rstrip: method('rstrip', ['chars'], (self, chars) => strip(self, chars, 'right')),
  split: method('split', ['sep', 'maxsplit'], (self, by, limit) => split(self, by, whole(limit, -1))),
  rsplit: method('rsplit', ['sep', 'maxsplit'], (self, by, limit) => rsplit(self, by, whole(limit, -1))),
  splitlines: method('splitlines', ['keepends'], (self, keep) => {
    const lines = self.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
    return keep !== undefined && isTrue(keep) ? [...lines] : lines.map((line) => line.replace(/[\r\n]+$/, ''));
  }),
  join: method('join', ['iterable'], joined),
  replace: method('replace', ['old', 'new', 'count'], (self, old, by, count) => {
    return replacedAll(self, text(old, ''), text(by, ''), whole(count, -1));
  }),
  startswith: method('startswith', ['prefix', 'start'], (self, prefix, start) =>
    starts(prefix, (one) => self.startsWith(one, whole(start, 0))),
  ),
  endswith: method('endswith', ['suffix'], (self, suffix) => starts(suffix, (one) => self.endsWith(one))),
  removeprefix: method('removeprefix', ['prefix'], (self, prefix) =>
    self.startsWith(text(prefix, '')) ? self.slice(text(prefix, '').length) : self,
  ),
  removesuffix: method('removesuffix', ['suffix'], (self, suffix) => {
    const end = text(suffix, '');
    return end !== '' && self.endsWith(end) ? self.slice(0, -end.length) : self;
  }),
  find: method('find', FIND, (self, sub, start) => self.indexOf(text(sub, ''), whole(start, 0))),
  rfind: method('rfind', FIND, (self, sub) => self.lastIndexOf(text(sub, ''))),
  index: method('index', FIND, (self, sub, start) => found(self.indexOf(text(sub, ''), whole(start, 0)), 'substring')),
  rindex: method('rindex', FIND, (self, sub) => found(self.lastIndexOf(text(sub, '')), 'substring')),
  count: method('count', FIND, (self, sub, start, end) => {
    const part = text(sub, '');
    return part === '' ? [...self].length + 1 : range(self, start, end).split(part).length - 1;
  }),
  partition: method('partition', ['sep'], (self, by) => partition(self, text(by, ''), self.indexOf(text(by, '')), false)),
  rpartition: method('rpartition', ['sep'], (self, by) => partition(self, text(by, ''), self.lastIndexOf(text(by, '')), true)),
  zfill: method('zfill', ['width'], (self, width) => {
    const sign = /^[-+]/.exec(self)?.[0] ?? '';
    return sign + self.slice(sign.length).padStart(wide(width) - sign.length, '0');
  }),
  ljust: method('ljust', ['width', 'fillchar'], (self, width, fill) => self.padEnd(wide(width), text(fill, ' '))),
  rjust: method('rjust', ['width', 'fillchar'], (self, width, fill) => self.padStart(wide(width), text(fill, ' '))),
  center: method('center', ['width', 'fillchar'], (self, width, fill) => centered(self, wide(width), text(fill, ' '))),
  expandtabs: method('expandtabs', ['tabsize'], (self, size) => expandTabs(self, whole(size, 8))),
  isdigit: method('isdigit', [], (self) => every(self, /^\p{Nd}+$/u)),
  isdecimal: method('isdecimal', [], (self) => every(self, /^\p{Nd}+$/u)),
  isnumeric: method('isnumeric', [], (self) => every(self, /^\p{N}+$/u)),
  isalpha: method('isalpha', [], (self) => every(self, /^\p{L}+$/u)),
  isalnum: method('isalnum', [], (self) => every(self, /^[\p{L}\p{N}]+$/u)),
  isspace: method('isspace', [], (self) => every(self, /^\s+$/)),
  isupper: method('isupper', [], (self) => self !== self.toLowerCase() && self === self.toUpperCase()),
  islower: method('islower', [], (self) => self !== self.toUpperCase() && self === self.toLowerCase()),
  istitle: method('istitle', [], (self) => /\p{L}/u.test(self) && self === title(self)),
  isidentifier: method('isidentifier', [], (self) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(self)),
  encode: method('encode', ['encoding', 'errors'], (self) => new Uint8Array(Buffer.from(self, 'utf8'))),
  format: (self, args, kwargs) => formatText(self, args, kwargs),
};

/** The methods of bytes. */
export const bytesMethods: Readonly<Record<string, Method<Uint8Array>>> = {
  decode: (self) => Buffer.from(self).toString('utf8'),
  hex: (self) => Buffer.from(self).toString('hex'),
};

function expandTabs(self: string, size: number): string {
  let column = 0;
  let out = '';
  for (const one of self) {
    if (one === '\t') {
      const spaces = size > 0 ? size - (column % size) : 0;
      fits(out.length + spaces);
      out += ' '.repeat(spaces);
      column += spaces;
    } else {
      out += one;
      column = one === '\n' || one === '\r' ? 0 : column + 1;
    }
  }
  return out;
}
