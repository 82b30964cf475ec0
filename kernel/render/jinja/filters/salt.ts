import { createHash, createHmac, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { RE2JS } from 're2js';
import { arithmetic } from '../../python/arithmetic.ts';
import { equal, lookup, store } from '../../python/compare.ts';
import { str } from '../../python/repr.ts';
import { float, int, isDict, isNumeric, isTrue, iterate, sequence, Tuple, toNumber, type Value } from '../../python/value.ts';
import type { Filter } from '../engine.ts';
import { compiled, REGEX } from '../regex.ts';
import { filter } from './text.ts';
import { strftime } from './time.ts';

const digest = (name: string): Filter => filter(name, [], (value) => createHash(name).update(str(value)).digest('hex'));
const list = (value: Value): Value[] => [...iterate(value)];
const has = (items: readonly Value[], wanted: Value): boolean => items.some((item) => equal(item, wanted));
const distinct = (items: readonly Value[]): Value[] => items.filter((item, index) => items.findIndex((one) => equal(one, item)) === index);

type Matcher = ReturnType<RE2JS['matcher']>;
const groups = (matcher: Matcher): Tuple =>
  new Tuple(Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1) ?? null));

const regexFilters: Readonly<Record<string, Filter>> = {
  regex_search: filter('regex_search', REGEX, (value, pattern, ignorecase, multiline) => {
    const matcher = compiled(pattern, ignorecase, multiline).matcher(str(value));
    return matcher.find() ? groups(matcher) : null;
  }),
  regex_match: filter('regex_match', REGEX, (value, pattern, ignorecase, multiline) => {
    const matcher = compiled(pattern, ignorecase, multiline).matcher(str(value));
    return matcher.lookingAt() ? groups(matcher) : null;
  }),
  regex_replace: filter('regex_replace', ['rgx', 'val', 'ignorecase', 'multiline'], (value, pattern, by, ignorecase, multiline) =>
    replaced(compiled(pattern, ignorecase, multiline).matcher(str(value)), str(value), str(by ?? '')),
  ),
};

function replaced(matcher: Matcher, text: string, by: string): string {
  let out = '';
  let from = 0;
  while (matcher.find()) {
    out += text.slice(from, matcher.start());
    out += by.replace(/\\g<(\w+)>|\\(\d{1,2})|\\n|\\t|\\\\/g, (all, name: string | undefined, number: string | undefined) => {
      if (all === '\\n') return '\n';
      if (all === '\\t') return '\t';
      if (all === '\\\\') return '\\';
      return matcher.group(/^\d+$/.test(name ?? number ?? '') ? Number(name ?? number) : (name ?? '')) ?? '';
    });
    from = matcher.end();
  }
  return out + text.slice(from);
}

const address = (value: Value, kind: 4 | 6 | 0): boolean => {
  const text = str(value).split('/')[0] ?? '';
  return kind === 0 ? isIP(text) !== 0 : isIP(text) === kind;
};
/** Addresses of a list, or of one value; true or false for one that must only be checked. */
const addresses =
  (kind: 4 | 6 | 0): Filter =>
  (value) => {
    const items = sequence(value);
    if (items !== undefined) return items.filter((item) => address(item, kind)) as Value[];
    return address(value, kind) ? value : null;
  };

function networkSize(value: Value): Value {
  const [base, prefix] = ipaddr.parseCIDR(str(value).includes('/') ? str(value) : `${str(value)}/32`);
  return int(2n ** BigInt((base.kind() === 'ipv4' ? 32 : 128) - prefix));
}

const sets: Readonly<Record<string, Filter>> = {
  union: filter('union', ['lst2'], (value, other) => distinct([...list(value), ...list(other ?? [])])),
  intersect: filter('intersect', ['lst2'], (value, other) => distinct(list(value).filter((item) => has(list(other ?? []), item)))),
  difference: filter('difference', ['lst2'], (value, other) => distinct(list(value).filter((item) => !has(list(other ?? []), item)))),
  symmetric_difference: filter('symmetric_difference', ['lst2'], (value, other) => {
    const [left, right] = [list(value), list(other ?? [])];
    return distinct([...left, ...right]).filter((item) => has(left, item) !== has(right, item));
  }),
  unique: filter('unique', ['case_sensitive', 'attribute'], (value) => distinct(list(value))),
  flatten: filter('flatten', ['levels'], (value, levels) => flat(value, levels === undefined || levels === null ? 100 : Number(levels))),
  avg: filter('avg', [], (value) =>
    arithmetic(
      '/',
      list(value).reduce((sum, item) => arithmetic('+', sum, item), 0),
      list(value).length,
    ),
  ),
  exactly_n_true: filter('exactly_n_true', ['amount'], (value, amount) => list(value).filter(isTrue).length === Number(amount ?? 1)),
  exactly_one_true: filter('exactly_one_true', [], (value) => list(value).filter(isTrue).length === 1),
  is_list: filter('is_list', [], (value) => Array.isArray(value)),
  is_iter: filter('is_iter', [], (value) => sequence(value) !== undefined || isDict(value)),
  sorted_ignorecase: filter('sorted_ignorecase', [], (value) =>
    list(value).sort((a, b) => (str(a).toLowerCase() < str(b).toLowerCase() ? -1 : 1)),
  ),
  substring_in_list: filter('substring_in_list', ['string_list'], (value, texts) =>
    list(texts ?? []).some((text) => str(text).includes(str(value))),
  ),
  compare_lists: filter('compare_lists', ['new'], (value, other) =>
    differences([...list(value).entries()], [...list(other ?? []).entries()]),
  ),
  compare_dicts: filter('compare_dicts', ['new'], (value, other) =>
    differences(isDict(value) ? [...value] : [], isDict(other) ? [...other] : []),
  ),
};

