import { CommandFailed, call, type ExecModule, execModule } from '../../modules/define.ts';
import type { Plugins } from '../plugins/plugins.ts';

/** Changes to plugins. */
export const pluginWheel = (plugins: Plugins): ExecModule =>
  execModule({
    name: 'plugin',
    doc: 'Plugins: whether they run, and the parameters that each of their runs gets.',
    calls: {
      configure: call({
        doc: 'Switch a plugin on or off, and set its configuration. What is not given stays as it is.',
        examples: [
          'tsalt-run wheel.plugin.configure name=disk enabled=False',
          "tsalt-run wheel.plugin.configure name=disk configuration='{warning: 70}'",
        ],
        args: {
          name: { type: 'string', required: true, doc: 'the name of the plugin' },
          enabled: { type: 'boolean', doc: 'whether it may run; else what its meta.yaml says' },
          configuration: { type: 'map', doc: 'parameters that every run gets unless it gives others' },
        },
        changes: true,
        run: async (_ctx, { name, enabled, configuration }) => {
          const plugin = await plugins.need(name);
          const before = plugins.setting(name);
          const next = {
            ...before,
            ...(enabled === undefined ? {} : { enabled }),
            ...(configuration === undefined ? {} : { configuration }),
          };
          plugins.configure(name, next);
          const wrong =
            configuration === undefined
              ? []
              : Object.entries(plugins.check(plugin, {}, {}).errors).filter(([field]) => field in configuration);
          if (wrong.length === 0) return true;
          plugins.configure(name, before);
          throw new CommandFailed(`The configuration of ${name} is wrong: ${wrong.map(([field, why]) => `${field}: ${why}`).join('; ')}.`);
        },
      }),
    },
  });
