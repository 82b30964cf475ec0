import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuinfo } from './cpu.ts';
import { parseResolv } from './dns.ts';
import { gateway4, gateway6 } from './gateway.ts';
import { parseLspci } from './gpus.ts';
import { canonicalName } from './hostname.ts';
import { serverId } from './identity.ts';
import { parseIpAddr } from './interfaces.ts';
import { parseParameters } from './kernel.ts';
import { abbreviation, languageOf, zoneRule } from './locale.ts';
import { parseMdstat } from './volumes.ts';

test('server_id is the number Salt makes of the id', () => {
  assert.equal(serverId('web1'), 1826842219);
});

test('processors of x86, ARM and s390 are counted and named', () => {
  const x86 = 'processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nflags\t\t: fpu vme\n\nprocessor\t: 1\nmodel name\t: Xeon\n';
  assert.deepEqual(parseCpuinfo(x86), { num_cpus: 2, cpu_model: 'Xeon', cpu_flags: ['fpu', 'vme'] });
  const arm = 'Processor\t: ARMv6-compatible processor rev 7 (v6l)\nFeatures\t: swp half\n';
  assert.deepEqual(parseCpuinfo(arm), { num_cpus: 1, cpu_model: 'ARMv6', cpu_flags: ['swp', 'half'] });
  assert.equal(parseCpuinfo('vendor_id       : IBM/S390\n# processors    : 2\n')['num_cpus'], 2);
  assert.deepEqual(parseCpuinfo(''), { num_cpus: 0, cpu_model: 'Unknown', cpu_flags: [] });
});

test('kernel parameters are pairs, quotes taken off', () => {
  const expected = [
    ['quiet', null],
    ['console', 'ttyS0'],
    ['dyndbg', 'file a.c +p'],
    ['root', null],
  ];
  assert.deepEqual(parseParameters('quiet console=ttyS0 dyndbg="file a.c +p" root=UUID=12\n'), expected);
});

test('the resolver configuration is read with its comments and repeats', () => {
  const content =
    'nameserver 1.1.1.1 # one\nnameserver 1.1.1.1\nnameserver fe80::1\nsearch a b\nsearch c\noptions ndots:2\nsortlist 10.0.0.1\nnameserver x\n';
  assert.deepEqual(parseResolv(content), {
    nameservers: ['1.1.1.1', 'fe80::1'],
    ip4_nameservers: ['1.1.1.1'],
    ip6_nameservers: ['fe80::1'],
    sortlist: ['10.0.0.1/8'],
    domain: '',
    search: ['c'],
    options: ['ndots:2'],
  });
});

const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';

test('the default gateway is that of the lowest metric', () => {
  const routes =
    'eth1\t00000000\t0100000A\t0003\t0\t0\t200\t00000000\t0\t0\t0\neth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n';
  assert.equal(gateway4(head + routes), '192.0.2.1');
  assert.equal(gateway4(`${head}tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n`), true);
  assert.equal(gateway4(`${head}eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`), false);
});

test('the default gateway of IPv6 leaves the reject route out', () => {
  const none = '0'.repeat(32);
  const line = (gateway: string, flags: string, device: string) =>
    `${none} 00 ${none} 00 ${gateway} 00000400 00000001 00000000 ${flags} ${device}\n`;
  assert.equal(gateway6(line(none, '00200200', 'lo')), false);
  assert.equal(gateway6(line(none, '00200200', 'lo') + line('fd000000000000000000000000000001', '00000003', 'eth0')), 'fd00::1');
});

test('the canonical name is the first of the line that names the host', () => {
  const hosts = '127.0.0.1 localhost\n# 10.0.0.1 web1.old\n127.0.1.1 web1.example.com web1\n';
  assert.equal(canonicalName(hosts, 'web1'), 'web1.example.com');
  assert.equal(canonicalName(hosts, 'db1'), undefined);
});

test('language and encoding are named as Python names them', () => {
  assert.deepEqual(languageOf({ LANG: 'C.UTF-8' }), ['en_US', 'UTF-8']);
  assert.deepEqual(languageOf({}), ['en_US', 'UTF-8']);
  assert.deepEqual(languageOf({ LANG: 'en_US.UTF-8', LC_ALL: 'de_DE.utf8' }), ['de_DE', 'UTF-8']);
  assert.deepEqual(languageOf({ LANG: 'en_US.ISO-8859-15' }), ['en_US', 'ISO8859-15']);
});

test('the zone has its name of the season', () => {
  const rule = zoneRule('TZif2...\nCET-1CEST,M3.5.0,M10.5.0/3\n') ?? '';
  const at = (offset: number) => ({ getTimezoneOffset: () => offset }) as Date;
  assert.equal(abbreviation(rule, at(-60)), 'CET');
  assert.equal(abbreviation(rule, at(-120)), 'CEST');
  assert.equal(abbreviation('<+0530>-5:30', at(-330)), '+0530');
});

test('graphics cards are told from other devices', () => {
  const output =
    'Slot:\t00:02.0\nClass:\tVGA compatible controller\nVendor:\tNVIDIA Corporation\nDevice:\tGP102\n\nSlot:\t00:03.0\nClass:\tEthernet controller\nVendor:\tIntel\nDevice:\tI210\n';
  assert.deepEqual(parseLspci(output), [{ vendor: 'nvidia', model: 'GP102' }]);
});

test('software RAIDs are listed', () => {
  const content =
    'Personalities : [raid1]\nmd1 : active raid1 sda1[0]\n      1048 blocks [2/2] [UU]\nmd0 : active raid1 sdb1[0]\nunused devices: <none>\n';
  assert.deepEqual(parseMdstat(content), ['md0', 'md1']);
});

test('interfaces come in the order of the kernel, with hardware and secondary addresses', () => {
  const listing = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
3: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default
    link/ether 02:42:01:02:03:04 brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
    inet 172.17.0.2/16 brd 172.17.255.255 scope global secondary docker0
    inet6 fe80::42:1ff:fe02:304/64 scope link
4: tun0: <POINTOPOINT,NOARP,UP> mtu 1500 qdisc noop state DOWN
    link/none
    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0
5: veth1@if4: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue
    link/ether 02:42:01:02:03:05 brd ff:ff:ff:ff:ff:ff link-netnsid 0`;
  assert.deepEqual(parseIpAddr(listing), [
    { name: 'lo', hardware: '00:00:00:00:00:00', primary: ['127.0.0.1'], secondary: [] },
    { name: 'docker0', hardware: '02:42:01:02:03:04', primary: ['172.17.0.1', 'fe80::42:1ff:fe02:304'], secondary: ['172.17.0.2'] },
    { name: 'tun0', hardware: undefined, primary: ['10.8.0.1'], secondary: [] },
    { name: 'veth1', hardware: '02:42:01:02:03:05', primary: [], secondary: [] },
  ]);
});
