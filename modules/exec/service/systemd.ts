import { constants, existsSync } from 'node:fs';
import { access, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Ctx, type Ran, type Returnable } from '../../define.ts';
import type { ServiceManager } from './manager.ts';

const TYPES = ['service', 'socket', 'device', 'mount', 'automount', 'swap', 'target', 'path', 'timer'];
const ENV = { LC_ALL: 'C.UTF-8', LANGUAGE: 'C', SYSTEMD_COLORS: '0' };
const text = (bytes: Buffer): string => bytes.toString('utf8').trimEnd();

/** Where systemd keeps its files; a test gives it others. */
export interface Places {
  readonly booted: string;
  readonly units: readonly string[];
  readonly local: string;
  readonly runtime: string;
}
const SYSTEM: Places = {
  booted: '/run/systemd/system',
  units: ['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/systemd/system'],
  local: '/etc/systemd/system',
  runtime: '/run/systemd/system',
};

/** `nginx` as systemd names it: `nginx.service`. */
export const unitName = (name: string): string => {
  if (name === '' || name.startsWith('-') || /[\s\0/]/.test(name)) throw new CommandFailed(`'${name}' is not a service name`);
  return TYPES.some((type) => name.endsWith(`.${type}`)) ? name : `${name}.service`;
};
/** A unit as Salt names it: services without their ending, undefined for what is no unit it lists. */
export const serviceName = (unit: string): string | undefined => {
  const [, name, type = ''] = /^(.*)\.([^.]+)$/.exec(unit) ?? [];
  if (name === undefined || !TYPES.includes(type)) return undefined;
  return type === 'service' ? name : unit;
};

/** Names in a column of a systemctl table where another column has a value. */
export const unitsWith = (table: string, column: number, value: string): string[] => {
  const rows = table.split('\n').map((line) => line.replace('●', ' ').trim().split(/\s+/));
  const names = rows.filter((row) => row[column] === value).map(([unit = '']) => serviceName(unit));
  return [...new Set(names.filter((name) => name !== undefined))].sort();
};

/** `systemctl show`: texts, lists where units are listed, maps for `{ path=... ; argv[]=... }`. */
export const parseShow = (output: string): Record<string, Returnable> => {
  const properties: Record<string, Returnable> = { __proto__: null } as never;
  for (const line of output.split('\n')) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    if (value.startsWith('{')) {
      const items = value
        .replace(/[{}]/g, '')
        .split(' ; ')
        .map((item) => item.split('='));
      properties[name] = Object.fromEntries(items.map(([key = '', held = '']) => [key.trim(), held.trim()]));
    } else {
      properties[name] = ['Before', 'After', 'Wants'].includes(name) ? value.split(/\s+/).filter((unit) => unit !== '') : value;
    }
  }
  return properties;
};

