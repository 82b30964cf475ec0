/** The grains that name a virtual machine or container, in Salt's words. */
export interface Kind {
  readonly virtual: string;
  readonly virtual_subtype?: string;
}

const container = (subtype: string): Kind => ({ virtual: 'container', virtual_subtype: subtype });

/** Answers of `systemd-detect-virt` that are the grain themselves. */
const sameWord = ['qemu', 'kvm', 'oracle', 'xen', 'bochs', 'chroot', 'uml', 'systemd-nspawn'];
const detectedWords: readonly (readonly [string, Kind])[] = [
  ['vmware', { virtual: 'VMware' }],
  ['microsoft', { virtual: 'VirtualPC' }],
  ['lxc', container('LXC')],
  ['podman', container('Podman')],
  ['docker', container('Docker')],
  ['amazon', { virtual: 'Nitro', virtual_subtype: 'Amazon EC2' }],
];

/** What `systemd-detect-virt` found, or undefined for what Salt does not know. */
export const byDetectVirt = (answer: string): Kind | undefined =>
  sameWord.includes(answer) ? { virtual: answer } : detectedWords.find(([word]) => answer.includes(word))?.[1];

const virtWhatWords: readonly (readonly [RegExp, Kind])[] = [
  [/lxc/, container('LXC')],
  [/docker/, container('Docker')],
  [/vmware/, { virtual: 'VMware' }],
  [/parallels/, { virtual: 'Parallels' }],
  [/nutanix/, { virtual: 'kvm', virtual_subtype: 'Nutanix AHV' }],
  [/hyperv/, { virtual: 'HyperV' }],
  [/^ibm_power-kvm$/, { virtual: 'kvm' }],
  [/^ibm_power-lpar_shared$/, { virtual: 'LPAR', virtual_subtype: 'shared' }],
  [/^ibm_power-lpar_dedicated$/, { virtual: 'LPAR', virtual_subtype: 'dedicated' }],
];

/** The first line of `virt-what` that says something Salt knows. */
export const byVirtWhat = (output: string): Partial<Kind> => {
  for (const line of output.split('\n')) {
    if (['kvm', 'qemu', 'uml', 'xen'].includes(line)) return { virtual: line };
    const known = virtWhatWords.find(([word]) => word.test(line));
    if (known) return known[1];
  }
  return {};
};

const dmiWords: readonly (readonly [RegExp, Kind])[] = [
  [/BHYVE/, { virtual: 'bhyve' }],
  [/Manufacturer: oVirt/, { virtual: 'kvm', virtual_subtype: 'ovirt' }],
  [/Product Name: RHEV Hypervisor/, { virtual: 'kvm', virtual_subtype: 'rhev' }],
  [/VirtualBox/, { virtual: 'VirtualBox' }],
  [/VMware/, { virtual: 'VMware' }],
  [/: Microsoft[\s\S]*Virtual Machine/, { virtual: 'VirtualPC' }],
  [/Parallels Software/, { virtual: 'Parallels' }],
  [/Manufacturer: Google/, { virtual: 'kvm' }],
  [/Manufacturer: Nutanix[\s\S]*Product Name: AHV/, { virtual: 'kvm', virtual_subtype: 'Nutanix AHV' }],
  [/(Vendor|Manufacturer): (QEMU|Bochs)|Vendor: SeaBIOS/, { virtual: 'kvm' }],
];

/** What the firmware says; undefined if there is no firmware to ask, a bare machine if it names no hypervisor. */
export const byDmi = (text: string | undefined): Partial<Kind> | undefined =>
  text === undefined ? undefined : (dmiWords.find(([word]) => word.test(text))?.[1] ?? {});

const pciVendors: readonly (readonly [string, Kind])[] = [
  ['0x15ad', { virtual: 'VMware' }],
  ['0x80ee', { virtual: 'VirtualBox' }],
  ['0x1b36', { virtual: 'kvm' }],
  ['0x1af4', { virtual: 'kvm' }],
];

/** By the makers of PCI devices: VMware, VirtualBox, QEMU, virtio. */
export const byPci = (vendors: readonly string[]): Partial<Kind> => pciVendors.find(([vendor]) => vendors.includes(vendor))?.[1] ?? {};
