import { readFile } from 'node:fs/promises';
import { beacon, float, type Host } from '../define.ts';
import { checked, optionsOf, percent, threshold } from './config.ts';

/** A beacon that tells which part of a kind of memory, named as in `/proc/meminfo`, is used. */
export const usageBeacon = (name: string, what: string, total: string, free: string) =>
  beacon({
    name,
    doc: `Tell how much ${what} is used, in percent, once it reaches a bound.`,
    example: `${name}:\n  - percent: 63%`,
    serves: (host: Host) => host.os !== 'Windows' || 'there is no /proc/meminfo',
    validate: checked(name, (options) => ('percent' in options ? undefined : `Configuration for ${name} beacon requires percent.`)),
    open: (config) => ({
      collect: async () => {
        const sizes = await memory();
        const all = sizes.get(total) ?? 0;
        const used = percent(all - (sizes.get(free) ?? 0), all);
        return used >= threshold(optionsOf(config)['percent']) ? [{ [name]: float(used) }] : [];
      },
    }),
  });

/** `/proc/meminfo` in KiB, by name. */
async function memory(): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const line of (await readFile('/proc/meminfo', 'utf8')).split('\n')) {
    const [, name, size] = /^([^:]+):\s+(\d+)/.exec(line) ?? [];
    if (name !== undefined) found.set(name, Number(size));
  }
  return found;
}
