import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ArgsOf, CallRefused, CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { type INSTALL, listOf } from './args.ts';
import { isFrom, runPip, versionOf, type Where } from './program.ts';
import { requirementsOf } from './requirements.ts';

type Asked = ArgsOf<typeof INSTALL>;
type Flag = { readonly [K in keyof Asked]: Asked[K] extends boolean ? K : never }[keyof Asked];
type Line = Pick<Asked, 'log' | 'proxy' | 'timeout'>;

export async function install(ctx: Ctx, asked: Asked): Promise<Returnable> {
  const requirements = await requirementsOf(ctx, asked.requirements, asked);
  if (requirements.missing !== undefined) return { result: false, comment: `pip requirements file '${requirements.missing}' not found` };
  try {
    const version = await versionOf(ctx, asked);
    const options = [...requirements.words, ...optionWords(ctx, asked, version)];
    const packages = listOf(asked.pkgs);
    if (!given(asked.pkgs) && !given(asked.requirements) && !given(asked.editable))
      return { retcode: 0, stdout: 'No packages to install.' };
    // Commas within a range of versions come as semicolons, for they would part the packages.
    const names = packages.map((name) => name.replaceAll(';', ','));
    const words = ['install', ...options, ...names, ...editableWords(asked.editable), ...lastWords(asked)];
    return { ...(await runPip(ctx, asked, words, ctx.extra)) };
  } finally {
    await requirements.remove();
  }
}

const given = (value: Returnable | undefined): boolean => listOf(value).length > 0;

function optionWords(ctx: Ctx, asked: Asked, version: string | null): string[] {
  const { index_url, extra_index_url } = asked;
  const links = listOf(asked.find_links);
  for (const link of links) if (!isUrl(link) && !existsSync(link)) throw new CommandFailed(`'${link}' is not a valid URL or path`);
  if (asked.no_index && (index_url || extra_index_url))
    throw new CommandFailed("'no_index' and ('index_url' or 'extra_index_url') are mutually exclusive.");
  const wheels = isFrom(version, '1.4') && !isFrom(version, '9.0.4');
  return [
    ...(wheels ? flags(asked, ['use_wheel', 'no_use_wheel']) : []),
    ...(isFrom(version, '7.0.0') ? option('--no-binary', listOf(asked.no_binary).join(',')) : []),
    ...logWords(asked.log),
    ...lineWords(ctx, asked),
    ...each('--find-links', links),
    ...option('--index-url', url(index_url)),
    ...option('--extra-index-url', url(extra_index_url)),
    ...flags(asked, ['no_index']),
    ...mirrorWords(asked.mirrors, version),
    ...(asked.disable_version_check ? ['--disable-pip-version-check'] : []),
    ...option('--build', asked.build),
    ...option('--target', asked.target ?? (asked.bin_env === undefined ? process.env['VENV_PIP_TARGET'] : undefined)),
    ...option('--download', asked.download),
    ...option(isFrom(version, '6.0') ? '--cache-dir' : '--download-cache', asked.download_cache || asked.cache_dir),
    ...option('--source', asked.source),
    ...flags(asked, ['upgrade', 'force_reinstall', 'ignore_installed']),
    ...option('--exists-action', existsAction(asked.exists_action)),
    ...flags(asked, ['no_deps', 'no_install', 'no_download', 'no_cache_dir']),
    ...(asked.pre_releases && isFrom(version, '1.4') ? ['--pre'] : []),
    ...option('--cert', asked.cert),
    ...each('--global-option', listOf(asked.global_options)),
    ...each('--install-option', listOf(asked.install_options)),
  ];
}

const lastWords = (asked: Asked): string[] => [
  ...flags(asked, ['allow_all_external']),
  ...each('--allow-external', listOf(asked.allow_external)),
  ...each('--allow-unverified', listOf(asked.allow_unverified)),
  ...flags(asked, ['process_dependency_links']),
  ...option('--trusted-host', asked.trusted_host),
  ...extraWords(asked.extra_args),
];

const option = (name: string, value: string | undefined): string[] => (value ? [name, value] : []);
const each = (name: string, values: readonly string[]): string[] => values.flatMap((value) => [name, value]);
const flags = (asked: Asked, names: readonly Flag[]): string[] =>
  names.filter((name) => asked[name]).map((name) => `--${name.replaceAll('_', '-')}`);

