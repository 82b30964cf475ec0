import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { invoke, witness } from '../../../test/support/ctx.ts';
import type { Returnable } from '../../define.ts';
import network from './index.ts';
import { type Interface, parseIpAddr } from './interfaces.ts';
import { contains, isPrivate, networkOf, networkText, toAddress, toNumber } from './ip.ts';
import { parseArp, parseNetstat, parseRouteGet, parseRoutes4, parseRoutes6, parseTcp } from './tables.ts';

const run = (name: string, args: Record<string, Returnable> = {}) => invoke(network, name, args);

const IP_ADDR = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host 
       valid_lft forever preferred_lft forever
3: ifb1: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN group default qlen 32
    link/ether 1a:fe:32:2b:62:ce brd ff:ff:ff:ff:ff:ff
4: eth0.5@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc pfifo_fast state UP group default qlen 1000
    link/ether 02:fc:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0.5
       valid_lft forever preferred_lft forever
    inet 192.0.2.3/24 brd 192.0.2.255 scope global secondary eth0.5:1
       valid_lft forever preferred_lft forever
    inet6 fd00::2/64 scope global nodad 
       valid_lft forever preferred_lft forever
`;

test('interfaces are read from ip addr as Salt shows them', () => {
  const inet = { address: '192.0.2.2', netmask: '255.255.255.0', broadcast: '192.0.2.255', label: 'eth0.5' };
  const found: Record<string, Interface> = parseIpAddr(IP_ADDR);
  assert.deepEqual(found, {
    lo: {
      up: true,
      hwaddr: '00:00:00:00:00:00',
      inet: [{ address: '127.0.0.1', netmask: '255.0.0.0', broadcast: null, label: 'lo' }],
      inet6: [{ address: '::1', prefixlen: '128', scope: 'host' }],
    },
    ifb1: { up: false, hwaddr: '1a:fe:32:2b:62:ce' },
    'eth0.5': {
      up: true,
      parent: 'eth0',
      hwaddr: '02:fc:00:00:00:01',
      inet: [inet],
      inet6: [{ address: 'fd00::2', prefixlen: '64', scope: 'global' }],
      secondary: [{ type: 'inet', ...inet, address: '192.0.2.3', label: 'eth0.5:1' }],
    },
  });
});

test('routes of the kernel are read as netstat shows them', () => {
  const four =
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n';
  assert.deepEqual(parseRoutes4(four), [
    { addr_family: 'inet', destination: '0.0.0.0', gateway: '192.0.2.1', netmask: '0.0.0.0', flags: 'UG', interface: 'eth0' },
    { addr_family: 'inet', destination: '192.0.2.0', gateway: '0.0.0.0', netmask: '255.255.255.0', flags: 'U', interface: 'eth0' },
  ]);
  const zero = '0'.repeat(32);
  const six = [
    `${zero} 00 ${zero} 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0`,
    `fd000000000000000000000000000002 80 ${zero} 00 ${zero} 00000000 00000003 00000000 80200001     eth0`,
    `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
  ].join('\n');
  assert.deepEqual(
    parseRoutes6(six).map(({ destination, gateway, flags }) => [destination, gateway, flags]),
    [
      ['::/0', 'fd00::1', 'UG'],
      ['fd00::2/128', '::', 'Un'],
      ['::/0', '::', '!n'],
    ],
  );
});

test('neighbours, connections and the way to a host are read', () => {
  const arp =
    'IP address       HW type     Flags       HW address            Mask     Device\n192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0\n192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0\n';
  assert.deepEqual(parseArp(arp), { '02:fc:00:00:00:05': '192.0.2.1' });
  const tcp = '  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A\n   1: 0100007F:38A9 0100007F:CE06 01\n';
  const tcp6 = '  sl  local_address rem_address st\n   0: 00000000000000000000000001000000:0016 00000000000000000000000001000000:A000 01\n';
  assert.deepEqual(
    [...parseTcp(tcp, tcp6)],
    [
      [0, { local_addr: '127.0.0.1', local_port: 14505, remote_addr: '127.0.0.1', remote_port: 52742 }],
      [1, { local_addr: '::1', local_port: 22, remote_addr: '::1', remote_port: 40960 }],
    ],
  );
  assert.deepEqual(parseRouteGet('1.1.1.1 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0 \n    cache', '1.1.1.1'), {
    destination: '1.1.1.1',
    gateway: '192.0.2.1',
    interface: 'eth0',
    source: '192.0.2.2',
  });
  const netstat =
    'Proto Recv-Q Send-Q Local Address Foreign Address State User Inode PID/Program name\ntcp 0 0 127.0.0.1:22 0.0.0.0:* LISTEN 0 42 7/sshd\nudp 0 0 0.0.0.0:68 0.0.0.0:* 0 43 8/dhclient\n';
  const [first, second] = parseNetstat(netstat);
  assert.deepEqual(
    [first?.['state'], first?.['program'], second?.['state'], second?.['user'], second?.['program']],
    ['LISTEN', '7/sshd', undefined, '0', '8/dhclient'],
  );
});

