import { grainSource } from '../define.ts';

export const memory = grainSource({
  name: 'memory',
  doc: 'mem_total, swap_total: in MiB.',
  async collect(host) {
    const meminfo = host.read('/proc/meminfo') ?? '';
    return { mem_total: mebibytes(meminfo, 'MemTotal'), swap_total: mebibytes(meminfo, 'SwapTotal') };
  },
});

const mebibytes = (meminfo: string, key: string): number => {
  const kibibytes = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1];
  return Math.floor(Number(kibibytes ?? 0) / 1024);
};
