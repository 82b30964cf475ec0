import { beacon, float, type Host } from '../define.ts';
import { checked, optionsOf, percent, threshold } from './config.ts';
import { memory } from './memory.ts';

export default beacon({
  name: 'memusage',
  doc: 'Tell how much memory is used, in percent, once it reaches a bound.',
  example: 'memusage:\n  - percent: 63%',
  serves: (host: Host) => host.os !== 'Windows' || 'there is no /proc/meminfo',
  validate: checked('memusage', (options) => ('percent' in options ? undefined : 'Configuration for memusage beacon requires percent.')),
  open: (config) => ({
    collect: async () => {
      const sizes = await memory();
      const total = sizes.get('MemTotal') ?? 0;
      const used = percent(total - (sizes.get('MemAvailable') ?? 0), total);
      return used >= threshold(optionsOf(config)['percent']) ? [{ memusage: float(used) }] : [];
    },
  }),
});
