import { RE2JS } from 're2js';
import { toPlain } from '../../kernel/render/python/plain.ts';
import { loadYaml } from '../../kernel/render/yaml/index.ts';
import type { Returnable } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

export const FIELD_TYPES = ['string', 'text', 'int', 'number', 'bool', 'choice', 'multichoice', 'minion', 'secret', 'group'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Choices that a function on a minion computes: a list of texts, or a map whose keys count. */
export interface Computed {
  readonly function: string;
  readonly args: readonly Returnable[];
}

/** One parameter, as `form.yaml` describes it. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly title: string;
  readonly help: string;
  readonly required: boolean;
  readonly default?: Returnable;
  /** Of numbers their bounds, of texts those of their length. */
  readonly min?: number;
  readonly max?: number;
  /** An RE2 regular expression for the whole text. */
  readonly pattern?: string;
  readonly choices?: readonly string[] | Computed;
  /** Of a group. */
  readonly fields?: readonly Field[];
}

/** What `meta.yaml` says; all of it may be left out. */
export interface Meta {
  readonly title: string;
  readonly description: string;
  readonly icon: string;
  readonly version: string;
  readonly mode: 'enabled' | 'disabled' | 'debug';
  /** Whether it changes machines. One that says nothing counts as one that does. */
  readonly changes: boolean;
  readonly roles: readonly string[];
  /** Only minions of one of these groups may be meant; none named: all may. */
  readonly groups: readonly string[];
  /** Seconds until silent minions are asked about the job. */
  readonly timeout?: number;
  /** Seconds between runs by itself, on its groups or on all minions. */
  readonly schedule?: number;
  /** Parameters that every run gets unless it gives others. */
  readonly configuration: Readonly<Record<string, Returnable>>;
}

type Fields = Readonly<Record<string, unknown>>;

const bad = (text: string): TsaltError => new TsaltError('bad-plugin', text);

/** @throws TsaltError `bad-plugin` naming the file and the key */
export function metaOf(name: string, text: string): Meta {
  const meta = mapOf('meta.yaml', parsed('meta.yaml', text) ?? {});
  known('meta.yaml', meta, [...META_KEYS]);
  const at = (key: string): string => `meta.yaml: ${key}`;
  const mode = meta['mode'] ?? 'enabled';
  if (mode !== 'enabled' && mode !== 'disabled' && mode !== 'debug') throw bad(`${at('mode')}: enabled, disabled or debug is expected`);
  const changes = meta['changes'] ?? (meta['reading'] === undefined ? true : meta['reading'] !== true);
  if (typeof changes !== 'boolean') throw bad(`${at('changes')}: true or false is expected`);
  const schedule = numberOf(at('schedule'), meta['schedule'], 10);
  if (schedule !== undefined && changes)
    throw bad(`${at('schedule')}: only a plugin with "changes: false" may run by itself; make a routine for others`);
  const timeout = numberOf(at('timeout'), meta['timeout'], 1);
  return {
    title: textOf(at('title'), meta['title']) ?? name,
    description: textOf(at('description'), meta['description']) ?? '',
    icon: textOf(at('icon'), meta['icon']) ?? '',
    version: textOf(at('version'), meta['version']) ?? '',
    mode,
    changes,
    roles: textsOf(at('roles'), meta['roles']),
    groups: textsOf(at('groups'), meta['groups']),
    ...(timeout === undefined ? {} : { timeout }),
    ...(schedule === undefined ? {} : { schedule }),
    configuration: mapOf(at('configuration'), meta['configuration'] ?? {}) as Meta['configuration'],
  };
}

const META_KEYS = [
  'title',
  'description',
  'icon',
  'version',
  'mode',
  'changes',
  'reading',
  'roles',
  'groups',
  'timeout',
  'schedule',
  'configuration',
] as const;
const FIELD_KEYS = ['name', 'type', 'title', 'help', 'required', 'default', 'min', 'max', 'pattern', 'choices', 'fields'];
const DEEPEST = 4;

