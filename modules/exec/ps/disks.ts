import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SECTOR = 512;
export type DiskCounters = Readonly<Record<string, number>>;

/** /proc/diskstats: by device, in the terms of psutil; bytes, and times in ms. */
export const parseDisks = (text: string): Record<string, DiskCounters> => {
  const found: Record<string, DiskCounters> = {};
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, , name = '', ...fields] = line.trim().split(/\s+/);
    const at = (index: number): number => Number(fields[index] ?? 0);
    found[name] = {
      read_count: at(0),
      write_count: at(4),
      read_bytes: at(2) * SECTOR,
      write_bytes: at(6) * SECTOR,
      read_time: at(3),
      write_time: at(7),
      read_merged_count: at(1),
      write_merged_count: at(5),
      busy_time: at(9),
    };
  }
  return found;
};

/** Those that are whole disks: a total must not count partitions again. */
export const wholeDisks = (counters: Record<string, DiskCounters>, blocks = '/sys/block'): DiskCounters[] =>
  Object.entries(counters)
    .filter(([name]) => existsSync(join(blocks, name.replaceAll('/', '!'))))
    .map(([, values]) => values);
