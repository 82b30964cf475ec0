import { readFile, rm } from 'node:fs/promises';
import { CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { NotZip, readContent, readEntries, WrongPassword } from './zip_format.ts';

interface Listed {
  /** With a slash at the end. */
  readonly dirs: readonly string[];
  readonly files: readonly string[];
  readonly links: readonly string[];
}

export interface ListAsked {
  readonly name: string;
  readonly archive_format?: string | undefined;
  readonly options?: string | undefined;
  readonly strip_components?: number | undefined;
  readonly clean: boolean;
  readonly verbose: boolean;
  readonly saltenv: string;
  readonly source_hash?: string | undefined;
  readonly use_etag: boolean;
}

/** Brings an archive here. */
export const fetchArchive = async (ctx: Ctx, asked: Pick<ListAsked, 'name' | 'saltenv' | 'source_hash' | 'use_etag'>): Promise<string> => {
  const how = { source_hash: asked.source_hash ?? null, use_etag: asked.use_etag };
  const cached = await ctx.call('cp.cache_file', [asked.name, asked.saltenv], how);
  if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`Failed to cache ${asked.name}`);
  return cached;
};

/** A failure that tells where the archive lies, so that it can be looked at, in the form in which Salt prints it. */
const located = (message: string, cached: string): CommandFailed =>
  new CommandFailed(`${message}${/[.?!]$/.test(message) ? '' : '.'} Additional info follows:\n\narchive location:\n    ${cached}`);

const FORMATS: readonly (readonly [RegExp, string])[] = [
  [/\.(tar|tar\.gz|tgz|tar\.bz2|tbz|tbz2|tar\.xz|txz|tar\.lzma|tlz|tar\.zst|tzst)$/i, 'tar'],
  [/\.zip$/i, 'zip'],
  [/\.rar$/i, 'rar'],
];
const formatOf = (name: string): string => {
  const path = /^[a-z0-9+]+:\/\//i.test(name) ? new URL(name).pathname : name;
  const format = FORMATS.find(([pattern]) => pattern.test(path))?.[1];
  if (format === undefined) throw new CommandFailed("Unable to guess archive format, please pass an 'archive_format' argument.");
  return format;
};

/** `tar -tv`: what an entry is, and its name. */
const listTar = async (ctx: Ctx, name: string, cached: string, options: string | undefined): Promise<Listed> => {
  const decompress = options === undefined || options === '' ? [] : ['--use-compress-program', options];
  const argv = ['tar', '--list', '--verbose', '--quoting-style=literal', '--numeric-owner', ...decompress, '--file', cached];
  const ran = await ctx.spawn(argv, { env: { LC_ALL: 'C.UTF-8', TZ: 'UTC' } });
  if (ran.code !== 0) {
    ctx.log.debug(`tar: ${ran.stderr.toString('utf8').trim()}`);
    throw new CommandFailed(
      `Unable to list contents of ${name}. If this is an XZ-compressed tar archive, install XZ Utils to enable listing its contents. If it ` +
        'is compressed using something other than XZ, it may be necessary to specify CLI options to decompress the archive. See the ' +
        'documentation for details.',
    );
  }
  const [dirs, files, links]: [string[], string[], string[]] = [[], [], []];
  for (const [, type = '', path = ''] of ran.stdout.toString('utf8').matchAll(/^(.)\S* \S+ +\S+ \d{4}-\d\d-\d\d \d\d:\d\d (.*)$/gm)) {
    if (type === 'd') dirs.push(`${path.replace(/\/+$/, '')}/`);
    else if (type === 'l') links.push(path.replace(/ -> .*$/, ''));
    else files.push(type === 'h' ? path.replace(/ link to .*$/, '') : path);
  }
  return { dirs, files, links };
};

