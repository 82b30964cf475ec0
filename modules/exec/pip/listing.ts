import type { Ctx } from '../../define.ts';
import { url } from './install.ts';
import { askPip, isFrom, runPip, told, versionOf, type Where } from './program.ts';

type Versions = Record<string, string>;
export interface Wanted extends Where {
  readonly prefix?: string | undefined;
}

/** A name as indexes compare them (PEP 503). */
export const normalized = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase();

/** What is installed, by its normalized name. */
export async function list(ctx: Ctx, wanted: Wanted): Promise<Versions> {
  if (!isFrom(await versionOf(ctx, wanted), '9.0')) return listFrozen(ctx, wanted);
  const ended = await askPip(ctx, wanted, ['list', '--format=json', '--disable-pip-version-check'], ctx.extra);
  const found = parsed<{ name: string; version: string }>(ended).map(({ name, version }): [string, string] => [normalized(name), version]);
  return Object.fromEntries(found.filter(([name]) => hasPrefix(name, wanted.prefix)));
}

const hasPrefix = (name: string, prefix: string | undefined): boolean => !prefix || name.startsWith(normalized(prefix));

function parsed<T>(ended: Awaited<ReturnType<typeof askPip>>): readonly T[] {
  try {
    return JSON.parse(ended.stdout) as T[];
  } catch {
    throw told('Invalid JSON', ended);
  }
}

/** The lines of `pip freeze`. */
export async function freeze(ctx: Ctx, where: Where): Promise<string[]> {
  const all = isFrom(await versionOf(ctx, { ...where, user: undefined }), '8.0.3') ? ['--all'] : [];
  const { stdout } = await askPip(ctx, where, ['freeze', ...all, '--disable-pip-version-check'], ctx.extra);
  return stdout === '' ? [] : stdout.split('\n');
}

/** As `list`, by what `pip freeze` prints. */
export async function listFrozen(ctx: Ctx, wanted: Wanted): Promise<Versions> {
  const found: Versions = {};
  if (!wanted.prefix || 'pip'.startsWith(normalized(wanted.prefix)))
    found['pip'] = String(await versionOf(ctx, { ...wanted, user: undefined }));
  for (const line of await freeze(ctx, wanted)) {
    const pair = frozen(ctx, line);
    if (pair !== undefined && hasPrefix(normalized(pair.name), wanted.prefix)) found[normalized(pair.name)] = pair.version;
  }
  return found;
}

function frozen(ctx: Ctx, line: string): { readonly name: string; readonly version: string } | undefined {
  if (/^(-f|#|-e hg\+not trust)/.test(line)) return undefined;
  const entry = line.startsWith('-e ') ? line.slice(3) : line;
  const egg = entry === line ? -1 : entry.indexOf('#egg=');
  if (egg >= 0) return { name: entry.slice(egg + 5), version: entry.slice(0, egg) };
  const [name, version] = entry.split(entry.includes('===') ? '===' : '==');
  if (name !== undefined && version !== undefined) return { name, version };
  ctx.log.error(`A line of pip freeze is not understood: ${line}`);
  return undefined;
}

/** What is outdated, with the newest version and the kind of file it comes in. */
export async function listUpgrades(ctx: Ctx, where: Where): Promise<Versions> {
  const version = await versionOf(ctx, where);
  const json = isFrom(version, '9.0') ? ['--format=json'] : [];
  const ended = await askPip(ctx, where, ['list', '--outdated', '--disable-pip-version-check', ...json]);
  if (json.length > 0) {
    const found = parsed<{ name: string; latest_version: string; latest_filetype: string }>(ended);
    return Object.fromEntries(found.map((one) => [one.name, `${one.latest_version} [${one.latest_filetype}]`]));
  }
  const pattern = isFrom(version, '8.0.0') ? /(\S*)\s+\(.*\)\s+-\s+Latest:\s+(.*)/ : /(\S*)\s+\(.*Latest:\s+(.*)\)/;
  const found = ended.stdout
    .split('\n')
    .map((line) => pattern.exec(line))
    .filter((match) => match !== null);
  return Object.fromEntries(found.map(([, name = '', latest = '']) => [name, latest]));
}

/** Installs the newest versions of what is outdated. */
export async function upgrade(ctx: Ctx, where: Where) {
  const before = await list(ctx, where);
  const complaints: string[] = [];
  let result = true;
  for (const name of Object.keys(await listUpgrades(ctx, where))) {
    const ended = await runPip(ctx, where, ['install', '-U', '--disable-pip-version-check', name]);
    if (ended.retcode !== 0) result = false;
    complaints.push(ended.stderr);
  }
  return { changes: difference(before, await list(ctx, where)), result, comment: complaints.join('') };
}

function difference(before: Versions, after: Versions): Record<string, { readonly old: string; readonly new: string }> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  return Object.fromEntries(names.map((name) => [name, { old: before[name] ?? '', new: after[name] ?? '' }]));
}

export interface Releases extends Where {
  readonly pkg: string;
  readonly include_alpha: boolean;
  readonly include_beta: boolean;
  readonly include_rc: boolean;
  readonly index_url?: string | undefined;
  readonly extra_index_url?: string | undefined;
}

/** The versions an index has of a package, the newest last; null when there is none. */
export async function listAllVersions(ctx: Ctx, asked: Releases): Promise<string[] | null> {
  const version = await versionOf(ctx, asked);
  const lists = isFrom(version, '21.2');
  const words = lists
    ? ['index', 'versions', asked.pkg]
    : [...(isFrom(version, '20.3') ? ['--use-deprecated=legacy-resolver'] : []), 'install', `${asked.pkg}==versions`];
  const indexes = (['index_url', 'extra_index_url'] as const).flatMap((key) => {
    const place = url(asked[key]);
    return place ? [`--${key.replaceAll('_', '-')}`, place] : [];
  });
  const { stdout } = await runPip(ctx, asked, ['--disable-pip-version-check', ...words, ...indexes], {
    output_loglevel: 'quiet',
    redirect_stderr: true,
  });
  const line = lists ? /\s*Available versions: (.*)/ : /\s*Could not find a version.* \(from versions: (.*)\)/;
  const left = [!asked.include_alpha && 'a', !asked.include_beta && 'b', !asked.include_rc && 'rc'].filter((mark) => mark !== false);
  const found = (line.exec(stdout)?.[1] ?? '').split(', ').filter((one) => one !== '' && !left.some((mark) => one.includes(mark)));
  // pip names the newest first, and in its complaint last.
  return found.length === 0 ? null : lists ? found.reverse() : found;
}
