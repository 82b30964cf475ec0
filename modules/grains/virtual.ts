import { statSync } from 'node:fs';
import { type GrainHost, grainSource } from '../define.ts';
import { byDetectVirt, byDmi, byPci, byVirtWhat, type Kind } from './virtual_signs.ts';

export const virtual = grainSource({
  name: 'virtual',
  doc: 'virtual, virtual_subtype: on what kind of machine, virtual machine or container this runs; virtual_hv_version* on Xen.',
  builds: true,
  async collect(host) {
    const detected = await byTools(host);
    const signs = [roots, openvz, xen, emulatedCpu, product, cgroup, environment];
    let found: Kind = { virtual: 'physical', ...detected };
    for (const sign of signs) found = { ...found, ...sign(host, found) };
    const named = found.virtual_subtype !== undefined && found.virtual === 'physical' ? { ...found, virtual: 'virtual' } : found;
    return { ...named, ...amazon(host, named), ...hypervisor(host, named) };
  },
});

/** Salt trusts virt-what alone where it is installed; else systemd's tool, the firmware and the PCI devices, in this order. */
const byTools = async (host: GrainHost): Promise<Partial<Kind>> => {
  if (host.which('virt-what')) return byVirtWhat((await host.run(['virt-what'])) ?? '');
  const detected = byDetectVirt((await host.run(['systemd-detect-virt'])) ?? '');
  return detected ?? byDmi(dmiText(host)) ?? (host.config['enable_lspci'] === false ? {} : byPci(pciVendors(host)));
};

/** The strings that dmidecode would print, as far as they tell a hypervisor; readable without being root. */
const dmiText = (host: GrainHost): string | undefined => {
  const lines = { bios_vendor: 'Vendor', sys_vendor: 'Manufacturer', board_vendor: 'Manufacturer', product_name: 'Product Name' };
  if (!host.exists('/sys/class/dmi/id')) return undefined;
  return Object.entries(lines)
    .map(([file, label]) => `${label}: ${(host.read(`/sys/class/dmi/id/${file}`) ?? '').trim()}`)
    .join('\n');
};

const pciVendors = (host: GrainHost): string[] =>
  host.list('/sys/bus/pci/devices').map((device) => (host.read(`/sys/bus/pci/devices/${device}/vendor`) ?? '').trim());

type Sign = (host: GrainHost, kind: Kind) => Partial<Kind>;

/** Another root than that of process 1 is a chroot. Only root may look. */
const roots: Sign = () => {
  try {
    const [own, first] = [statSync('/'), statSync('/proc/1/root/.')];
    return own.ino === first.ino && own.dev === first.dev ? {} : { virtual_subtype: 'chroot' };
  } catch {
    return {};
  }
};

const openvz: Sign = (host) => {
  const envId = /^envID:\s+(\d+)$/m.exec(host.read('/proc/self/status') ?? '')?.[1];
  if (envId !== undefined) return { virtual: envId === '0' ? 'openvzhn' : 'openvzve' };
  if (host.exists('/proc/vz/version')) return { virtual: 'openvzhn' };
  return host.exists('/proc/vz/veinfo') ? { virtual: 'openvzve' } : {};
};

const xen: Sign = (host, kind) => {
  if (!['/proc/sys/xen', '/sys/bus/xen', '/proc/xen'].some(host.exists)) return {};
  const subtype = xenSubtype(host) ?? kind.virtual_subtype;
  if (subtype === undefined) return {};
  return subtype.toLowerCase().includes('dom') ? { virtual: 'xen', virtual_subtype: subtype } : { virtual_subtype: subtype };
};

const xenSubtype = (host: GrainHost): string | undefined => {
  if (host.exists('/proc/xen/xsd_kva')) return 'Xen Dom0';
  if (host.grains['productname'] === 'HVM domU') return 'Xen HVM DomU';
  const capabilities = host.read('/proc/xen/capabilities');
  if (capabilities !== undefined) return capabilities.includes('control_d') ? 'Xen Dom0' : 'Xen PV DomU';
  return host.exists('/sys/bus/xen/drivers/xenconsole') ? 'Xen PV DomU' : undefined;
};

const emulatedCpu: Sign = (host) => ((host.read('/proc/cpuinfo') ?? '').includes('QEMU Virtual CPU') ? { virtual: 'kvm' } : {});

/** By a word in the product's name; the first that fits. */
const products: readonly (readonly [string, Partial<Kind>])[] = [
  ['VirtualBox', { virtual: 'VirtualBox' }],
  ['RHEV Hypervisor', { virtual: 'kvm', virtual_subtype: 'rhev' }],
  ['oVirt Node', { virtual: 'kvm', virtual_subtype: 'ovirt' }],
  ['Google', { virtual: 'gce' }],
  ['BHYVE', { virtual: 'bhyve' }],
];

const product: Sign = (host) => {
  const name = host.read('/sys/devices/virtual/dmi/id/product_name') ?? '';
  return products.find(([word]) => name.includes(word))?.[1] ?? {};
};

const cgroup: Sign = (host) => {
  const groups = host.read('/proc/1/cgroup') ?? '';
  if (groups.includes(':/lxc/')) return { virtual: 'container', virtual_subtype: 'LXC' };
  if (groups.includes(':/kubepods/')) return { virtual_subtype: 'kubernetes' };
  if (groups.includes(':/libpod_parent/')) return { virtual_subtype: 'libpod' };
  return /:\/(system\.slice\/docker|docker\/|docker-ce\/)/.test(groups) ? { virtual: 'container', virtual_subtype: 'Docker' } : {};
};

/** Newer LXC leaves no trace in the control groups. */
const environment: Sign = (host) =>
  (host.read('/proc/1/environ') ?? '').includes('container=lxc') ? { virtual: 'container', virtual_subtype: 'LXC' } : {};

/** Amazon's and Nutanix' machines are told by their firmware. */
const amazon: Sign = (host, kind) => {
  if (!['qemu', 'kvm', 'xen', 'amazon'].includes(kind.virtual)) return {};
  const dmi = (file: string): string => (host.read(`/sys/class/dmi/id/${file}`) ?? '').trim();
  if (dmi('sys_vendor') === 'Amazon EC2') {
    const subtype = dmi('product_name') === '' ? 'Amazon EC2' : `Amazon EC2 (${dmi('product_name')})`;
    return { virtual: kind.virtual === 'xen' ? 'xen' : 'Nitro', virtual_subtype: subtype };
  }
  if (dmi('product_version').includes('.amazon')) return { virtual_subtype: 'Amazon EC2' };
  return dmi('sys_vendor') === 'Nutanix' && dmi('product_name').includes('AHV') ? { virtual_subtype: 'Nutanix AHV' } : {};
};

const hypervisor = (host: GrainHost, kind: Kind): Record<string, string | string[]> => {
  if (!kind.virtual.includes('xen')) return {};
  const parts = ['major', 'minor', 'extra'].map((part) => host.read(`/sys/hypervisor/version/${part}`)?.trim());
  if (parts.includes(undefined)) return {};
  return { virtual_hv_version: `${parts[0]}.${parts[1]}${parts[2]}`, virtual_hv_version_info: parts.map(String) };
};
