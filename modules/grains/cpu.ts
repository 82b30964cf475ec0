import { grainSource, type Returnable } from '../define.ts';

export const cpu = grainSource({
  name: 'cpu',
  doc: 'num_cpus, cpu_model, cpu_flags: the processors.',
  async collect(host) {
    return parseCpuinfo(host.read('/proc/cpuinfo') ?? '');
  },
});

/** From /proc/cpuinfo, whose keys differ by architecture (x86, ARM, POWER, s390); a later line overrides. */
export const parseCpuinfo = (content: string): Record<string, Returnable> => {
  let num_cpus = 0;
  let cpu_model = 'Unknown';
  let cpu_flags: string[] = [];
  for (const line of content.split('\n')) {
    const [key = '', value] = line.split(':').map((part) => part.trim());
    if (value === undefined) continue;
    if (key === 'processor') num_cpus += 1;
    if (key === '# processors') num_cpus = Number(value);
    if (key === 'vendor_id' || key === 'model name' || key === 'cpu') cpu_model = value;
    if (key === 'flags' || key === 'Features') cpu_flags = value.split(/\s+/).filter((flag) => flag !== '');
    if (key === 'Processor') {
      cpu_model = value.split('-')[0] ?? value;
      num_cpus = 1;
    }
  }
  return { num_cpus, cpu_model, cpu_flags };
};
