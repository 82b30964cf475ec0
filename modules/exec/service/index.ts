import { CommandFailed, type Ctx, call, execModule, type Host, type Returnable } from '../../define.ts';
import type { Action, ActOptions, ServiceManager, UnitFiles } from './manager.ts';
import { createOpenrc } from './openrc.ts';
import { createSystemd } from './systemd.ts';
import { createSysv } from './sysv.ts';

const name = { type: 'string', required: true, doc: 'the service' } as const;
const noBlock = { type: 'boolean', default: false, doc: 'do not wait until it is done' } as const;
/** None, where Salt's default is to wait but for the minion's own service. */
const noBlockOrNot = { type: 'boolean', doc: 'do not wait until it is done; for the minion itself that is the default' } as const;
const UNMASK = {
  unmask: { type: 'boolean', default: false, doc: 'unmask the service first' },
  unmask_runtime: { type: 'boolean', default: false, doc: 'remove a mask that ends with the next boot first' },
} as const;
const runtime = { type: 'boolean', default: false, doc: 'until the next boot only' } as const;
const root = { type: 'string', doc: 'the root of another tree' } as const;
const extra = 'not used';

interface Given {
  readonly name: string;
  readonly no_block?: boolean | undefined;
  readonly unmask?: boolean | undefined;
  readonly unmask_runtime?: boolean | undefined;
  readonly root?: string | undefined;
}
const optionsOf = (args: Given): ActOptions => ({
  noBlock: args.no_block ?? /^(salt|tsalt)-minion(\.service)?$/.test(args.name),
  unmask: args.unmask ?? false,
  unmaskRuntime: args.unmask_runtime ?? false,
  root: args.root,
});
const globOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()|{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
      .replaceAll('[!', '[^')}$`,
  );

/** The module on the first of these managers that serves the host. `offline` knows files of units also where systemd does not run. */
export const serviceModule = (managers: readonly ServiceManager[], offline?: UnitFiles) => {
  const managerFor = (host: Host): ServiceManager | undefined => managers.find((manager) => manager.serves(host));
  const managerOf = (ctx: Ctx): ServiceManager => {
    const manager = managerFor(ctx.host);
    if (manager === undefined)
      throw new CommandFailed(`No service manager that is known runs here: looked for ${managers.map((known) => known.name).join(', ')}`);
    return manager;
  };
  const unitsOf = (ctx: Ctx): UnitFiles => {
    const manager = managerOf(ctx);
    const units = manager.units ?? (ctx.host.which('systemctl') === undefined ? undefined : offline);
    if (units === undefined) throw new CommandFailed(`${manager.name} cannot do this: it needs systemd`);
    return units;
  };
  const act = (ctx: Ctx, action: Action, args: Given) => (ctx.testing ? true : managerOf(ctx).act(ctx, action, args.name, optionsOf(args)));
  const asking = (as: string, doc: string, answer: (manager: ServiceManager, ctx: Ctx, service: string) => Promise<boolean>) =>
    call({
      doc,
      examples: [`tsalt '*' service.${as} sshd`],
      args: { name },
      changes: false,
      run: (ctx, args) => answer(managerOf(ctx), ctx, args.name),
    });
  const listing = (state: 'enabled' | 'disabled' | 'static', doc: string) =>
    call({
      doc,
      examples: [`tsalt '*' service.get_${state}`],
      args: { root },
      changes: false,
      run: (ctx, args) => (state === 'static' ? unitsOf(ctx).listed(ctx, state, args.root) : managerOf(ctx).listed(ctx, state, args.root)),
    });
  const masking = (as: 'mask' | 'unmask', doc: string) =>
    call({
      doc,
      examples: [`tsalt '*' service.${as} foo`],
      args: { name, runtime, root },
      changes: true,
      run: (ctx, args): Promise<Returnable> => unitsOf(ctx)[as](ctx, args.name, args.runtime, args.root),
    });

  return execModule({
    name: 'service',
    doc: 'Services, by whatever runs them on this system: systemd, OpenRC or init scripts.',
    serves: (host) => managerFor(host) !== undefined || 'no service manager that is known (systemd, openrc, sysv) runs here',
    calls: {
      start: call({
        doc: 'Start a service.',
        examples: ["tsalt '*' service.start <service name>"],
        args: { name, no_block: noBlock, ...UNMASK },
        changes: true,
        run: (ctx, args) => act(ctx, 'start', args),
      }),
      stop: call({
        doc: 'Stop a service.',
        examples: ["tsalt '*' service.stop <service name>"],
        args: { name, no_block: noBlockOrNot },
        changes: true,
        run: (ctx, args) => act(ctx, 'stop', args),
      }),
      restart: call({
        doc: 'Stop and start a service.',
        examples: ["tsalt '*' service.restart <service name>"],
        args: { name, no_block: noBlockOrNot, ...UNMASK },
        changes: true,
        run: (ctx, args) => act(ctx, 'restart', args),
      }),
      reload: call({
        doc: 'Make a service read its configuration again.',
        examples: ["tsalt '*' service.reload <service name>"],
        args: { name, no_block: noBlock, ...UNMASK },
        changes: true,
        run: (ctx, args) => act(ctx, 'reload', args),
      }),
      force_reload: call({
        doc: 'Make a service read its configuration again, by a restart if it cannot otherwise.',
        examples: ["tsalt '*' service.force_reload <service name>"],
        args: { name, no_block: { ...noBlock, default: true }, ...UNMASK },
        changes: true,
        run: (ctx, args) => act(ctx, 'force-reload', args),
      }),
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
      enabled: call({
        doc: 'Whether a service starts with the system.',
        examples: ["tsalt '*' service.enabled <service name>"],
        args: { name, root },
        extra,
        changes: false,
        run: (ctx, args) => managerOf(ctx).enabled(ctx, args.name, args.root),
      }),
      disabled: call({
        doc: 'Whether a service does not start with the system.',
        examples: ["tsalt '*' service.disabled <service name>"],
        args: { name, root },
        changes: false,
        async run(ctx, args) {
          const manager = managerOf(ctx);
          return (await manager.disabled?.(ctx, args.name)) ?? !(await manager.enabled(ctx, args.name, args.root));
        },
      }),
      enable: call({
        doc: 'Make a service start with the system.',
        examples: ["tsalt '*' service.enable <service name>"],
        args: { name, no_block: noBlock, ...UNMASK, root },
        extra,
        changes: true,
        run: (ctx, args) => (ctx.testing ? true : managerOf(ctx).enable(ctx, args.name, optionsOf(args))),
      }),
      disable: call({
        doc: 'Make a service not start with the system.',
        examples: ["tsalt '*' service.disable <service name>"],
        args: { name, no_block: noBlock, root },
        extra,
        changes: true,
        run: (ctx, args) => (ctx.testing ? true : managerOf(ctx).disable(ctx, args.name, optionsOf(args))),
      }),
      get_all: call({
        doc: 'All services there are.',
        examples: ["tsalt '*' service.get_all"],
        args: { root },
        changes: false,
        run: (ctx, args) => managerOf(ctx).all(ctx, args.root),
      }),
      get_enabled: listing('enabled', 'All services that start with the system.'),
      get_disabled: listing('disabled', 'All services that do not start with the system.'),
      get_static: listing('static', 'All services that only others start.'),
      get_running: call({
        doc: 'All services that run.',
        examples: ["tsalt '*' service.get_running"],
        args: {},
        changes: false,
        run: (ctx) => unitsOf(ctx).listed(ctx, 'running'),
      }),
      masked: call({
        doc: 'Whether a service is masked.',
        examples: ["tsalt '*' service.masked foo"],
        args: { name, runtime, root },
        changes: false,
        run: (ctx, args) => unitsOf(ctx).masked(ctx, args.name, args.runtime, args.root),
      }),
      mask: masking('mask', 'Make a service impossible to start.'),
      unmask: masking('unmask', 'Make a masked service possible to start again.'),
      show: call({
        doc: 'All properties of a service.',
        examples: ["tsalt '*' service.show <service name>"],
        args: { name, root },
        changes: false,
        run: (ctx, args) => unitsOf(ctx).show(ctx, args.name, args.root),
      }),
      systemctl_reload: call({
        doc: 'Make systemd read its units again.',
        examples: ["tsalt '*' service.systemctl_reload"],
        args: {},
        changes: true,
        run: (ctx) => unitsOf(ctx).reload(ctx),
      }),
      execs: call({
        doc: 'The program that each service starts.',
        examples: ["tsalt '*' service.execs"],
        args: { root },
        changes: false,
        async run(ctx, args) {
          const programs: Record<string, Returnable> = {};
          for (const service of await managerOf(ctx).all(ctx, args.root)) {
            const { ExecStart: start } = await unitsOf(ctx).show(ctx, service, args.root);
            if (typeof start === 'object' && start !== null && 'path' in start) programs[service] = start.path as Returnable;
          }
          return programs;
        },
      }),
      firstboot: call({
        doc: 'Set what a system that never ran asks at its first start.',
        examples: ["tsalt '*' service.firstboot keymap=jp locale=en_US.UTF-8"],
        args: {
          locale: { type: 'string', doc: 'its locale' },
          locale_message: { type: 'string', doc: 'the locale of messages' },
          keymap: { type: 'string', doc: 'its keyboard' },
          timezone: { type: 'string', doc: 'its time zone' },
          hostname: { type: 'string', doc: 'its name' },
          machine_id: { type: 'string', doc: 'its machine id' },
          root,
        },
        changes: true,
        async run(ctx, { locale_message: message, machine_id: id, ...args }) {
          const wishes = Object.entries({ ...args, 'locale-message': message, 'machine-ID': id });
          const options = wishes
            .filter(([, value]) => value !== undefined && value !== '')
            .map(([option, value]) => `--${option}=${value}`);
          const ran = await ctx.spawn(['systemd-firstboot', ...options]);
          if (ran.code !== 0) throw new CommandFailed(`systemd-firstboot error: ${ran.stderr.toString('utf8').trim()}`);
          return true;
        },
      }),
      offline: call({
        doc: 'Whether systemd is here, and does not run.',
        examples: ["tsalt '*' service.offline"],
        args: {},
        changes: false,
        run: (ctx) => ctx.host.which('systemctl') !== undefined && managerOf(ctx).name !== 'systemd',
      }),
    },
  });
};

const systemd = createSystemd();
export default serviceModule([systemd, createOpenrc(), createSysv()], systemd.units);
