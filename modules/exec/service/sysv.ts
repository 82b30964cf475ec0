import { existsSync } from 'node:fs';
import type { Ctx } from '../../define.ts';
import { InitScripts } from './initscripts.ts';
import type { ServiceManager } from './manager.ts';

const checked = InitScripts.checked;

const run = async (ctx: Ctx, argv: readonly string[], quiet = false): Promise<boolean> => {
  const { code, stdout, stderr } = await ctx.spawn(argv);
  if (!quiet) ctx.retcode(code);
  if (code !== 0 && !quiet) ctx.log.error(`Command '${argv.join(' ')}' failed with return code: ${code}\n${stdout}${stderr}`.trimEnd());
  return code === 0;
};

/** Init scripts, as Debian runs them where systemd did not boot the system: containers, mostly. */
export const createSysv = (etc = '/etc'): ServiceManager => {
  const scripts = new InitScripts(etc);
  const all = async (ctx: Ctx): Promise<string[]> => [...new Set([...(await scripts.names()), ...(await scripts.enabled(ctx))])].sort();
  const service = (ctx: Ctx, name: string, verb: string, quiet = false) => run(ctx, ['service', checked(name), verb], quiet);
  return {
    name: 'sysv',
    serves: (host) => host.which('service') !== undefined && host.which('update-rc.d') !== undefined && existsSync(scripts.folder),
    act: (ctx, action, name) => service(ctx, name, action),
    async active(ctx, name) {
      const runs = await service(ctx, name, 'status', true);
      // That a service does not run is an answer, and no failure.
      ctx.retcode(0);
      return runs;
    },
    available: async (ctx, name) => (await all(ctx)).includes(name),
    enabled: async (ctx, name) => (await scripts.enabled(ctx)).includes(name),
    disabled: async (ctx, name) => {
      const on = await scripts.enabled(ctx);
      return !on.includes(name) && (await all(ctx)).includes(name);
    },
    async enable(ctx, name) {
      await run(ctx, ['update-rc.d', checked(name), 'defaults']);
      return run(ctx, ['update-rc.d', checked(name), 'enable']);
    },
    disable: (ctx, name) => run(ctx, ['update-rc.d', checked(name), 'disable']),
    all,
    async listed(ctx, state) {
      const on = await scripts.enabled(ctx);
      return state === 'enabled' ? on : (await all(ctx)).filter((name) => !on.includes(name));
    },
  };
};
