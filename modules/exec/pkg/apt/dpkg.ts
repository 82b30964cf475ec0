import { existsSync } from 'node:fs';
import { CommandFailed, type Ctx } from '../../../define.ts';
import type { PackageTool, Versions } from '../tool.ts';

export interface Inventory {
  readonly installed: Versions;
  /** Removed, with their configuration left. */
  readonly removed: Versions;
  /** Installed, and wanted gone. */
  readonly purging: Versions;
}

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

interface BinaryInfo {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

/** Name, version and architecture of a .deb file. Throws CommandFailed, with what dpkg says, for any other file. */
export const binaryInfo = async (ctx: Ctx, path: string): Promise<BinaryInfo> => {
  if (!existsSync(path)) throw new CommandFailed(`${path} does not exist on minion`);
  const ran = await ctx.spawn(['dpkg', '-I', path], { env: ENV });
  if (ran.code !== 0) {
    const why = text(ran.stderr).trimEnd();
    throw new CommandFailed(`Unable to get info for ${path}${why === '' ? '' : `: ${why}`}`);
  }
  const field = (name: string): string | undefined => new RegExp(`^\\s*${name} *:.*?(\\S+)\\s*$`, 'm').exec(text(ran.stdout))?.[1];
  const [name, version, arch] = [field('Package'), field('Version'), field('Architecture')];
  if (name !== undefined && version !== undefined && arch !== undefined)
    return { name: isForeign(ctx, arch) ? `${name}:${arch}` : name, version, arch };
  const missing = Object.entries({ name, version, arch }).filter(([, value]) => value === undefined);
  throw new CommandFailed(`Unable to get ${missing.map(([key]) => key).join(', ')} for ${path}`);
};

const isForeign = (ctx: Ctx, arch: string): boolean => ctx.grains['osarch'] === 'amd64' && arch !== 'all' && arch !== 'amd64';
