import { constants, existsSync } from 'node:fs';
import { access, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Ctx, type Ran } from '../../define.ts';
import { InitScripts } from './initscripts.ts';
import type { ActOptions, ServiceManager, UnitFiles } from './manager.ts';
import { parseShow, serviceName, unitName, unitsWith } from './units.ts';

const ENV = { LC_ALL: 'C.UTF-8', LANGUAGE: 'C', SYSTEMD_COLORS: '0' };
const text = (bytes: Buffer): string => bytes.toString('utf8').trimEnd();

/** Where systemd keeps its files; a test gives it others. */
export interface Places {
  readonly booted: string;
  readonly units: readonly string[];
  readonly local: string;
  readonly runtime: string;
  readonly etc: string;
}
const SYSTEM: Places = {
  booted: '/run/systemd/system',
  units: ['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/systemd/system'],
  local: '/etc/systemd/system',
  runtime: '/run/systemd/system',
  etc: '/etc',
};

/** What systemctl says of a failure, without the lines of systemd-run about itself. */
const reason = (bytes: Buffer): string =>
  text(bytes)
    .split('\n')
    .filter((line) => !line.endsWith('.scope'))
    .join('\n')
    .trim();

class Systemd implements ServiceManager, UnitFiles {
  readonly name = 'systemd';
  readonly #places: Places;
  constructor(places: Places) {
    this.#places = places;
  }
  get units(): UnitFiles {
    return this;
  }
  serves: ServiceManager['serves'] = (host) => host.which('systemctl') !== undefined && this.#booted;
  get #booted(): boolean {
    return existsSync(this.#places.booted);
  }

