import type { FileBackend } from '../backend.ts';

const CODE = /^_plugins\/([a-z][a-z0-9_]{0,39})\/\1\.(py|js|mjs|ts)$/;
const MODULE = /^_modules\/plugin_([a-z][a-z0-9_]{0,39})\.(py|js|mjs|ts)$/;

/**
 * The execution modules of plugins as minions synchronise them: `_plugins/disk/disk.py` is also served as
 * `_modules/plugin_disk.py`, so that `saltutil.sync_modules` of any minion brings it, and its function is `plugin_disk.run`.
 */
export function pluginModules(sources: readonly FileBackend[]): FileBackend {
  return {
    name: 'plugins',
    envs: async () => [],
    find: async (path, saltenv) => {
      const [, name, code] = MODULE.exec(path) ?? [];
      if (name === undefined) return undefined;
      for (const source of sources) {
        const found = await source.find(`_plugins/${name}/${name}.${code}`, saltenv);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: async (saltenv) => {
      const all = (await Promise.all(sources.map((source) => source.list(saltenv)))).flatMap(({ files }) => files);
      const files = all.flatMap((path) => {
        const [, name, code] = CODE.exec(path) ?? [];
        return name === undefined ? [] : [`_modules/plugin_${name}.${code}`];
      });
      return { files: [...new Set(files)].sort(), dirs: files.length === 0 ? [] : ['_modules'], emptyDirs: [], links: {} };
    },
  };
}
