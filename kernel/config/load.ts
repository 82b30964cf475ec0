import { join } from 'node:path';
import { BadConfig, type ConfigProblem, type ConfigWarning, type Source } from './errors.ts';
import { type ConfigFiles, readConfigFiles } from './merge.ts';
import { nearestName } from './nearest.ts';
import { type ConfigOf, isValues, type Option, type OptionTable } from './option.ts';
import { isUri, underRoot } from './paths.ts';
import { isSecretName } from './redact.ts';
import { saltOptionNames } from './salt_names.ts';
import { settle } from './settle.ts';

export interface LoadRequest {
  /** Where the main file is: `/etc/salt`, or the directory of `-c`. */
  readonly configDir: string;
  /** The main file's name: `master` or `minion`. */
  readonly file: string;
  /** Values of the command line; they win over all files and are checked alike. Undefined ones are skipped. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export interface Loaded<T extends OptionTable> {
  /** Frozen, with defaults; path options below `root_dir`. */
  readonly config: ConfigOf<T>;
  /** Everything the files and overrides say, also keys that are no option: modules find their settings here. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly warnings: readonly ConfigWarning[];
  /** Where each given key was set last. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Every file read, in order. */
  readonly files: readonly string[];
  /** Texts that must never be shown: values of secret options. */
  readonly secrets: readonly string[];
}

/**
 * Reads and checks a daemon's configuration against its table of options.
 * @throws BadConfig naming file, line, option, the value got and what was expected, for all problems at once.
 */
export function loadConfig<T extends OptionTable>(table: T, request: LoadRequest): Loaded<T> {
  const defaultInclude = String(table['default_include']?.default ?? `${request.file}.d/*.conf`);
  const files = readConfigFiles(join(request.configDir, request.file), defaultInclude);
  override(files, request.overrides ?? {});
  const typed = typedValues(table, files);
  const renamed = settle({ table, given: files.values, sources: files.sources, typed });
  const config = placePaths(table, typed);
  return {
    config: deepFreeze(config) as ConfigOf<T>,
    raw: deepFreeze(files.values),
    warnings: [...files.warnings, ...renamed, ...unknownKeys(table, files)],
    sources: files.sources,
    files: files.files,
    secrets: secretsOf(table, config, files.values),
  };
}

function override(files: ConfigFiles, overrides: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    files.values[key] = value;
    files.sources.set(key, { file: 'command line' });
  }
}

/** A key without a value (`autosign_file:`) means its default, as people leave them so. */
function typedValues(table: OptionTable, { values, sources }: ConfigFiles): Record<string, unknown> {
  const typed: Record<string, unknown> = Object.create(null);
  const problems: ConfigProblem[] = [];
  for (const [name, option] of Object.entries(table)) {
    const given = values[name];
    if (given === undefined || given === null) typed[name] = option.default;
    else {
      const read = option.read(given);
      if ('value' in read) typed[name] = read.value;
      else problems.push({ ...(sources.get(name) ?? { file: 'configuration' }), message: wrongType(name, option, given, read.expected) });
    }
  }
  if (problems.length > 0) throw new BadConfig(problems);
  return typed;
}

function wrongType(name: string, option: Option<unknown>, given: unknown, expected: string): string {
  const shown = option.secret ? 'a hidden value' : shorten(JSON.stringify(given) ?? String(given));
  return `${name} must be ${expected}, got ${shown}.`;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

function placePaths(table: OptionTable, values: Record<string, unknown>): Record<string, unknown> {
  const root = String(values['root_dir'] ?? '/');
  for (const [name, option] of Object.entries(table)) {
    const path = values[name];
    if (option.type !== 'path' || name === 'root_dir' || typeof path !== 'string' || path === '') continue;
    if (!(option.uri && isUri(path))) values[name] = underRoot(root, path);
  }
  return values;
}

function unknownKeys(table: OptionTable, { values, sources }: ConfigFiles): ConfigWarning[] {
  const unknown = Object.keys(values).filter((key) => !Object.hasOwn(table, key) && !CONTROL_KEYS.has(key));
  if (unknown.length === 0) return [];
  const ofSalt = saltOptionNames();
  return unknown.map((key) => {
    const source = sources.get(key) ?? { file: 'configuration' };
    if (ofSalt.has(key))
      return { ...source, level: 'info', message: `${key} is an option of Salt that tsalt does not provide; it has no effect.` };
    const meant = key.includes('.') ? undefined : nearestName(key, [...Object.keys(table), ...ofSalt]);
    if (meant === undefined) return { ...source, level: 'debug', message: `${key} is no option; it is kept for modules that ask for it.` };
    return { ...source, level: 'warning', message: `${key} is no option; did you mean ${meant}?` };
  });
}

/** Read by the loader itself. */
const CONTROL_KEYS: ReadonlySet<string> = new Set(['include', 'log_dir', 'environment']);

/** Of secret options, and of keys of the user's own that are secret by their name (`mysql.password`). */
function secretsOf(table: OptionTable, config: Record<string, unknown>, given: Readonly<Record<string, unknown>>): string[] {
  const ours = Object.entries(table).flatMap(([name, option]) => (option.secret ? textsIn(config[name]) : []));
  const foreign = Object.keys(given).filter((name) => !Object.hasOwn(table, name) && isSecretName(name));
  return [...ours, ...foreign.flatMap((name) => textsIn(given[name]))];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isValues(value) ? Object.values(value).flatMap(textsIn) : [];
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
