import { readFile } from 'node:fs/promises';
import { CommandFailed, type Ctx } from '../../../define.ts';
import { keyword, refuseOthers } from '../kwargs.ts';

type Info = Record<string, string>;

/** Fields of `lowpkg.info` and where dpkg has them. */
const FIELDS: readonly (readonly [string, string])[] = [
  ['package', 'Package'],
  ['revision', 'binary:Revision'],
  ['architecture', 'Architecture'],
  ['maintainer', 'Maintainer'],
  ['summary', 'Summary'],
  ['source', 'source:Package'],
  ['version', 'Version'],
  ['section', 'Section'],
  ['size', 'Size'],
  ['MD5', 'MD5sum'],
  ['SHA1', 'SHA1'],
  ['SHA256', 'SHA256'],
  ['origin', 'Origin'],
  ['homepage', 'Homepage'],
  ['status', 'db:Status-Abbrev'],
  ['install_date', 'db-fsys:Last-Modified'],
];

/** What dpkg knows of packages, by name. `failhard` in the call's keywords: whether a name it does not know is a failure (True). */
export const packageInfo = async (ctx: Ctx, names: readonly string[]): Promise<Record<string, Info>> => {
  refuseOthers(ctx, ['failhard']);
  // Unit and record separators cannot be in a field.
  const format = `${[...FIELDS.map(([, field]) => field), 'Description'].map((field) => `\${${field}}`).join('\x1f')}\x1e`;
  const env = { LC_ALL: 'C.UTF-8', LANGUAGE: 'C' };
  const { code, stdout, stderr } = await ctx.spawn(['dpkg-query', '-W', '-f', format, ...names], { env });
  if (code !== 0) {
    if (keyword(ctx, 'failhard') !== false) throw new CommandFailed(`Error getting packages information: ${stderr.toString().trim()}`);
    ctx.retcode(code);
    return {};
  }
  const found: Record<string, Info> = {};
  for (const record of stdout.toString().split('\x1e').slice(0, -1)) {
    const info = await describe(record.split('\x1f'));
    found[info['package'] ?? ''] = info;
  }
  return found;
};

const describe = async (values: readonly string[]): Promise<Info> => {
  const fields = FIELDS.map(([key], index) => [key, (values[index] ?? '').trim()] as const);
  const filled = fields.map(([key, value]) => [key, key === 'install_date' ? isoTime(value) : value] as const);
  const licences = await licencesOf(values[0]?.trim() ?? '');
  return {
    ...Object.fromEntries(filled.filter(([, value]) => value !== '')),
    description: `${values.at(-1) ?? ''}\n`,
    ...(licences === '' ? {} : { license: licences }),
  };
};

const isoTime = (seconds: string): string =>
  /^\d+$/.test(seconds) ? new Date(Number(seconds) * 1000).toISOString().replace('.000', '') : '';

const licencesOf = async (name: string): Promise<string> => {
  const copyright = await readFile(`/usr/share/doc/${name}/copyright`, 'utf8').catch(() => '');
  return [...new Set([...copyright.matchAll(/^License:(.*)$/gm)].map(([, licence = '']) => licence.trim()))].sort().join(', ');
};

/** dpkg's names, and those Salt uses on all systems. */
const COMMON: Readonly<Record<string, string>> = {
  package: 'name',
  origin: 'vendor',
  section: 'group',
  maintainer: 'packager',
  homepage: 'url',
};

/** What is known of those packages that are really installed, under the names Salt uses on all systems. */
export const infoInstalled = async (ctx: Ctx, names: readonly string[]): Promise<Record<string, Info>> => {
  const installed = Object.entries(await packageInfo(ctx, names)).filter(([, { status = 'ii' }]) => status[1] === 'i');
  const renamed = ({ status: _, ...info }: Info): Info =>
    Object.fromEntries(Object.entries(info).map(([key, value]) => [COMMON[key] ?? key, value]));
  return Object.fromEntries(installed.map(([name, info]) => [name, renamed(info)]));
};
