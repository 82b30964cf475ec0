import { beacon, float, type Host } from '../define.ts';
import { checked, optionsOf, percent, threshold } from './config.ts';
import { memory } from './memory.ts';

export default beacon({
  name: 'swapusage',
  doc: 'Tell how much swap space is used, in percent, once it reaches a bound.',
  example: 'swapusage:\n  - percent: 63%',
  serves: (host: Host) => host.os !== 'Windows' || 'there is no /proc/meminfo',
  validate: checked('swapusage', (options) => ('percent' in options ? undefined : 'Configuration for swapusage beacon requires percent.')),
  open: (config) => ({
    collect: async () => {
      const sizes = await memory();
      const total = sizes.get('SwapTotal') ?? 0;
      const used = percent(total - (sizes.get('SwapFree') ?? 0), total);
      return used >= threshold(optionsOf(config)['percent']) ? [{ swapusage: float(used) }] : [];
    },
  }),
});