test('networks are calculated for both families', async () => {
  assert.deepEqual(await run('convert_cidr', { cidr: '172.31.0.0/16' }), {
    network: '172.31.0.0',
    netmask: '255.255.0.0',
    broadcast: '172.31.255.255',
  });
  assert.equal(await run('calc_net', { ip_addr: '172.17.0.5', netmask: '255.255.255.240' }), '172.17.0.0/28');
  assert.equal(await run('calc_net', { ip_addr: '2a02:f6e:a000:80:84d8:8332:7866:4e07/64' }), '2a02:f6e:a000:80::/64');
  assert.equal(await run('ip_in_subnet', { ip_addr: '172.17.0.4', cidr: '172.16.0.0/12' }), true);
  assert.equal(await run('ip_in_subnet', { ip_addr: '::1', cidr: '172.16.0.0/12' }), false);
  assert.equal(await run('in_subnet', { cidr: '203.0.113.0/24' }), false);
  assert.equal(await run('in_subnet', { cidr: 'rubbish' }), false);
  await assert.rejects(run('calc_net', { ip_addr: 'rubbish' }), /does not appear to be an IPv4 or IPv6 network/);
});

test('addresses are told apart and written', async () => {
  for (const address of ['10.0.0.1', '192.168.1.1', '127.0.0.1', 'fd00::1', '::1', 'fe80::1']) assert.ok(isPrivate(address), address);
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700::1111']) assert.ok(!isPrivate(address), address);
  assert.equal(await run('is_loopback', { ip_addr: '127.3.2.1' }), true);
  assert.equal(await run('reverse_ip', { ip_addr: '10.0.0.1' }), '1.0.0.10.in-addr.arpa');
  assert.match(String(await run('reverse_ip', { ip_addr: '2001:db8::1' })), /^1\.0\.0\..*8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa$/);
  assert.equal(await run('iphexval', { ip: '10.0.0.1' }), '0A000001');
  assert.equal(toAddress(toNumber('::ffff:1.2.3.4'), 'inet6'), '::ffff:102:304');
});

test('an address comes back from its number, and lies in each of its networks', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(32), (address, prefix) => {
      assert.equal(toAddress(toNumber(address), 'inet'), address);
      assert.ok(contains(networkOf(`${address}/${prefix}`), address));
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), fc.nat(128), (address, prefix) => {
      const written = toAddress(toNumber(address), 'inet6');
      assert.equal(toNumber(written), toNumber(address));
      const network = networkOf(`${address}/${prefix}`);
      assert.ok(contains(network, written));
      assert.equal(networkText(networkOf(networkText(network))), networkText(network));
    }),
  );
});

test('this machine tells its interfaces and addresses, also without iproute2', async () => {
  const bare = witness({ host: { which: () => undefined } });
  for (const here of [witness(), bare]) {
    const all = (await invoke(network, 'interfaces', {}, here)) as Record<string, Interface>;
    assert.equal(all['lo']?.inet?.[0]?.address, '127.0.0.1');
    assert.equal(await invoke(network, 'interface_ip', { iface: 'lo' }, here), '127.0.0.1');
    assert.equal(await invoke(network, 'hwaddr', { iface: 'lo' }, here), '00:00:00:00:00:00');
    assert.ok(!((await invoke(network, 'ip_addrs', {}, here)) as string[]).includes('127.0.0.1'));
    assert.ok(((await invoke(network, 'ip_addrs', { include_loopback: true }, here)) as string[]).includes('127.0.0.1'));
  }
  assert.match(String(await run('interface', { iface: 'nosuch0' })), /^Interface "nosuch0" not in available interfaces: ".*lo/);
});

test('a port is reached or not, and a sentence says which', async () => {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  assert.deepEqual(await run('connect', { host: '127.0.0.1', port }), {
    result: true,
    comment: `Successfully connected to 127.0.0.1 (127.0.0.1) on tcp port ${port}`,
  });
  await new Promise((closed) => server.close(closed));
  assert.deepEqual(await run('connect', { host: '127.0.0.1', port }), {
    result: false,
    comment: `Unable to connect to 127.0.0.1 (127.0.0.1) on tcp port ${port}`,
  });
  assert.deepEqual(await run('connect', { host: '127.0.0.1' }), { result: false, comment: 'Required argument, port, is missing.' });
});

test('a host that would be an option is refused, a missing program is named', async () => {
  await assert.rejects(run('ping', { host: '-f' }), /'-f' is not a host/);
  const bare = witness({ host: { which: () => undefined } });
  await assert.rejects(invoke(network, 'ping', { host: 'localhost' }, bare), { message: "The 'ping' binary was not found in $PATH." });
});