function flat(value: Value, levels: number): Value[] {
  return list(value)
    .flatMap((item) => (sequence(item) !== undefined && levels > 0 ? flat(item, levels - 1) : [item]))
    .filter((item) => item !== null);
}

function differences(before: readonly (readonly [Value, Value])[], after: readonly (readonly [Value, Value])[]): Value {
  const made = new Map<Value, Value>();
  const [left, right] = [new Map(before), new Map(after)];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [old, now] = [left.get(key), right.get(key)];
    if (old !== undefined && now !== undefined && equal(old, now)) continue;
    made.set(
      key,
      new Map<Value, Value>([
        ['old', old ?? ''],
        ['new', now ?? ''],
      ]),
    );
  }
  return made;
}

const TRUE_WORDS = new Set(['yes', '1', 'true']);
/** Salt's words for true, in any casing. */
const toBool = (value: Value): boolean => {
  if (typeof value === 'string') return TRUE_WORDS.has(value.toLowerCase());
  if (isNumeric(value)) return toNumber(value) > 0;
  return value !== null && isTrue(value);
};

function traverse(value: Value, path: Value | undefined, fallback: Value | undefined, delimiter: Value | undefined): Value {
  let here: Value | undefined = value;
  for (const part of str(path ?? '').split(str(delimiter ?? ':'))) {
    here =
      here !== undefined && isDict(here)
        ? (lookup(here, part) ?? lookup(here, Number(part)))
        : here === undefined
          ? undefined
          : sequence(here)?.at(Number(part));
  }
  return here ?? fallback ?? null;
}

const toNum = (value: Value): Value => {
  const text = str(value).trim();
  if (/^[-+]?\d+$/.test(text)) return int(BigInt(text.replace(/^\+/, '')));
  return text !== '' && !Number.isNaN(Number(text)) ? float(Number(text)) : value;
};
const shellQuoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);
const entries = (value: Value): Value[] =>
  (isDict(value) ? [...value] : [...list(value).entries()]).map(
    ([key, item]) =>
      new Map<Value, Value>([
        ['key', key],
        ['value', item],
      ]),
  );
const fromEntries = (value: Value): Value => {
  const made = new Map<Value, Value>();
  for (const entry of list(value))
    if (isDict(entry)) store(made, entry.get('key') ?? entry.get('name') ?? null, entry.get('value') ?? null);
  return made;
};

/** Filters that Salt adds to Jinja's. */
export const saltFilters: Readonly<Record<string, Filter>> = {
  ...regexFilters,
  ...sets,
  md5: digest('md5'),
  sha1: digest('sha1'),
  sha256: digest('sha256'),
  sha512: digest('sha512'),
  hmac_compute: filter('hmac_compute', ['shared_secret'], (value, secret) =>
    createHmac('sha256', str(secret ?? ''))
      .update(str(value))
      .digest('hex'),
  ),
  base64_encode: filter('base64_encode', [], (value) => Buffer.from(str(value)).toString('base64')),
  base64_decode: filter('base64_decode', [], (value) => Buffer.from(str(value), 'base64').toString('utf8')),
  uuid: filter('uuid', [], () => randomUUID()),
  to_bool: filter('to_bool', [], toBool),
  to_num: filter('to_num', [], toNum),
  str_to_num: filter('str_to_num', [], toNum),
  to_bytes: filter('to_bytes', [], (value) => new Uint8Array(Buffer.from(str(value)))),
  to_entries: filter('to_entries', [], entries),
  from_entries: filter('from_entries', [], fromEntries),
  quote: filter('quote', [], (value) => shellQuoted(str(value))),
  path_join: (value, args) =>
    [value, ...args]
      .map(str)
      .join('/')
      .replace(/\/{2,}/g, '/'),
  contains_whitespace: filter('contains_whitespace', [], (value) => /\s/.test(str(value))),
  is_empty: filter('is_empty', [], (value) => str(value) === ''),
  is_hex: filter('is_hex', [], (value) => /^[\da-f]+$/i.test(str(value))),
  is_ip: filter('is_ip', ['options'], (value) => address(value, 0)),
  is_ipv4: filter('is_ipv4', ['options'], (value) => address(value, 4)),
  is_ipv6: filter('is_ipv6', ['options'], (value) => address(value, 6)),
  ipaddr: addresses(0),
  ipv4: addresses(4),
  ipv6: addresses(6),
  network_size: filter('network_size', [], networkSize),
  ipwrap: filter('ipwrap', [], (value) => (address(value, 6) ? `[${str(value)}]` : value)),
  strftime: filter('strftime', ['fmt'], strftime),
  date_format: filter('date_format', ['fmt'], strftime),
  traverse: filter('traverse', ['key', 'default', 'delimiter'], traverse),
  sequence: filter('sequence', [], (value) => (sequence(value) === undefined && !isDict(value) ? [value] : value)),
  to_snake_case: filter('to_snake_case', [], (value) =>
    str(value)
      .replace(/(?<=[a-z\d])(?=[A-Z])/g, '_')
      .toLowerCase(),
  ),
  to_camelcase: filter('to_camelcase', ['uppercamel'], (value, upper) => {
    const text = str(value).replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
    return isTrue(upper ?? false) ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
  }),
  human_to_bytes: filter('human_to_bytes', ['default_unit'], (value) => bytesOf(str(value))),
};

const UNITS: Readonly<Record<string, number>> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50 };
function bytesOf(text: string): number {
  const [, size = '0', unit = 'B'] = /^([\d.]+)\s*([KMGTPB])?i?B?$/i.exec(text.trim()) ?? [];
  return Math.trunc(Number(size) * (UNITS[unit.toUpperCase()] ?? 1));
}
