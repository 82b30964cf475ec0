import { readFile } from 'node:fs/promises';
import { beacon } from '../define.ts';
import { checked, isMap, type Options, optionsOf } from './config.ts';

/** In the order of psutil, with the column of `/proc/net/dev`. */
const COLUMNS = [
  ['bytes_sent', 8],
  ['bytes_recv', 0],
  ['packets_sent', 9],
  ['packets_recv', 1],
  ['errin', 2],
  ['errout', 10],
  ['dropin', 3],
  ['dropout', 11],
] as const;
const KNOWN = ['type', ...COLUMNS.map(([name]) => name)];

export default beacon({
  name: 'network_info',
  doc: "Tell an interface's counters when one of them equals, or with type greater exceeds, a number.",
  example: 'network_info:\n  - interfaces:\n      eth0:\n        type: greater\n        bytes_sent: 100000',
  validate: checked('network_info', (options) => {
    const interfaces = options['interfaces'];
    for (const wanted of Object.values(isMap(interfaces) ? interfaces : {})) {
      if (!isMap(wanted)) return 'Configuration for network_info beacon must be a list of dictionaries.';
      if (!KNOWN.some((name) => name in wanted)) return 'Invalid configuration item in Beacon configuration.';
    }
    return undefined;
  }),
  open: (config) => ({
    collect: async () => {
      const interfaces = optionsOf(config)['interfaces'];
      const counted = await counters();
      return Object.entries(isMap(interfaces) ? interfaces : {}).flatMap(([name, wanted]) => {
        const found = counted.get(name);
        if (found === undefined || !isMap(wanted) || !reached(found, wanted)) return [];
        return [{ interface: name, network_info: found }];
      });
    },
  }),
});

const reached = (found: Readonly<Record<string, number>>, wanted: Options): boolean =>
  COLUMNS.some(([name]) => {
    if (!(name in wanted)) return false;
    const [have, bound] = [found[name] ?? 0, Math.trunc(Number(wanted[name]))];
    return wanted['type'] === 'greater' ? have > bound : have === bound;
  });

async function counters(): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
  const found = new Map<string, Readonly<Record<string, number>>>();
  for (const line of (await readFile('/proc/net/dev', 'utf8')).split('\n').slice(2)) {
    const [name, rest] = line.split(/:(.*)/);
    if (name === undefined || rest === undefined) continue;
    const numbers = rest.trim().split(/\s+/).map(Number);
    found.set(name.trim(), Object.fromEntries(COLUMNS.map(([key, column]) => [key, numbers[column] ?? 0])));
  }
  return found;
}