/** A list of fields, or a map with `fields`. @throws TsaltError `bad-plugin` naming the file and the field */
export function formOf(text: string): readonly Field[] {
  const form = parsed('form.yaml', text);
  const list = Array.isArray(form) || form === null ? form : mapOf('form.yaml', form)['fields'];
  return fieldsOf('form.yaml', list ?? [], 1);
}

function fieldsOf(at: string, list: unknown, depth: number): readonly Field[] {
  if (!Array.isArray(list)) throw bad(`${at}: a list of fields is expected`);
  if (depth > DEEPEST) throw bad(`${at}: groups are nested deeper than ${DEEPEST} levels`);
  const fields = list.map((item, index) => fieldOf(`${at}: field ${index + 1}`, item, depth));
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`${at}: there are two fields ${twice}`);
  return fields;
}

function fieldOf(place: string, item: unknown, depth: number): Field {
  const field = mapOf(place, item);
  const name = field['name'];
  if (typeof name !== 'string' || !/^[A-Za-z_]\w{0,63}$/.test(name))
    throw bad(`${place}: name: a word of letters, digits and _ is expected`);
  const at = `${place} (${name})`;
  known(at, field, FIELD_KEYS);
  const type = FIELD_TYPES.find((one) => one === (field['type'] ?? 'string'));
  if (type === undefined) throw bad(`${at}: type: one of ${FIELD_TYPES.join(', ')} is expected`);
  const choices = field['choices'] === undefined ? undefined : choicesOf(at, field['choices']);
  if (choices === undefined && (type === 'choice' || type === 'multichoice'))
    throw bad(`${at}: choices: a list, or a map with "function", is expected`);
  const [min, max] = [numberOf(`${at}: min`, field['min']), numberOf(`${at}: max`, field['max'])];
  const pattern = textOf(`${at}: pattern`, field['pattern']);
  if (pattern !== undefined) checkPattern(at, pattern);
  return {
    name,
    type,
    title: textOf(`${at}: title`, field['title']) ?? name,
    help: textOf(`${at}: help`, field['help']) ?? '',
    required: field['required'] === true,
    ...(field['default'] === undefined ? {} : { default: field['default'] as Returnable }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(choices === undefined ? {} : { choices }),
    ...(type === 'group' ? { fields: fieldsOf(at, field['fields'] ?? [], depth + 1) } : {}),
  };
}

function choicesOf(at: string, value: unknown): readonly string[] | Computed {
  if (Array.isArray(value)) return value.map(String);
  const map = mapOf(`${at}: choices`, value);
  const { function: fun, args = [] } = map;
  if (typeof fun !== 'string' || !/^\w+\.\w+$/.test(fun)) throw bad(`${at}: choices: function: a name such as service.get_all is expected`);
  if (!Array.isArray(args)) throw bad(`${at}: choices: args: a list is expected`);
  return { function: fun, args };
}

function checkPattern(at: string, pattern: string): void {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    throw bad(`${at}: pattern: ${messageOf(error)}`);
  }
}

function parsed(file: string, text: string): unknown {
  try {
    return toPlain(loadYaml(text));
  } catch (error) {
    throw bad(`${file}: ${messageOf(error)}`);
  }
}

function mapOf(at: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) throw bad(`${at}: a map is expected`);
  return value as Fields;
}

function known(at: string, map: Fields, keys: readonly string[]): void {
  const strange = Object.keys(map).find((key) => !keys.includes(key));
  if (strange !== undefined) throw bad(`${at}: ${JSON.stringify(strange)} is not known; there are ${keys.join(', ')}`);
}

function textOf(at: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') throw bad(`${at}: a text is expected`);
  return String(value);
}

function textsOf(at: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw bad(`${at}: a list is expected`);
  return value.map(String);
}

function numberOf(at: string, value: unknown, least = Number.NEGATIVE_INFINITY): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = Number(value);
  if (typeof value === 'boolean' || !Number.isFinite(number) || number < least)
    throw bad(`${at}: a number${Number.isFinite(least) ? ` of ${least} or more` : ''} is expected`);
  return number;
}