  /** Outside the minion's own unit: restarting the minion must not kill what restarts it. */
  #scope(ctx: Ctx): string[] {
    const can = this.#booted && ctx.config['systemd.scope'] !== false && ctx.host.which('systemd-run') !== undefined;
    return can ? ['systemd-run', '--scope'] : [];
  }
  #systemctl(
    ctx: Ctx,
    words: readonly string[],
    { root, scoped = false }: { root?: string | undefined; scoped?: boolean } = {},
  ): Promise<Ran> {
    const inRoot = root === undefined ? [] : ['--root', root];
    return ctx.spawn([...(scoped ? this.#scope(ctx) : []), 'systemctl', ...inRoot, ...words], { env: ENV });
  }
  #status(ctx: Ctx, name: string): Promise<Ran> {
    return this.#systemctl(ctx, ['status', unitName(name), '-n', '0']);
  }
  #table(ctx: Ctx, words: readonly string[], root?: string): Promise<string> {
    return this.#systemctl(ctx, ['--full', '--no-legend', '--no-pager', ...words], { root }).then(({ stdout }) => text(stdout));
  }
  #scripts(root = '/'): InitScripts {
    return new InitScripts(join(root, this.#places.etc));
  }
  /** Init scripts that are no units. */
  async #ownScripts(ctx: Ctx, root?: string): Promise<string[]> {
    const units = await this.#unitFiles(root);
    return (await this.#scripts(root).executable(ctx)).filter((name) => !units.includes(name));
  }
  async #unitFiles(root = '/'): Promise<string[]> {
    const files = await Promise.all(this.#places.units.map((folder) => readdir(join(root, folder)).catch(() => [])));
    const names = files
      .flat()
      .map(serviceName)
      .filter((name) => name !== undefined);
    return [...new Set(names)];
  }

  /** Unit files that changed, or are new, count only after a reload. Where systemd does not run there is none. */
  async #takeChanges(ctx: Ctx, name: string): Promise<void> {
    if (!this.#booted) return;
    const ran = await this.#status(ctx, name);
    const isThere = access(join(this.#places.local, unitName(name)), constants.R_OK).then(
      () => true,
      () => false,
    );
    const isNew = !isKnown(ran) && (await isThere);
    if (isNew || text(Buffer.concat([ran.stdout, ran.stderr])).includes("'systemctl daemon-reload'")) await this.reload(ctx);
  }

  async reload(ctx: Ctx): Promise<true> {
    const { code, stdout, stderr } = await this.#systemctl(ctx, ['--system', 'daemon-reload']);
    if (code !== 0) throw new CommandFailed(`Problem performing systemctl daemon-reload: ${text(Buffer.concat([stdout, stderr]))}`);
    return true;
  }

  async masked(ctx: Ctx, name: string, runtime: boolean, root = '/'): Promise<boolean> {
    await this.#takeChanges(ctx, name);
    const folder = runtime ? this.#places.runtime : this.#places.local;
    return (await readlink(join(root, folder, unitName(name))).catch(() => '')) === '/dev/null';
  }
  async mask(ctx: Ctx, name: string, runtime: boolean, root?: string): Promise<true> {
    await this.#takeChanges(ctx, name);
    return this.#setMask(ctx, 'mask', name, runtime, root);
  }
  async unmask(ctx: Ctx, name: string, runtime: boolean, root?: string): Promise<true> {
    return (await this.masked(ctx, name, runtime, root)) ? this.#setMask(ctx, 'unmask', name, runtime, root) : true;
  }
  async #setMask(ctx: Ctx, verb: 'mask' | 'unmask', name: string, runtime: boolean, root: string | undefined): Promise<true> {
    const words = [verb, ...(runtime ? ['--runtime'] : []), unitName(name)];
    const { code, stdout, stderr } = await this.#systemctl(ctx, words, { root, scoped: true });
    if (code === 0) return true;
    const [failure, why] = [`Failed to ${verb} service '${name}'`, reason(Buffer.concat([stdout, stderr]))];
    ctx.log.error(`${failure}: ${why}`);
    // Why it could not be unmasked, Salt does not tell.
    throw new CommandFailed(verb === 'mask' && why !== '' ? `${failure}. Additional info follows:\n\n${why}` : failure);
  }

  async #perform(ctx: Ctx, verb: string, name: string, options: ActOptions): Promise<Ran> {
    await this.#takeChanges(ctx, name);
    if (options.unmask) await this.unmask(ctx, name, false, options.root);
    if (options.unmaskRuntime) await this.unmask(ctx, name, true, options.root);
    const words = [...(options.noBlock ? ['--no-block'] : []), verb, unitName(name)];
    return this.#systemctl(ctx, words, { root: options.root, scoped: true });
  }

  act: ServiceManager['act'] = async (ctx, action, name, options) => {
    const ran = await this.#perform(ctx, action, name, options);
    if (ran.code === 0) return true;
    // Why it could not be stopped, Salt does not tell: the return code does.
    if (action !== 'stop') throw new CommandFailed(reason(ran.stderr) || `systemctl ${action} ${name} ended with ${ran.code}`);
    ctx.log.error(`systemctl stop ${name} ended with ${ran.code}: ${reason(ran.stderr)}`);
    ctx.retcode(ran.code);
    return false;
  };

  async active(ctx: Ctx, name: string): Promise<boolean> {
    await this.#takeChanges(ctx, name);
    return (await this.#systemctl(ctx, ['is-active', unitName(name)])).code === 0;
  }
  async available(ctx: Ctx, name: string): Promise<boolean> {
    await this.#takeChanges(ctx, name);
    return isKnown(await this.#status(ctx, name));
  }

  async enabled(ctx: Ctx, name: string, root?: string): Promise<boolean> {
    const { code, stdout } = await this.#systemctl(ctx, ['is-enabled', unitName(name)], { root });
    if (text(stdout) === 'alias') {
      const real = text((await this.#systemctl(ctx, ['show', unitName(name), '-P', 'Id'], { root })).stdout);
      return (await this.#systemctl(ctx, ['is-enabled', unitName(real)], { root })).code === 0;
    }
    if (code === 0) return true;
    return (await this.#ownScripts(ctx, root)).includes(name) && (await this.#scripts(root).enabled(ctx)).includes(name);
  }
  async enable(ctx: Ctx, name: string, options: ActOptions): Promise<boolean> {
    if ((await this.#ownScripts(ctx, options.root)).includes(name)) return this.#scripts(options.root).enable(ctx, name);
    const ran = await this.#perform(ctx, 'enable', name, options);
    if (ran.code !== 0) throw new CommandFailed(reason(ran.stderr) || `systemctl enable ${name} ended with ${ran.code}`);
    return true;
  }
  async disable(ctx: Ctx, name: string, options: ActOptions): Promise<boolean> {
    if ((await this.#ownScripts(ctx, options.root)).includes(name)) return this.#scripts(options.root).disable(ctx, name);
    return (await this.#perform(ctx, 'disable', name, options)).code === 0;
  }

  async all(ctx: Ctx, root?: string): Promise<string[]> {
    return [...(await this.#unitFiles(root)), ...(await this.#ownScripts(ctx, root))].sort();
  }
  async listed(ctx: Ctx, state: 'enabled' | 'disabled' | 'static' | 'running', root?: string): Promise<string[]> {
    if (state === 'running') return unitsWith(await this.#table(ctx, []), 3, 'running');
    const units = unitsWith(await this.#table(ctx, ['list-unit-files'], root), 1, state);
    if (state === 'static') return units;
    const [scripts, on] = [await this.#ownScripts(ctx, root), await this.#scripts(root).enabled(ctx)];
    return [...new Set([...units, ...scripts.filter((name) => on.includes(name) === (state === 'enabled'))])].sort();
  }
  async show(ctx: Ctx, name: string, root?: string) {
    const ran = await this.#systemctl(ctx, ['show', unitName(name)], { root });
    if (ran.code !== 0) throw new CommandFailed(reason(ran.stderr) || `systemctl show ${name} ended with ${ran.code}`);
    return parseShow(text(ran.stdout));
  }
}

/** Since systemd 231 an unknown unit ends with 4. */
const isKnown = ({ code }: Ran): boolean => code >= 0 && code < 4;

export const createSystemd = (places: Partial<Places> = {}): ServiceManager & { readonly units: UnitFiles } =>
  new Systemd({ ...SYSTEM, ...places });
