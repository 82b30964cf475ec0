import { readFile } from 'node:fs/promises';

/** `/proc/meminfo` in KiB, by name. */
export async function memory(): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const line of (await readFile('/proc/meminfo', 'utf8')).split('\n')) {
    const [, name, size] = /^([^:]+):\s+(\d+)/.exec(line) ?? [];
    if (name !== undefined) found.set(name, Number(size));
  }
  return found;
}
