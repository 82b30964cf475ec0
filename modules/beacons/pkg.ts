import { type BeaconCtx, beacon, type Returnable } from '../define.ts';
import { isConfig, mustBeList } from './config.ts';

export default beacon({
  name: 'pkg',
  doc: 'Tell when a package was installed, removed, or can be upgraded.',
  example: 'pkg:\n  - pkgs: [zsh, apache2]\n  - refresh: True',
  validate: async (config, ctx) => {
    if (!isConfig(config)) return mustBeList('pkg');
    if (!config.some((item) => Array.isArray(item['pkgs']))) return 'Configuration for pkg beacon requires list of pkgs.';
    return (await ctx.has('pkg.upgrade_available')) ? undefined : 'pkg.upgrade_available is missing.';
  },
  open: (config, ctx) => {
    const names = config.flatMap((item) => (Array.isArray(item['pkgs']) ? item['pkgs'].map(String) : []));
    const refresh = config.some((item) => item['refresh'] === true);
    const before = new Map<string, string>();
    return {
      collect: async () => {
        const changed: { readonly [key: string]: Returnable }[] = [];
        for (const name of names) {
          const { status, version } = await standing(name, refresh, ctx);
          const known = before.get(name);
          before.set(name, status);
          if (known !== undefined && known !== status) changed.push({ pkg: name, version, status });
        }
        return changed;
      },
    };
  },
});

async function standing(name: string, refresh: boolean, ctx: BeaconCtx): Promise<{ status: string; version: Returnable }> {
  const installed = await ctx.call('pkg.version', [name]);
  if (installed === '' || installed === null || installed === false) return { status: 'not-installed', version: null };
  const latest = await ctx.call('pkg.latest_version', [name], { refresh });
  return latest === '' || latest === null ? { status: 'installed', version: installed } : { status: 'upgrade', version: latest };
}
