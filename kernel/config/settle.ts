import { basename, isAbsolute, join } from 'node:path';
import type { ConfigWarning, Source } from './errors.ts';
import { isValues, type OptionTable } from './option.ts';
import { expandPattern } from './paths.ts';

interface Unsettled {
  readonly table: OptionTable;
  /** What was given, by files and command line. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, Source>;
  /** Typed, defaults filled in; changed in place. */
  readonly typed: Record<string, unknown>;
}

/** The places where one option of Salt's decides about another, older names, and file patterns. */
export function settle(unsettled: Unsettled): ConfigWarning[] {
  const { typed } = unsettled;
  followLogDir(unsettled);
  shortenSocketPath(typed);
  if (typed['extension_modules'] === '') typed['extension_modules'] = join(String(typed['cachedir']), 'extmods');
  if ('token_dir' in typed && (unsettled.given['token_dir'] ?? null) === null)
    typed['token_dir'] = join(String(typed['cachedir']), 'tokens');
  hoursToSeconds(unsettled);
  if (Array.isArray(typed['fileserver_backend'])) typed['fileserver_backend'] = typed['fileserver_backend'].map(backendName);
  for (const name of ['file_roots', 'pillar_roots']) typed[name] = expandRoots(typed[name]);
  return renamedEnvironment(unsettled);
}

function followLogDir({ given, typed, table }: Unsettled): void {
  const directory = given['log_dir'];
  if (typeof directory !== 'string' || directory === '') return;
  const file = String(given['log_file'] ?? basename(String(table['log_file']?.default)));
  typed['log_file'] = isAbsolute(file) ? file : join(directory, file);
}

/** Paths of Unix sockets have room for about 100 characters. */
function shortenSocketPath(typed: Record<string, unknown>): void {
  const cache = String(typed['cachedir'] ?? '');
  if (String(typed['sock_dir'] ?? '').length > cache.length + 10) typed['sock_dir'] = join(cache, '.salt-unix');
}

/** `keep_jobs` counts hours and is the older name. */
function hoursToSeconds({ given, typed }: Unsettled): void {
  const hours = typed['keep_jobs'];
  const older = (given['keep_jobs'] ?? null) !== null && (given['keep_jobs_seconds'] ?? null) === null;
  if (older && typeof hours === 'number') typed['keep_jobs_seconds'] = hours * 3600;
}

const backendName = (name: unknown): unknown =>
  name === 'git' || name === 'hg' || name === 'svn' || name === 'minion' ? `${name}fs` : name;

function expandRoots(roots: unknown): unknown {
  if (!isValues(roots)) return roots;
  const expanded: Record<string, unknown> = Object.create(null);
  for (const [env, directories] of Object.entries(roots)) {
    const list: readonly unknown[] = Array.isArray(directories) ? directories : [];
    expanded[env] = list.flatMap((path) => (typeof path === 'string' && /[*?[]/.test(path) ? expandPattern(path).sort() : [path]));
  }
  return expanded;
}

function renamedEnvironment({ given, sources, typed }: Unsettled): ConfigWarning[] {
  const environment = given['environment'];
  if (typeof environment !== 'string') return [];
  const source = sources.get('environment') ?? { file: 'configuration' };
  const ignored = typed['saltenv'] !== null;
  if (!ignored) typed['saltenv'] = environment;
  const effect = ignored ? 'it is ignored, as saltenv is set' : 'it is taken as saltenv';
  return [{ ...source, level: 'warning', message: `environment is now called saltenv; ${effect}.` }];
}
