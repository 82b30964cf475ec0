/**
 * Counts the packages that have a newer version.
 *
 * CLI Example: tsalt-run plugins.check updates '*' parameters='{warning: 10}'
 */
export const run = async (ctx, parameters = {}) => {
  const { warning = 1, error, refresh = false } = parameters;
  const upgrades = await ctx.call('pkg.list_upgrades', [], { refresh });
  const packages = Object.entries(upgrades)
    .map(([name, version]) => ({ name, version: String(version) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const count = packages.length;
  return {
    status: error !== undefined && count >= error ? 'error' : count >= warning ? 'warning' : 'OK',
    message: count === 0 ? 'all packages are up to date' : `${count} packages have updates`,
    data: { count, packages },
    metrics: { 'packages.upgrades': count },
  };
};
