import { readFile } from 'node:fs/promises';
import { CommandFailed, type Ctx } from '../../define.ts';
import type { Inventory, PackageTool } from './tool.ts';

const ENV = { LC_ALL: 'C.UTF-8', LANGUAGE: 'C' };
const text = (bytes: Buffer): string => bytes.toString('utf8');

/** The lists in dpkg's data base, from lines such as `install ok installed zsh 4.3.17-1 amd64`. */
export const parseInventory = (output: string, osarch: string): Inventory => {
  const lists = { installed: new Map<string, string[]>(), removed: new Map<string, string[]>(), purging: new Map<string, string[]>() };
  for (const line of output.split('\n')) {
    const [wanted = '', , status = '', name, version, arch] = line.split(/\s+/);
    if (name === undefined || version === undefined || arch === undefined) continue;
    // Only packages of a second architecture carry its name.
    const full = osarch === 'amd64' && arch !== 'all' && arch !== osarch ? `${name}:${arch}` : name;
    const list = listFor(wanted, status);
    if (list !== undefined) lists[list].set(full, [...(lists[list].get(full) ?? []), version].sort());
  }
  return lists;
};

const listFor = (wanted: string, status: string): keyof Inventory | undefined => {
  if (wanted === 'deinstall') return 'removed';
  if ((wanted === 'install' || wanted === 'hold') && status.includes('installed')) return 'installed';
  return wanted === 'purge' && status === 'installed' ? 'purging' : undefined;
};

export const inventory = async (ctx: Ctx): Promise<Inventory> => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = '${Status} ${Package} ${Version} ${Architecture}\n';
  const { code, stdout, stderr } = await ctx.spawn(['dpkg-query', '--showformat', format, '-W'], { env: ENV });
  // 1 only says that no package matched.
  if (code > 1) throw new CommandFailed(`dpkg-query failed: ${text(stderr).trim()}`);
  return parseInventory(text(stdout), String(ctx.grains['osarch'] ?? ''));
};

/** The package a path belongs to, or an empty text. */
export const fileOwner: PackageTool['owner'] = async (ctx, path) => {
  const { code, stdout, stderr } = await ctx.spawn(['dpkg', '-S', path], { env: ENV });
  if (code !== 0) {
    ctx.log.error(text(stderr).trim());
    ctx.retcode(code);
  }
  return code === 0 ? (text(stdout).split(':')[0] ?? '') : '';
};

/** The paths of each package. A package that is not there makes a text that begins with `Error:`, as Salt's. */
export const filesOf: PackageTool['files'] = async (ctx, names) => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = '${db:Status-Status}\t${binary:Package}\n';
  const { code, stdout, stderr } = await ctx.spawn(['dpkg-query', '-f', format, '-W', ...names], { env: ENV });
  if (code !== 0) {
    const message = `Error:  ${text(stderr).trim()}`;
    ctx.log.error(message);
    ctx.retcode(code);
    return message;
  }
  const packages: Record<string, string[]> = {};
  for (const line of text(stdout).split('\n')) {
    const [status, name] = line.split('\t');
    if (status !== 'installed' || name === undefined) continue;
    const listed = await ctx.spawn(['dpkg', '-L', name], { env: ENV });
    packages[name] = text(listed.stdout)
      .split('\n')
      .filter((path) => path !== '');
  }
  return packages;
};

const FIELDS: readonly (readonly [string, string])[] = [
  ['name', 'Package'],
  ['revision', 'binary:Revision'],
  ['architecture', 'Architecture'],
  ['packager', 'Maintainer'],
  ['summary', 'Summary'],
  ['source', 'source:Package'],
  ['version', 'Version'],
  ['group', 'Section'],
  ['size', 'Size'],
  ['MD5', 'MD5sum'],
  ['SHA1', 'SHA1'],
  ['SHA256', 'SHA256'],
  ['vendor', 'Origin'],
  ['url', 'Homepage'],
  ['status', 'db:Status-Abbrev'],
  ['install_date', 'db-fsys:Last-Modified'],
];

/** What dpkg knows of installed packages, under the names Salt uses on all systems. */
export const infoOf: PackageTool['info'] = async (ctx, names, failhard) => {
  // Unit and record separators cannot be in a field.
  const format = `${[...FIELDS.map(([, field]) => field), 'Description'].map((field) => `\${${field}}`).join('\x1f')}\x1e`;
  const { code, stdout, stderr } = await ctx.spawn(['dpkg-query', '-W', '-f', format, ...names], { env: ENV });
  if (code !== 0) {
    if (failhard) throw new CommandFailed(`Error getting packages information: ${text(stderr).trim()}`);
    return {};
  }
  const found: Record<string, Record<string, string>> = {};
  for (const record of text(stdout).split('\x1e')) {
    const values = record.split('\x1f');
    const described = Object.fromEntries(FIELDS.map(([key], index) => [key, values[index]?.trim() ?? '']));
    const { name = '', status = '', install_date: date = '', ...rest } = described;
    if (name === '' || status[1] !== 'i') continue;
    const filled = Object.entries({ name, ...rest, install_date: isoTime(date) }).filter(([, value]) => value !== '');
    const licences = await licencesOf(name);
    found[name] = {
      ...Object.fromEntries(filled),
      description: `${values.at(-1) ?? ''}\n`,
      ...(licences === '' ? {} : { license: licences }),
    };
  }
  return found;
};

const isoTime = (seconds: string): string =>
  /^\d+$/.test(seconds) ? new Date(Number(seconds) * 1000).toISOString().replace('.000', '') : '';

const licencesOf = async (name: string): Promise<string> => {
  const copyright = await readFile(`/usr/share/doc/${name}/copyright`, 'utf8').catch(() => '');
  return [...new Set([...copyright.matchAll(/^License:(.*)$/gm)].map(([, licence = '']) => licence.trim()))].sort().join(', ');
};