export const isUrl = (text: string): boolean => /^(https?|ftp|file):/i.test(text);
/** @throws CommandFailed for what is no URL */
export function url(text: string | undefined): string | undefined {
  if (text && !isUrl(text)) throw new CommandFailed(`'${text}' is not a valid URL`);
  return text;
}

function existsAction(action: string | undefined): string | undefined {
  if (action && !['s', 'i', 'w', 'b'].includes(action.toLowerCase()))
    throw new CommandFailed(`The exists_action pip option only supports the values s, i, w, and b. '${action}' is not valid.`);
  return action;
}

function mirrorWords(given: Returnable | undefined, version: string | null): string[] {
  const mirrors = listOf(given);
  if (mirrors.length === 0) return [];
  if (isFrom(version, '7.0.0'))
    throw new CommandFailed('pip >= 7.0.0 does not support mirror argument: use index_url and/or extra_index_url instead');
  const odd = mirrors.find((mirror) => !mirror.startsWith('http://'));
  if (odd !== undefined) throw new CommandFailed(`'${odd}' is not a valid URL`);
  return ['--use-mirrors', ...each('--mirrors', mirrors)];
}

function editableWords(given: Returnable | undefined): string[] {
  const entries = listOf(given);
  for (const entry of entries) {
    const isLocal = entry === '.' || entry.startsWith('file://') || entry.startsWith('/');
    if (!isLocal && !/(?:#|#.*?&)egg=([^&]+)/.test(entry)) throw new CommandFailed('You must specify an egg for this editable');
  }
  return each('--editable', entries);
}

function logWords(log: string | undefined): string[] {
  if (!log) return [];
  if (statSync(log, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error(`'${log}' is a directory. Use --log path_to_file`);
  const place = existsSync(log) ? log : dirname(log);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    throw new Error(`pip cannot keep its log in '${log}': '${place}' is not there or not writeable`);
  }
  return ['--log', log];
}

/** The proxy, which may be that of the minion, and the time limit of connections. */
function lineWords(ctx: Ctx, { proxy, timeout }: Line): string[] {
  if (timeout && !/^[+-]?\d+$/.test(String(timeout))) throw new Error(`'${String(timeout)}' is not a valid timeout, must be an integer`);
  const through = proxy ? String(proxy) : proxy === false ? undefined : minionProxy(ctx);
  return [...option('--proxy', through), ...(timeout ? ['--timeout', String(timeout)] : [])];
}

function minionProxy({ config }: Ctx): string | undefined {
  const [host, port, user, password] = ['host', 'port', 'username', 'password'].map((key) => config[`proxy_${key}`] || undefined);
  if (host === undefined || port === undefined) return undefined;
  return `http://${user !== undefined && password !== undefined ? `${user}:${password}@` : ''}${host}:${port}`;
}

function extraWords(given: Returnable | undefined): string[] {
  return (Array.isArray(given) ? given : []).flatMap((item: Returnable) => {
    if (typeof item !== 'object' || item === null) return [String(item)];
    const [key, value] = Object.entries(item).at(-1) ?? [];
    if (typeof value === 'object' && value !== null) throw new CallRefused(`Too many levels in: ${key}`);
    return key === undefined ? [] : [key, String(value)];
  });
}

interface Removal extends Where, Line {
  readonly pkgs?: Returnable | undefined;
  readonly requirements?: Returnable | undefined;
  readonly extra_args?: Returnable | undefined;
}

export async function uninstall(ctx: Ctx, asked: Removal): Promise<Returnable> {
  const requirements = await requirementsOf(ctx, asked.requirements, asked);
  if (requirements.missing !== undefined) return { result: false, comment: `pip requirements file '${requirements.missing}' not found` };
  try {
    const line = [...option('--log', asked.log), ...lineWords(ctx, asked)];
    const listed = await pinned(listOf(asked.requirements));
    const names = listOf(asked.pkgs).filter((name) => !listed.includes(name));
    return {
      ...(await runPip(ctx, asked, ['uninstall', '-y', ...requirements.words, ...line, ...names, ...extraWords(asked.extra_args)])),
    };
  } finally {
    await requirements.remove();
  }
}

/** Names that files of requirements have with a version. */
async function pinned(files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(/^([^=\n]+)==[^=\n]*$/gm)].map(([, name = '']) => name));
}
