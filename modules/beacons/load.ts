import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { beacon, float, type Returnable } from '../define.ts';
import { checked, isMap, type Options, optionsOf, threshold } from './config.ts';

const SPANS = ['1m', '5m', '15m'] as const;
type Averages = Record<(typeof SPANS)[number], number>;

export default beacon({
  name: 'load',
  doc: 'Tell the load averages when one is below its lower or above its upper bound.',
  example:
    'load:\n  - averages:\n      1m: [0.0, 2.0]\n      5m: [0.0, 1.5]\n      15m: [0.1, 1.0]\n  - onchangeonly: True\n  - emitatstartup: False',
  validate: checked('load', (options) => {
    for (const name of ['emitatstartup', 'onchangeonly'])
      if (name in options && typeof options[name] !== 'boolean') return `Configuration for load beacon option ${name} must be a boolean.`;
    if (!('averages' in options)) return 'Averages configuration is required for load beacon.';
    const averages = options['averages'];
    const found: Options = isMap(averages) ? averages : {};
    if (!SPANS.some((span) => span in found)) return 'Averages configuration for load beacon must contain 1m, 5m or 15m items.';
    for (const span of SPANS) {
      const bounds = found[span];
      if (bounds === undefined) continue;
      if (!Array.isArray(bounds)) return 'Averages configuration for load beacon: 1m, 5m and 15m items must be a list of two items.';
      if (bounds.length !== 2) return 'Configuration for load beacon: 1m, 5m and 15m items must be a list of two items.';
    }
    return undefined;
  }),
  open: (config) => {
    const options = optionsOf(config);
    const onChange = options['onchangeonly'] === true;
    const bounds = boundsOf(options['averages']);
    let last: Averages | undefined;
    return {
      collect: async () => {
        const now = await averages();
        const before = last;
        if (onChange) last = now;
        if (onChange && before === undefined && options['emitatstartup'] === false) return [];
        const told = bounds.some(([span, low, high]) =>
          onChange ? crossed(now[span], (before ?? now)[span], low, high) : now[span] < low || now[span] > high,
        );
        return told ? [Object.fromEntries(SPANS.map((span) => [span, float(now[span])]))] : [];
      },
    };
  },
});

/** A bound was passed between two looks. */
const crossed = (now: number, before: number, low: number, high: number): boolean =>
  (now > high && before < high) || (now < low && before > low);

function boundsOf(averages: Returnable | undefined): [(typeof SPANS)[number], number, number][] {
  if (!isMap(averages)) return [];
  return SPANS.flatMap((span) => {
    const pair = averages[span];
    return Array.isArray(pair) ? [[span, threshold(pair[0]), threshold(pair[1])]] : [];
  });
}

/** As the C library reads them: two decimals. */
async function averages(): Promise<Averages> {
  const text = await readFile('/proc/loadavg', 'utf8').catch(() => loadavg().join(' '));
  const [one = 0, five = 0, fifteen = 0] = text.split(' ').map(Number);
  return { '1m': one, '5m': five, '15m': fifteen };
}
