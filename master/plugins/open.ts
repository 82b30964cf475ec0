import { join } from 'node:path';
import { messageOf } from '../../protocol/errors.ts';
import type { FileServer } from '../files/server.ts';
import type { MasterConfig } from '../options.ts';
import { PluginFinder } from './find.ts';
import { Plugins, type PluginsParts } from './plugins.ts';
import { PluginSchedule } from './schedule.ts';
import { PluginStore } from './sqlite.ts';

/** The plugins of a master. Disposing of it ends their schedule and closes their database. */
export interface PluginRoom extends AsyncDisposable {
  readonly plugins: Plugins;
  readonly finder: PluginFinder;
  readonly store: PluginStore;
}

export interface PluginSurroundings extends Omit<PluginsParts, 'finder' | 'store' | 'keep'> {
  readonly files: FileServer;
  readonly config: () => MasterConfig;
}

/** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openPlugins({ files, config, ...parts }: PluginSurroundings): PluginRoom {
  const finder = new PluginFinder(files);
  const store = new PluginStore(join(config().cachedir, 'plugins.db'), (text) => parts.log.warn(text));
  const plugins = new Plugins({
    ...parts,
    finder,
    store,
    keep: () => config().keep_plugin_results,
  });
  const schedule = new PluginSchedule({
    ...parts,
    finder,
    plugins,
    failed: (name, error) => parts.log.warn(`the scheduled run of the plugin ${name} failed: ${messageOf(error)}`),
  });
  return {
    plugins,
    finder,
    store,
    [Symbol.asyncDispose]: async () => {
      schedule.end();
      await store[Symbol.asyncDispose]();
    },
  };
}
