import { networkInterfaces } from 'node:os';
import { type GrainHost, grainSource } from '../define.ts';

export const interfaces = grainSource({
  name: 'interfaces',
  doc: 'hwaddr_interfaces, ip_interfaces, ip4_interfaces, ip6_interfaces, ipv4, ipv6: network interfaces and their addresses.',
  async collect(host) {
    const found = await readInterfaces(host);
    const of = (pick: (face: Interface) => readonly string[]) => Object.fromEntries(found.map((face) => [face.name, pick(face)]));
    return {
      hwaddr_interfaces: Object.fromEntries(found.flatMap((face) => (face.hardware === undefined ? [] : [[face.name, face.hardware]]))),
      ip4_interfaces: of((face) => [...face.primary, ...face.secondary].filter(isIPv4)),
      ip6_interfaces: of((face) => [...face.primary, ...face.secondary].filter(isIPv6)),
      ipv4: sorted(found.flatMap((face) => [...face.primary, ...face.secondary].filter(isIPv4))),
      ipv6: sorted(found.flatMap((face) => [...face.primary, ...face.secondary].filter(isIPv6))),
      ip_interfaces: of((face) => [...face.primary.filter(isIPv4), ...face.primary.filter(isIPv6), ...face.secondary]),
    };
  },
});

export interface Interface {
  readonly name: string;
  readonly hardware: string | undefined;
  readonly primary: readonly string[];
  readonly secondary: readonly string[];
}

/**
 * All interfaces in the kernel's order. `ip` is asked, since Node leaves out the addresses of interfaces that are down or
 * have no carrier, such as a bridge for containers while none runs.
 */
const readInterfaces = async (host: GrainHost): Promise<Interface[]> => {
  const listing = host.which('ip') ? await host.run(['ip', 'addr', 'show']) : undefined;
  return listing === undefined ? fromNode() : parseIpAddr(listing);
};

/** From `ip addr show`: a line without indentation begins an interface. */
export const parseIpAddr = (listing: string): Interface[] =>
  listing.split(/\n(?=\d)/).flatMap((group) => {
    const name = /^\d+:\s+([\w.-]+)(?:@[\w.-]*)?:\s+</.exec(group)?.[1];
    return name === undefined ? [] : [parseInterface(name, group.split('\n').slice(1))];
  });

const parseInterface = (name: string, lines: readonly string[]): Interface => {
  let hardware: string | undefined;
  const primary: string[] = [];
  const secondary: string[] = [];
  for (const words of lines.map((line) => line.trim().split(/\s+/))) {
    const [kind = '', value] = words;
    if (value === undefined) continue;
    if (kind.startsWith('link/')) hardware = value;
    if (kind === 'inet' || kind === 'inet6') (words.includes('secondary') ? secondary : primary).push(value.replace(/\/.*/, ''));
  }
  return { name, hardware, primary, secondary };
};

const fromNode = (): Interface[] =>
  Object.entries(networkInterfaces()).map(([name, entries = []]) => ({
    name,
    hardware: entries[0]?.mac,
    primary: entries.map((entry) => entry.address),
    secondary: [],
  }));

// What the system lists are addresses; Node.js's isIPv6 compiles an expression that takes as long as ten states.
const isIPv6 = (address: string): boolean => address.includes(':');
const isIPv4 = (address: string): boolean => !isIPv6(address);

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
