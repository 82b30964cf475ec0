import { type GrainHost, grainSource, type Returnable } from '../define.ts';

/** In the order in which they are looked for in a vendor's name. */
const vendors = ['nvidia', 'amd', 'ati', 'intel', 'cirrus logic', 'vmware', 'matrox', 'aspeed'];
const classes = ['3d controller', 'display controller', 'processing accelerators', 'vga compatible controller'];

export const gpus = grainSource({
  name: 'gpus',
  doc: 'num_gpus, gpus: graphics cards, where lspci is installed.',
  async collect(host) {
    if (host.config['enable_lspci'] === false || host.config['enable_gpu_grains'] === false || !hasAny(host)) {
      return { num_gpus: 0, gpus: [] };
    }
    const found = parseLspci((await host.run(['lspci', '-vmm'])) ?? '');
    return { num_gpus: found.length, gpus: found };
  },
});

const tree = '/sys/bus/pci/devices';

/** Whether lspci is worth running: class 03 is display, 12 is processing accelerators. */
const hasAny = (host: GrainHost): boolean =>
  host.list(tree).some((device) => /^0x(03|12)/.test(host.read(`${tree}/${device}/class`) ?? ''));

/** The records of `lspci -vmm` that are graphics cards. */
export const parseLspci = (output: string): Returnable[] =>
  output
    .split(/\n\s*\n/)
    .map((record) => new Map([...record.matchAll(/^(\w+):\s+(.*)$/gm)].map((match) => [match[1] ?? '', (match[2] ?? '').trim()])))
    .filter((device) => classes.includes((device.get('Class') ?? '').toLowerCase()))
    .map((device) => ({ vendor: vendorOf(device.get('Vendor') ?? ''), model: device.get('Device') ?? '' }));

const vendorOf = (name: string): string => {
  const words = name.toLowerCase().split(/[^a-z0-9]/);
  return vendors.find((vendor) => words.includes(vendor)) ?? 'unknown';
};
