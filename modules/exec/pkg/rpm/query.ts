import { CommandFailed, type Ctx, type Returnable } from '../../../define.ts';
import { keyword } from '../kwargs.ts';
import { ask, text } from '../run.ts';
import type { Versions } from '../tool.ts';

const X86_32 = ['i386', 'i486', 'i586', 'i686'];
const OTHERS = ['noarch', 'aarch64', 'armv7hl', 'armv6hl', 'ppc64', 'ppc64le', 's390', 's390x', 'athlon', 'amd64', 'ia64'];
const ARCHITECTURES = ['x86_64', 'x86_64_v2', ...X86_32, ...OTHERS];

const osarch = (ctx: Ctx): string => String(ctx.grains['osarch'] ?? '');

/** `zsh.x86_64` taken apart; without an architecture that is known, it is all name. */
export const partsOf = (name: string): { name: string; arch: string | null } => {
  const at = name.lastIndexOf('.');
  const arch = name.slice(at + 1);
  return at > 0 && ARCHITECTURES.includes(arch) ? { name: name.slice(0, at), arch } : { name, arch: null };
};

/** A package's name; those of an architecture that is not the system's carry it. */
export const resolveName = (ctx: Ctx, name: string, arch: string): string => {
  const both32 = X86_32.includes(arch) && X86_32.includes(osarch(ctx));
  return both32 || [osarch(ctx), 'noarch', ''].includes(arch) ? name : `${name}.${arch}`;
};

export const normalizeName = (ctx: Ctx, given: string): string => {
  const { name, arch } = partsOf(given);
  return arch !== null && resolveName(ctx, name, arch) === name ? name : given;
};

/** `5.1.8-9.el9`, with its epoch if there is one. */
const versionOf = (epoch: string, version: string, release: string): string =>
  `${['(none)', '0', ''].includes(epoch) ? '' : `${epoch}:`}${version}${release === '' ? '' : `-${release}`}`;

const FORMAT = ['%{NAME}', '%{EPOCH}', '%{VERSION}', '%{RELEASE}', '%{ARCH}'].join('_|-');

/** What rpm has installed. */
export const installed = async (ctx: Ctx): Promise<Versions> => {
  const ran = await ask(ctx, ['rpm', '-qa', '--nodigest', '--nosignature', '--queryformat', `${FORMAT}\n`]);
  if (ran.code !== 0) throw new CommandFailed(`rpm failed: ${text(ran.stderr).trim()}`);
  return parseInstalled(ctx, text(ran.stdout));
};
export const parseInstalled = (ctx: Ctx, output: string): Versions => {
  const found = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const [name = '', epoch = '', version, release = '', arch = ''] = line.split('_|-');
    if (version === undefined) continue;
    const key = resolveName(ctx, name, arch);
    found.set(key, [...(found.get(key) ?? []), versionOf(epoch, version, release)].sort());
  }
  return found;
};

/** Name and version of a package file. */
export const describe = async (ctx: Ctx, path: string): Promise<{ readonly name: string; readonly version: string }> => {
  const ran = await ask(ctx, ['rpm', '-qp', '--queryformat', FORMAT, path]);
  const [name, epoch = '', version, release = '', arch = ''] = text(ran.stdout).trim().split('_|-');
  if (ran.code !== 0 || name === undefined || version === undefined)
    throw new CommandFailed(`Unable to get info for ${path}: ${text(ran.stderr).trim()}`);
  return { name: resolveName(ctx, name, arch), version: versionOf(epoch, version, release) };
};

/** The package a path belongs to, or an empty text. */
export const owner = async (ctx: Ctx, path: string): Promise<string> => {
  const ran = await ask(ctx, ['rpm', '-qf', '--queryformat', '%{name}', path]);
  if (ran.code !== 0) ctx.retcode(ran.code);
  return ran.code === 0 ? text(ran.stdout).trim() : '';
};

/** The paths of each package; of all without names. */
export const files = async (ctx: Ctx, names: readonly string[]): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  const all = names.length > 0 ? names : [...(await installed(ctx)).keys()];
  for (const name of all) {
    const ran = await ask(ctx, ['rpm', '-ql', name]);
    if (ran.code === 0)
      found[name] = text(ran.stdout)
        .split('\n')
        .filter((path) => path.startsWith('/'));
    else ctx.retcode(ran.code);
  }
  return found;
};

/** Salt's names of what rpm tells, and rpm's own. */
const FIELDS: readonly (readonly [string, string])[] = [
  ['name', '%{NAME}'],
  ['epoch', '%|EPOCH?{%{EPOCH}}|'],
  ['version', '%{VERSION}'],
  ['release', '%{RELEASE}'],
  ['arch', '%{ARCH}'],
  ['vendor', '%{VENDOR}'],
  ['install_date_time_t', '%|INSTALLTIME?{%{INSTALLTIME}}|'],
  ['build_date_time_t', '%{BUILDTIME}'],
  ['build_host', '%{BUILDHOST}'],
  ['group', '%{GROUP}'],
  ['source', '%{SOURCERPM}'],
  ['size', '%{SIZE}'],
  ['license', '%{LICENSE}'],
  ['packager', '%|PACKAGER?{%{PACKAGER}}|'],
  ['url', '%|URL?{%{URL}}|'],
  ['summary', '%{SUMMARY}'],
  ['description', '%{DESCRIPTION}'],
];

/** What rpm knows of installed packages; `all_versions` in the call's keywords: a list for each. */
export const info = async (ctx: Ctx, names: readonly string[]): Promise<Returnable> => {
  const format = `${FIELDS.map(([, field]) => field).join('\x1f')}\x1e`;
  const ran = await ask(ctx, ['rpm', ...(names.length > 0 ? ['-q', ...names] : ['-qa']), '--queryformat', format]);
  if (ran.code !== 0) {
    const said = (text(ran.stderr).trim() || text(ran.stdout).trim()).split('\x1e').at(-1)?.trim();
    throw new CommandFailed(`Error getting packages information: ${said}`);
  }
  const found: Record<string, Record<string, Returnable>[]> = {};
  for (const record of text(ran.stdout)
    .split('\x1e')
    .filter((each) => each.trim() !== '')) {
    const described = describeRecord(record.split('\x1f'));
    const name = String(described['name']);
    found[name] = [...(found[name] ?? []), described];
  }
  const all = Boolean(keyword(ctx, 'all_versions'));
  return Object.fromEntries(
    Object.entries(found).map(([name, versions]) => [
      name,
      (all ? versions.map(withoutName) : withoutName(versions[0] ?? {})) as Returnable,
    ]),
  );
};
const withoutName = ({ name: _, ...rest }: Record<string, Returnable>): Record<string, Returnable> => rest;

const describeRecord = (values: readonly string[]): Record<string, Returnable> => {
  const told = FIELDS.map(([key], index) => [key, (values[index] ?? '').trim()] as const).filter(
    ([, value]) => !['', '(none)'].includes(value),
  );
  const fields: Record<string, Returnable> = Object.fromEntries(told);
  for (const what of ['install_date', 'build_date']) {
    const seconds = Number(fields[`${what}_time_t`]);
    if (!(seconds > 0)) continue;
    fields[what] = new Date(seconds * 1000).toISOString().replace('.000', '');
    fields[`${what}_time_t`] = seconds;
  }
  return fields;
};
