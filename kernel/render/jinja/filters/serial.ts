import { bound } from '../../python/arguments.ts';
import { compare } from '../../python/compare.ts';
import { fromPlain } from '../../python/plain.ts';
import { floatText, repr, str } from '../../python/repr.ts';
import { isDict, isFloat, isTrue, Opaque, sequence, toNumber, type Value } from '../../python/value.ts';
import { dumpYaml } from '../../yaml/dump.ts';
import { loadYaml, YamlError } from '../../yaml/index.ts';
import type { Filter } from '../engine.ts';
import { JinjaError } from '../errors.ts';
import { defined } from '../undefined.ts';
import { filter } from './text.ts';

/** JSON as Python's `json.dumps` writes it: a blank after `,` and `:`, all but ASCII escaped. */
export function dumpJson(value: Value, sortKeys: boolean, indent: number | undefined, depth = 0): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return ascii(JSON.stringify(value));
  if (isFloat(value)) return jsonFloat(toNumber(value));
  if (typeof value === 'number') return String(value);
  const [open, close, by] =
    indent === undefined
      ? ['', '', ', ']
      : [`\n${' '.repeat(indent * (depth + 1))}`, `\n${' '.repeat(indent * depth)}`, `,\n${' '.repeat(indent * (depth + 1))}`];
  if (isDict(value)) {
    const pairs = sortKeys ? [...value].sort(([a], [b]) => compare(a, b)) : [...value];
    const shown = pairs.map(([key, item]) => `${ascii(JSON.stringify(jsonKey(key)))}: ${dumpJson(item, sortKeys, indent, depth + 1)}`);
    return shown.length === 0 ? '{}' : `{${open}${shown.join(by)}${close}}`;
  }
  const items = sequence(value) ?? (value instanceof Opaque ? [...(value.items() ?? [])] : [str(value)]);
  return items.length === 0 ? '[]' : `[${open}${items.map((item) => dumpJson(item, sortKeys, indent, depth + 1)).join(by)}${close}]`;
}

const ascii = (text: string): string => text.replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const jsonKey = (key: Value): string =>
  typeof key === 'string' ? key : key === null ? 'null' : typeof key === 'boolean' ? String(key) : str(key);
const jsonFloat = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? floatText(value) : value > 0 ? 'Infinity' : '-Infinity';

function parseYaml(value: Value): Value {
  try {
    return loadYaml(str(value));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new JinjaError('error', `Encountered error loading yaml: ${error.message}`);
  }
}

function parseJson(value: Value): Value {
  try {
    return fromPlain(JSON.parse(str(value)));
  } catch {
    throw new JinjaError('error', `Unable to load json from ${str(value)}`);
  }
}

/** A value as YAML takes it in any place: texts in double quotes. */
function yamlEncode(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return isDict(value) || sequence(value) !== undefined ? dumpYaml(value) : dumpYaml(value);
}

const json: Filter = (value, args, kwargs) => {
  const [sortKeys, indent] = bound('json', ['sort_keys', 'indent'], args, kwargs);
  return dumpJson(defined(value), isTrue(sortKeys ?? true), typeof indent === 'number' ? indent : undefined);
};
const tojson: Filter = (value, args, kwargs) => {
  const [indent] = bound('tojson', ['indent', 'sort_keys'], args, kwargs);
  return dumpJson(defined(value), true, typeof indent === 'number' ? indent : undefined)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll("'", '\\u0027');
};

/** Salt's serializers. */
export const serialFilters: Readonly<Record<string, Filter>> = {
  json,
  tojson,
  yaml: filter('yaml', ['flow_style'], (value, flow) => dumpYaml(value, isTrue(flow ?? true))),
  python: filter('python', [], (value) => repr(value)),
  load_yaml: filter('load_yaml', [], parseYaml),
  load_json: filter('load_json', [], parseJson),
  load_text: filter('load_text', [], (value) => str(value)),
  yaml_encode: filter('yaml_encode', [], yamlEncode),
  yaml_dquote: filter('yaml_dquote', [], (value) => JSON.stringify(str(value))),
  yaml_squote: filter('yaml_squote', [], (value) => `'${str(value).replaceAll("'", "''")}'`),
};