const listZip = async (name: string, cached: string): Promise<Listed> => {
  try {
    const entries = readEntries(await readFile(cached));
    const paths = entries.filter(({ isDirectory, isLink }) => !isDirectory && !isLink).map((entry) => entry.name);
    // An archive made on Windows names no directories.
    const parents = paths.filter((path) => path.includes('/')).map((path) => path.slice(0, path.lastIndexOf('/') + 1));
    const dirs = new Set([...entries.filter(({ isDirectory }) => isDirectory).map((entry) => entry.name), ...parents]);
    return { dirs: [...dirs], files: paths, links: entries.filter(({ isLink }) => isLink).map((entry) => entry.name) };
  } catch (failure) {
    if (failure instanceof NotZip) throw new CommandFailed(`${name} is not a ZIP file`);
    throw failure;
  }
};

const listRar = async (ctx: Ctx, name: string, cached: string): Promise<Listed> => {
  const program = ctx.host.which('rar') ?? ctx.host.which('unrar');
  if (program === undefined) throw new CommandFailed('rar command not available, is it installed?');
  const output = (await ctx.spawn([program, 'lt', cached])).stdout.toString('utf8');
  const found = [...output.matchAll(/Name:\s*([^\n]+)\s*Type:\s*([^\n]+)/g)];
  if (found.length === 0) throw new CommandFailed(`Failed to list ${name}, is it a rar file?`);
  const of = (wanted: boolean): string[] => found.filter(([, , type]) => (type === 'Directory') === wanted).map(([, path = '']) => path);
  return { dirs: of(true).map((path) => `${path}/`), files: of(false), links: [] };
};

/** What an archive holds: all names, or by what they are. */
export const list = async (ctx: Ctx, asked: ListAsked): Promise<Returnable> => {
  const cached = await fetchArchive(ctx, asked);
  try {
    const strip = asked.strip_components ?? 0;
    if (strip < 0) throw new CommandFailed("'strip_components' must be a positive integer");
    const format = asked.archive_format || formatOf(asked.name);
    const listed = await listAs(ctx, format, asked, cached);
    if (asked.clean) await rm(cached, { force: true });
    return asked.verbose ? described(stripped(listed, strip)) : Object.values(stripped(listed, strip)).flat().sort();
  } catch (failure) {
    throw failure instanceof CommandFailed ? located(failure.message, cached) : failure;
  }
};

const listAs = (ctx: Ctx, format: string, asked: ListAsked, cached: string): Promise<Listed> => {
  if (format === 'tar') return listTar(ctx, asked.name, cached, asked.options);
  if (format === 'zip') return listZip(asked.name, cached);
  if (format === 'rar') return listRar(ctx, asked.name, cached);
  throw new CommandFailed(`Unsupported archive format '${format}'`);
};

const stripped = (listed: Listed, count: number): Listed => {
  const cut = (paths: readonly string[]): string[] =>
    paths.map((path) => path.split('/').slice(count).join('/')).filter((path) => path !== '');
  return { dirs: cut(listed.dirs), files: cut(listed.files), links: cut(listed.links) };
};

const described = (listed: Listed): Returnable => {
  const [dirs, files, links] = [listed.dirs, listed.files, listed.links].map((paths) => [...paths].sort()) as [
    string[],
    string[],
    string[],
  ];
  const all = [...dirs, ...files, ...links];
  const tops = dirs.filter((path) => path.split('/').length === 2);
  // A directory that holds all, and is not named itself.
  const common = all[0]?.includes('/') ? `${all[0].split('/')[0]}/` : undefined;
  if (common !== undefined && all.every((path) => path.startsWith(common)) && !tops.includes(common)) tops.push(common);
  const top = (paths: readonly string[]): string[] => paths.filter((path) => !path.includes('/'));
  return { dirs, files, links, top_level_dirs: tops, top_level_files: top(files), top_level_links: top(links) };
};

/** Whether a ZIP archive takes a password. */
export const isEncrypted = async (ctx: Ctx, asked: Omit<ListAsked, 'verbose'>): Promise<boolean> => {
  const cached = await fetchArchive(ctx, asked);
  try {
    const archive = await readFile(cached);
    for (const entry of readEntries(archive)) readContent(archive, entry);
    return false;
  } catch (failure) {
    if (failure instanceof WrongPassword) return true;
    throw located(failure instanceof NotZip ? `${asked.name} is not a ZIP file` : (failure as Error).message, cached);
  } finally {
    if (asked.clean) await rm(cached, { force: true });
  }
};
