import { type GrainHost, grainSource, type Returnable } from '../define.ts';

export const volumes = grainSource({
  name: 'volumes',
  doc: 'lvm, mdadm: volume groups with their volumes, and software RAIDs.',
  async collect(host) {
    const mdstat = host.read('/proc/mdstat');
    return { ...(await lvm(host)), ...(mdstat === undefined ? {} : { mdadm: parseMdstat(mdstat) }) };
  },
});

const lvm = async (host: GrainHost): Promise<Record<string, Returnable>> => {
  if (!host.which('lvm')) return {};
  const groups = wordsOf(await host.run(['lvm', 'vgs', '-o', 'vg_name', '--noheadings']));
  const entries = groups.map(async (group) => [group, wordsOf(await host.run(['lvm', 'lvs', '-o', 'lv_name', '--noheadings', group]))]);
  return { lvm: Object.fromEntries(await Promise.all(entries)) };
};

const wordsOf = (output = ''): string[] => output.split(/\s+/).filter((word) => word !== '');

export const parseMdstat = (content: string): string[] =>
  content
    .split('\n')
    .filter((line) => line.includes(' : ') && !line.startsWith('Personalities') && !line.startsWith('unused devices'))
    .map((line) => line.split(' : ')[0] ?? '')
    .sort();
