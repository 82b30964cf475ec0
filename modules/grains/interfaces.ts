import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type GrainHost, grainSource } from '../define.ts';

export const interfaces = grainSource({
  name: 'interfaces',
  doc: 'hwaddr_interfaces, ip_interfaces, ip4_interfaces, ip6_interfaces, ipv4, ipv6: network interfaces and their addresses.',
  async collect(host) {
    const found = readInterfaces(host);
    const of = (pick: (face: Interface) => readonly string[]) => Object.fromEntries(found.map((face) => [face.name, pick(face)]));
    return {
      hwaddr_interfaces: Object.fromEntries(found.flatMap((face) => (face.hardware === undefined ? [] : [[face.name, face.hardware]]))),
      ip4_interfaces: of((face) => face.ip4),
      ip6_interfaces: of((face) => face.ip6),
      ipv4: sorted(found.flatMap((face) => face.ip4)),
      ipv6: sorted(found.flatMap((face) => face.ip6)),
      ip_interfaces: of((face) => [...face.ip4, ...face.ip6]),
    };
  },
});

export interface Interface {
  readonly name: string;
  readonly hardware: string | undefined;
  readonly ip4: readonly string[];
  readonly ip6: readonly string[];
}

const tree = '/sys/class/net';

/** All interfaces in the kernel's order, those without an address and those that are down included. */
export const readInterfaces = (host: GrainHost): Interface[] => {
  const addresses = networkInterfaces();
  const names = host.list(tree).filter((name) => host.exists(`${tree}/${name}/ifindex`));
  const index = (name: string): number => Number(host.read(`${tree}/${name}/ifindex`));
  return (names.length > 0 ? names.sort((a, b) => index(a) - index(b)) : Object.keys(addresses)).map((name) => {
    const all = (addresses[name] ?? []).map((entry) => entry.address);
    return { name, hardware: hardwareAddress(host, name), ip4: all.filter(isIPv4), ip6: all.filter(isIPv6) };
  });
};

/** As `ip link` writes it: tunnels over IPv4 have an IPv4 address there, other tunnels none. */
const hardwareAddress = (host: GrainHost, name: string): string | undefined => {
  const address = host.read(`${tree}/${name}/address`)?.trim() ?? '';
  if (address === '') return undefined;
  const bytes = address.split(':');
  return bytes.length === 4 ? bytes.map((byte) => Number.parseInt(byte, 16)).join('.') : address;
};

/** By number, without repeats: 10.0.0.2 before 10.0.0.10. */
const sorted = (addresses: readonly string[]): string[] => {
  const keys = new Map(addresses.map((address) => [address, sortKey(address)]));
  return [...keys.keys()].sort((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1));
};

const sortKey = (address: string): string => {
  if (isIPv4(address))
    return address
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.');
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(':');
};
