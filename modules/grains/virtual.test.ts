import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrainHost } from '../define.ts';
import { initOf } from './init.ts';
import { virtual } from './virtual.ts';

/** A machine of some files and programs, with what the programs print. */
const machine = (files: Record<string, string>, programs: Record<string, string> = {}): GrainHost => {
  const under = (path: string) => Object.keys(files).filter((file) => file.startsWith(`${path}/`));
  return {
    config: {},
    grains: {},
    which: (program) => (program.startsWith('/') ? program : program in programs ? `/usr/bin/${program}` : undefined),
    read: (path) => files[path],
    exists: (path) => path in files || under(path).length > 0,
    list: (path) => [...new Set(under(path).map((file) => file.slice(path.length + 1).split('/')[0] ?? ''))].sort(),
    run: async ([program = '']) => programs[program],
  };
};

const dmi = (fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`/sys/class/dmi/id/${name}`, `${value}\n`]));

const machines: readonly (readonly [string, GrainHost, Record<string, unknown>])[] = [
  ['a bare machine', machine(dmi({ sys_vendor: 'Dell Inc.', product_name: 'R640' })), { virtual: 'physical' }],
  ['KVM told by systemd', machine({}, { 'systemd-detect-virt': 'kvm' }), { virtual: 'kvm' }],
  ['a container told by systemd', machine({}, { 'systemd-detect-virt': 'docker' }), { virtual: 'container', virtual_subtype: 'Docker' }],
  ['virt-what, which is trusted alone', machine(dmi({ sys_vendor: 'QEMU' }), { 'virt-what': 'hyperv' }), { virtual: 'HyperV' }],
  ['QEMU told by its firmware', machine(dmi({ sys_vendor: 'QEMU', bios_vendor: 'SeaBIOS' })), { virtual: 'kvm' }],
  ['VMware told by its firmware', machine(dmi({ sys_vendor: 'VMware, Inc.' })), { virtual: 'VMware' }],
  ['virtio devices without firmware', machine({ '/sys/bus/pci/devices/0000:00:01.0/vendor': '0x1af4\n' }), { virtual: 'kvm' }],
  [
    'an instance of Amazon',
    machine(dmi({ sys_vendor: 'Amazon EC2', product_name: 't3.micro' }), { 'systemd-detect-virt': 'kvm' }),
    { virtual: 'Nitro', virtual_subtype: 'Amazon EC2 (t3.micro)' },
  ],
  ['a guest of Google', machine({ '/sys/devices/virtual/dmi/id/product_name': 'Google Compute Engine' }), { virtual: 'gce' }],
  ['a pod', machine({ '/proc/1/cgroup': '1:cpu:/kubepods/x\n' }), { virtual: 'virtual', virtual_subtype: 'kubernetes' }],
  ['LXC by its environment', machine({ '/proc/1/environ': 'container=lxc\0' }), { virtual: 'container', virtual_subtype: 'LXC' }],
  ['a Xen guest', machine({ '/proc/xen/capabilities': '' }), { virtual: 'xen', virtual_subtype: 'Xen PV DomU' }],
  ['an OpenVZ container', machine({ '/proc/self/status': 'Name:\tnode\nenvID:\t12\n' }), { virtual: 'openvzve' }],
];

for (const [name, host, grains] of machines) {
  test(`virtual: ${name}`, async () => {
    const { virtual_subtype, ...found } = await virtual.collect(host);
    // A test that runs in a chroot of its own would find that, too.
    const subtype = virtual_subtype === 'chroot' ? undefined : virtual_subtype;
    assert.deepEqual(subtype === undefined ? found : { ...found, virtual_subtype: subtype }, grains);
  });
}

test('init is told by the directory of systemd, or by process 1', () => {
  assert.equal(initOf(machine({ '/run/systemd/system/x': '' })), 'systemd');
  assert.equal(initOf(machine({ '/proc/1/cmdline': '/sbin/init\0', '/sbin/init': 'ELF... SysVinit ...' })), 'sysvinit');
  assert.equal(initOf(machine({ '/proc/1/cmdline': '/usr/bin/tini\0--\0node\0' }, { tini: '' })), 'tini');
  assert.equal(initOf(machine({ '/proc/1/cmdline': '/process_api\0' })), 'unknown');
});
