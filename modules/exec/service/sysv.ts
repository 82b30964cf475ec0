import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Ctx } from '../../define.ts';
import type { ServiceManager } from './manager.ts';

/** Init scripts, as Debian runs them where systemd did not boot the system: containers, mostly. */
export const createSysv = (etc = '/etc'): ServiceManager => {
  const scripts = join(etc, 'init.d');
  const checked = (name: string): string => {
    if (name === '' || name.startsWith('-') || /[\s\0/]/.test(name)) throw new CommandFailed(`'${name}' is not a service name`);
    return name;
  };
  const run = async (ctx: Ctx, argv: readonly string[], quiet = false): Promise<boolean> => {
    const { code, stdout, stderr } = await ctx.spawn(argv);
    if (!quiet) ctx.retcode(code);
    if (code !== 0 && !quiet) ctx.log.error(`Command '${argv.join(' ')}' failed with return code: ${code}\n${stdout}${stderr}`.trimEnd());
    return code === 0;
  };
  /** A container has no runlevel; Debian's default is 2. As with Salt, not to know it is a failure that the job's return code tells. */
  const runlevel = async (ctx: Ctx): Promise<string> => {
    if (ctx.host.which('runlevel') === undefined) return '2';
    const { code, stdout } = await ctx.spawn(['runlevel']);
    if (code !== 0) ctx.retcode(code);
    return /^\S+ (\S)/.exec(stdout.toString('utf8'))?.[1] ?? '2';
  };
  const enabledNames = async (ctx: Ctx): Promise<string[]> => {
    const folders = ['rcS.d', `rc${await runlevel(ctx)}.d`].map((name) => readdir(join(etc, name)).catch(() => []));
    const links = (await Promise.all(folders)).flat().filter((name) => name.startsWith('S'));
    return [...new Set(links.map((name) => name.replace(/^S\d*/, '')))].sort();
  };
  const all = async (ctx: Ctx): Promise<string[]> => {
    const present = (await readdir(scripts).catch(() => [])).filter((name) => name !== 'README');
    return [...new Set([...present, ...(await enabledNames(ctx))])].sort();
  };
  const service = (ctx: Ctx, name: string, verb: string, quiet = false) => run(ctx, ['service', checked(name), verb], quiet);
  return {
    name: 'sysv',
    serves: (host) => host.which('service') !== undefined && host.which('update-rc.d') !== undefined && existsSync(scripts),
    act: (ctx, action, name) => service(ctx, name, action),
    active: (ctx, name) => service(ctx, name, 'status', true),
    available: async (ctx, name) => (await all(ctx)).includes(name),
    enabled: async (ctx, name) => (await enabledNames(ctx)).includes(name),
    disabled: async (ctx, name) => {
      const on = await enabledNames(ctx);
      return !on.includes(name) && (await all(ctx)).includes(name);
    },
    async enable(ctx, name) {
      await run(ctx, ['update-rc.d', checked(name), 'defaults']);
      return run(ctx, ['update-rc.d', checked(name), 'enable']);
    },
    disable: (ctx, name) => run(ctx, ['update-rc.d', checked(name), 'disable']),
    all,
    async listed(ctx, state) {
      const on = await enabledNames(ctx);
      if (state === 'enabled') return on;
      if (state === 'disabled') return (await all(ctx)).filter((name) => !on.includes(name));
      throw new CommandFailed(`service.get_${state}: init scripts cannot tell`);
    },
  };
};
