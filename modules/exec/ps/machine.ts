import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Floating, float, type Returnable } from '../../define.ts';

const TICKS = 100;
export type Numbers = Readonly<Record<string, number | Floating>>;
const percent = (part: number, whole: number): Floating => float(whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10);

const kilobytes = (text: string): ((name: string) => number) => {
  const values = new Map([...text.matchAll(/^(\S+):\s+(\d+)/gm)].map(([, name = '', value]) => [name, Number(value) * 1024]));
  return (name) => values.get(name) ?? 0;
};

/** Bytes of memory, from /proc/meminfo. */
export const parseMemory = (text: string): Numbers => {
  const value = kilobytes(text);
  const [total, available] = [value('MemTotal'), value('MemAvailable')];
  return {
    total,
    available,
    percent: percent(total - available, total),
    used: total - available,
    free: value('MemFree'),
    active: value('Active'),
    inactive: value('Inactive'),
    buffers: value('Buffers'),
    cached: value('Cached') + value('SReclaimable'),
    shared: value('Shmem'),
    slab: value('Slab'),
  };
};

/** Bytes of swap space, and swapped in and out, from /proc/meminfo and /proc/vmstat. */
export const parseSwap = (meminfo: string, vmstat: string): Numbers => {
  const value = kilobytes(meminfo);
  const [total, free] = [value('SwapTotal'), value('SwapFree')];
  const moved = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(vmstat)?.[1] ?? 0) * 4096;
  return { total, used: total - free, free, percent: percent(total - free, total), sin: moved('pswpin'), sout: moved('pswpout') };
};

const TIMES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice'];
/** Seconds by use, of all processors and of each, from /proc/stat. */
export const parseCpuTimes = (text: string): Record<string, Record<string, number>> =>
  Object.fromEntries(
    [...text.matchAll(/^(cpu\d*)\s+(.*)$/gm)].map(([, name = '', values = '']) => {
      const ticks = values.trim().split(/\s+/).map(Number);
      return [name, Object.fromEntries(TIMES.map((time, index) => [time, (ticks[index] ?? 0) / TICKS]))];
    }),
  );
export const asFloats = (values: Readonly<Record<string, number>>): Record<string, Floating> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, float(value)]));

/** The share of time in which a processor was not idle. */
export const busy = (before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Floating => {
  const spent = (name: string): number => Math.max(0, (after[name] ?? 0) - (before[name] ?? 0));
  // Guests are counted in user and nice already.
  const total = TIMES.slice(0, 8).reduce((sum, name) => sum + spent(name), 0);
  return percent(total - spent('idle') - spent('iowait'), total);
};

export const diskUsage = async (path: string): Promise<Numbers> => {
  const fs = await statfs(path).catch((failure: Error) => {
    throw new CommandFailed(`Cannot look at '${path}': ${failure.message}`);
  });
  const [total, free, used] = [fs.blocks * fs.bsize, fs.bavail * fs.bsize, (fs.blocks - fs.bfree) * fs.bsize];
  return { total, used, free, percent: percent(used, used + free) };
};

/** Mounted file systems; without `all` only those that are on devices. */
export const partitions = async (proc: string, all: boolean): Promise<Record<string, Returnable>[]> => {
  const known = await readFile(join(proc, 'filesystems'), 'utf8');
  const physical = new Set(
    known
      .split('\n')
      .filter((line) => !line.startsWith('nodev'))
      .map((line) => line.trim()),
  );
  const lines = (await readFile(join(proc, 'self/mounts'), 'utf8')).split('\n').filter((line) => line !== '');
  return lines
    .map((line) =>
      line
        .split(' ')
        .map((word) => word.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))),
    )
    .filter(([, , fstype = '']) => all || physical.has(fstype) || fstype === 'zfs')
    .map(([device = '', mountpoint = '', fstype = '', opts = '']) => ({
      device: device === 'none' ? '' : device,
      mountpoint,
      fstype,
      opts,
    }));
};

/** Counters by interface, from /proc/net/dev. */
export const parseNetwork = (text: string): Record<string, Record<string, number>> =>
  Object.fromEntries(
    [...text.matchAll(/^\s*(\S+?):\s*(\d.*)$/gm)].map(([, name = '', values = '']) => {
      const at = values.trim().split(/\s+/).map(Number);
      const counters = {
        bytes_sent: at[8],
        bytes_recv: at[0],
        packets_sent: at[9],
        packets_recv: at[1],
        errin: at[2],
        errout: at[10],
        dropin: at[3],
        dropout: at[11],
      };
      return [name, Object.fromEntries(Object.entries(counters).map(([key, value]) => [key, value ?? 0]))];
    }),
  );
export const total = (rows: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const row of rows) for (const [key, value] of Object.entries(row)) sums[key] = (sums[key] ?? 0) + value;
  return sums;
};