export const createSystemd = (places: Places = SYSTEM): ServiceManager => {
  /** Outside the minion's own unit: restarting the minion must not kill what restarts it. */
  const scope = (ctx: Ctx): string[] =>
    ctx.config['systemd.scope'] !== false && ctx.host.which('systemd-run') !== undefined ? ['systemd-run', '--scope'] : [];
  const systemctl = (ctx: Ctx, words: readonly string[], scoped = false): Promise<Ran> =>
    ctx.spawn([...(scoped ? scope(ctx) : []), 'systemctl', ...words], { env: ENV });
  const status = (ctx: Ctx, name: string): Promise<Ran> => systemctl(ctx, ['status', unitName(name), '-n', '0']);
  // Since systemd 231 an unknown unit ends with 4.
  const known = ({ code }: Ran): boolean => code >= 0 && code < 4;

  /** Unit files that changed, or are new, count only after a reload. */
  const takeChanges = async (ctx: Ctx, name: string): Promise<void> => {
    const ran = await status(ctx, name);
    const isNew =
      !known(ran) &&
      (await access(join(places.local, unitName(name)), constants.R_OK).then(
        () => true,
        () => false,
      ));
    if (isNew || text(Buffer.concat([ran.stdout, ran.stderr])).includes("'systemctl daemon-reload'")) await reloadManager(ctx);
  };

  const reloadManager = async (ctx: Ctx): Promise<true> => {
    const { code, stdout, stderr } = await systemctl(ctx, ['--system', 'daemon-reload']);
    if (code !== 0) throw new CommandFailed(`Problem performing systemctl daemon-reload: ${text(Buffer.concat([stdout, stderr]))}`);
    return true;
  };

  const masked = async (ctx: Ctx, name: string, runtime: boolean): Promise<boolean> => {
    await takeChanges(ctx, name);
    return (await readlink(join(runtime ? places.runtime : places.local, unitName(name))).catch(() => '')) === '/dev/null';
  };
  const setMask = async (ctx: Ctx, verb: 'mask' | 'unmask', name: string, runtime: boolean): Promise<true> => {
    const { code, stdout, stderr } = await systemctl(ctx, [verb, ...(runtime ? ['--runtime'] : []), unitName(name)], true);
    if (code !== 0) throw new CommandFailed(`Failed to ${verb} service '${name}': ${reason(Buffer.concat([stdout, stderr]))}`);
    return true;
  };
  const unmask = async (ctx: Ctx, name: string, runtime: boolean): Promise<true> =>
    (await masked(ctx, name, runtime)) ? setMask(ctx, 'unmask', name, runtime) : true;
  const reason = (bytes: Buffer): string =>
    text(bytes)
      .split('\n')
      .filter((line) => !line.endsWith('.scope'))
      .join('\n')
      .trim();

  const perform = async (ctx: Ctx, verb: string, name: string, options: Parameters<ServiceManager['act']>[3]): Promise<Ran> => {
    await takeChanges(ctx, name);
    if (options.unmask) await unmask(ctx, name, false);
    if (options.unmaskRuntime) await unmask(ctx, name, true);
    return systemctl(ctx, [...(options.noBlock ? ['--no-block'] : []), verb, unitName(name)], true);
  };
  const table = async (ctx: Ctx, ...words: string[]): Promise<string> =>
    text((await systemctl(ctx, ['--full', '--no-legend', '--no-pager', ...words])).stdout);

  return {
    name: 'systemd',
    serves: (host) => host.which('systemctl') !== undefined && existsSync(places.booted),
    async act(ctx, action, name, options) {
      const ran = await perform(ctx, action, name, options);
      if (ran.code === 0) return true;
      // Why it could not be stopped, Salt does not tell: the return code does.
      if (action !== 'stop') throw new CommandFailed(reason(ran.stderr) || `systemctl ${action} ${name} ended with ${ran.code}`);
      ctx.log.error(`systemctl stop ${name} ended with ${ran.code}: ${reason(ran.stderr)}`);
      ctx.retcode(ran.code);
      return false;
    },
    async active(ctx, name) {
      await takeChanges(ctx, name);
      return (await systemctl(ctx, ['is-active', unitName(name)])).code === 0;
    },
    async available(ctx, name) {
      await takeChanges(ctx, name);
      return known(await status(ctx, name));
    },
    async enabled(ctx, name) {
      const { code, stdout } = await systemctl(ctx, ['is-enabled', unitName(name)]);
      if (text(stdout) !== 'alias') return code === 0;
      const real = text((await systemctl(ctx, ['show', unitName(name), '-P', 'Id'])).stdout);
      return (await systemctl(ctx, ['is-enabled', unitName(real)])).code === 0;
    },
    async enable(ctx, name, options) {
      const ran = await perform(ctx, 'enable', name, options);
      if (ran.code !== 0) throw new CommandFailed(reason(ran.stderr) || `systemctl enable ${name} ended with ${ran.code}`);
      return true;
    },
    disable: async (ctx, name, options) => (await perform(ctx, 'disable', name, options)).code === 0,
    async all() {
      const files = await Promise.all(places.units.map((folder) => readdir(folder).catch(() => [])));
      const names = files
        .flat()
        .map(serviceName)
        .filter((name) => name !== undefined);
      return [...new Set(names)].sort();
    },
    async listed(ctx, state) {
      if (state === 'running') return unitsWith(await table(ctx), 3, 'running');
      return unitsWith(await table(ctx, 'list-unit-files'), 1, state);
    },
    masked,
    async mask(ctx, name, runtime) {
      await takeChanges(ctx, name);
      return setMask(ctx, 'mask', name, runtime);
    },
    unmask,
    show: async (ctx, name) => parseShow(text((await systemctl(ctx, ['show', unitName(name)])).stdout)),
    reloadManager,
  };
};
