import { CommandFailed, type Ctx, call, execModule, type Host, type Returnable } from '../../define.ts';
import type { Action, ActOptions, ServiceManager } from './manager.ts';
import { createSystemd } from './systemd.ts';
import { createSysv } from './sysv.ts';

const name = { type: 'string', required: true, doc: 'the service' } as const;
const noBlock = { type: 'boolean', default: false, doc: 'do not wait until it is done' } as const;
const UNMASK = {
  unmask: { type: 'boolean', default: false, doc: 'unmask the service first' },
  unmask_runtime: { type: 'boolean', default: false, doc: 'remove a mask that ends with the next boot first' },
} as const;
const runtime = { type: 'boolean', default: false, doc: 'until the next boot only' } as const;
const extra = "not used; the publication's __pub_ keys";

const optionsOf = (args: { no_block?: boolean | undefined; unmask?: boolean; unmask_runtime?: boolean }): ActOptions => ({
  noBlock: args.no_block ?? false,
  unmask: args.unmask ?? false,
  unmaskRuntime: args.unmask_runtime ?? false,
});
const globOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()|{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
      .replaceAll('[!', '[^')}$`,
  );

/** The module on the first of these managers that serves the host. */
export const serviceModule = (managers: readonly ServiceManager[]) => {
  const managerFor = (host: Host): ServiceManager | undefined => managers.find((manager) => manager.serves(host));
  const managerOf = (ctx: Ctx): ServiceManager => {
    const manager = managerFor(ctx.host);
    if (manager === undefined)
      throw new CommandFailed(`No service manager that is known runs here: looked for ${managers.map((known) => known.name).join(', ')}`);
    return manager;
  };
  const only = <K extends 'masked' | 'mask' | 'unmask' | 'show' | 'reloadManager'>(ctx: Ctx, what: K): NonNullable<ServiceManager[K]> => {
    const manager = managerOf(ctx);
    const ability = manager[what];
    if (ability === undefined) throw new CommandFailed(`${manager.name} cannot do this: it needs systemd`);
    return ability;
  };
  const acting = (as: string, action: Action, doc: string) =>
    call({
      doc,
      examples: [`tsalt '*' service.${as} <service name>`],
      args: { name, no_block: noBlock, ...UNMASK },
      extra,
      changes: true,
      run: (ctx, args) => (ctx.testing ? true : managerOf(ctx).act(ctx, action, args.name, optionsOf(args))),
    });
  const asking = (as: string, doc: string, answer: (manager: ServiceManager, ctx: Ctx, service: string) => Promise<boolean>) =>
    call({
      doc,
      examples: [`tsalt '*' service.${as} sshd`],
      args: { name },
      extra,
      changes: false,
      run: (ctx, args) => answer(managerOf(ctx), ctx, args.name),
    });
  const listing = (state: 'enabled' | 'disabled' | 'static' | 'running', doc: string) =>
    call({
      doc,
      examples: [`tsalt '*' service.get_${state}`],
      args: {},
      extra,
      changes: false,
      run: (ctx) => managerOf(ctx).listed(ctx, state),
    });
  const masking = (as: 'mask' | 'unmask', doc: string) =>
    call({
      doc,
      examples: [`tsalt '*' service.${as} foo`],
      args: { name, runtime },
      extra,
      changes: true,
      run: (ctx, args): Promise<Returnable> => only(ctx, as)(ctx, args.name, args.runtime),
    });

  return execModule({
    name: 'service',
    doc: 'Services, by whatever runs them on this system.',
    serves: (host) => managerFor(host) !== undefined || 'no service manager that is known (systemd, sysv) runs here',
    calls: {
      start: acting('start', 'start', 'Start a service.'),
      stop: acting('stop', 'stop', 'Stop a service.'),
      restart: acting('restart', 'restart', 'Stop and start a service.'),
      reload: acting('reload', 'reload', 'Make a service read its configuration again.'),
      force_reload: acting(
        'force_reload',
        'force-reload',
        'Make a service read its configuration again, by a restart if it cannot otherwise.',
      ),
      status: call({
        doc: 'Whether a service runs; for a glob, by service.',
        examples: ["tsalt '*' service.status <service name>", "tsalt '*' service.status 'ssh*'"],
        args: { name, sig: { type: 'string', doc: 'not used' } },
        changes: false,
        async run(ctx, args): Promise<Returnable> {
          const manager = managerOf(ctx);
          if (!/[*?]|\[.+\]/.test(args.name)) return manager.active(ctx, args.name);
          const glob = globOf(args.name);
          const results: Record<string, boolean> = {};
          for (const service of await manager.all(ctx)) if (glob.test(service)) results[service] = await manager.active(ctx, service);
          return results;
        },
      }),
      available: asking('available', 'Whether there is a service of that name.', (manager, ctx, service) =>
        manager.available(ctx, service),
      ),
      missing: asking(
        'missing',
        'Whether there is no service of that name.',
        async (manager, ctx, service) => !(await manager.available(ctx, service)),
      ),
      enabled: asking('enabled', 'Whether a service starts with the system.', (manager, ctx, service) => manager.enabled(ctx, service)),
      disabled: asking(
        'disabled',
        'Whether a service does not start with the system.',
        async (manager, ctx, service) => (await manager.disabled?.(ctx, service)) ?? !(await manager.enabled(ctx, service)),
      ),
      enable: call({
        doc: 'Make a service start with the system.',
        examples: ["tsalt '*' service.enable <service name>"],
        args: { name, no_block: noBlock, ...UNMASK },
        extra,
        changes: true,
        run: (ctx, args) => (ctx.testing ? true : managerOf(ctx).enable(ctx, args.name, optionsOf(args))),
      }),
      disable: call({
        doc: 'Make a service not start with the system.',
        examples: ["tsalt '*' service.disable <service name>"],
        args: { name, no_block: noBlock },
        extra,
        changes: true,
        run: (ctx, args) => (ctx.testing ? true : managerOf(ctx).disable(ctx, args.name, optionsOf(args))),
      }),
      get_all: call({
        doc: 'All services there are.',
        examples: ["tsalt '*' service.get_all"],
        args: {},
        extra,
        changes: false,
        run: (ctx) => managerOf(ctx).all(ctx),
      }),
      get_enabled: listing('enabled', 'All services that start with the system.'),
      get_disabled: listing('disabled', 'All services that do not start with the system.'),
      get_static: listing('static', 'All services that only others start.'),
      get_running: listing('running', 'All services that run.'),
      masked: call({
        doc: 'Whether a service is masked.',
        examples: ["tsalt '*' service.masked foo"],
        args: { name, runtime },
        extra,
        changes: false,
        run: (ctx, args) => only(ctx, 'masked')(ctx, args.name, args.runtime),
      }),
      mask: masking('mask', 'Make a service impossible to start.'),
      unmask: masking('unmask', 'Make a masked service possible to start again.'),
      show: call({
        doc: 'All properties of a service.',
        examples: ["tsalt '*' service.show <service name>"],
        args: { name },
        extra,
        changes: false,
        run: (ctx, args) => only(ctx, 'show')(ctx, args.name),
      }),
      systemctl_reload: call({
        doc: 'Make systemd read its units again.',
        examples: ["tsalt '*' service.systemctl_reload"],
        args: {},
        extra,
        changes: true,
        run: (ctx) => only(ctx, 'reloadManager')(ctx),
      }),
      execs: call({
        doc: 'The program that each service starts.',
        examples: ["tsalt '*' service.execs"],
        args: {},
        extra,
        changes: false,
        async run(ctx) {
          const show = only(ctx, 'show');
          const programs: Record<string, Returnable> = {};
          for (const service of await managerOf(ctx).all(ctx)) {
            const { ExecStart: start } = await show(ctx, service);
            if (typeof start === 'object' && start !== null && 'path' in start) programs[service] = start.path as Returnable;
          }
          return programs;
        },
      }),
    },
  });
};

export default serviceModule([createSystemd(), createSysv()]);
