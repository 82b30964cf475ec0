import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { CommandFailed } from '../../define.ts';

export type Family = 'inet' | 'inet6';
export const familyOf = (address: string): Family | undefined => (isIPv4(address) ? 'inet' : isIPv6(address) ? 'inet6' : undefined);
const WIDTH: Readonly<Record<Family, number>> = { inet: 32, inet6: 128 };

/** An address as a number, for order and masks. Throws CommandFailed if it is none. */
export const toNumber = (address: string): bigint => {
  const family = familyOf(address);
  if (family === undefined || address.includes('%')) throw new CommandFailed(`'${address}' does not appear to be an IPv4 or IPv6 address`);
  if (family === 'inet') return address.split('.').reduce((made, part) => (made << 8n) | BigInt(part), 0n);
  return groupsOf(address).reduce((made, group) => (made << 16n) | BigInt(group), 0n);
};

/** The eight groups of an IPv6 address; a dotted end counts as two. */
const groupsOf = (address: string): number[] => {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_whole, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const read = (text: string): number[] =>
    text
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const [before, after] = [read(head), read(tail)];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
};

/** The number in its shortest form. */
export const toAddress = (value: bigint, family: Family): string => {
  if (family === 'inet') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_none, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  // The longest run of zeros, of two or more, the first of equals, becomes `::`.
  const runs = [
    ...groups
      .map((group) => (group === '0' ? '0' : 'x'))
      .join('')
      .matchAll(/00+/g),
  ];
  const longest = runs.reduce<RegExpMatchArray | undefined>(
    (best, run) => (best === undefined || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (longest === undefined) return groups.join(':');
  const at = longest.index ?? 0;
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + longest[0].length).join(':')}`;
};

export interface Network {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

/** `10.1.2.3/8`, `10.1.2.3/255.0.0.0` or one address as a network. Throws CommandFailed if it is none. */
export const networkOf = (text: string): Network => {
  const [address = '', mask] = text.split('/');
  const family = familyOf(address);
  if (family === undefined) throw new CommandFailed(`'${text}' does not appear to be an IPv4 or IPv6 network`);
  const prefix = mask === undefined ? WIDTH[family] : mask.includes('.') ? prefixOf(mask) : Number(mask);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > WIDTH[family])
    throw new CommandFailed(`'${text}' does not appear to be an IPv4 or IPv6 network`);
  const hosts = (1n << BigInt(WIDTH[family] - prefix)) - 1n;
  const first = toNumber(address) & ~hosts;
  return { family, first, last: first | hosts, prefix };
};
/** The same, or undefined for what is no network, also where an address within one is named. */
export const strictNetwork = (text: string): Network | undefined => {
  try {
    const network = networkOf(text);
    return toNumber(text.split('/')[0] ?? '') === network.first ? network : undefined;
  } catch {
    return undefined;
  }
};
export const networkText = ({ family, first, prefix }: Network): string => `${toAddress(first, family)}/${prefix}`;
export const maskOf = ({ family, prefix }: Network): string => {
  const width = WIDTH[family];
  return toAddress(((1n << BigInt(prefix)) - 1n) << BigInt(width - prefix), family);
};

/** How many bits a mask such as 255.255.0.0 sets. */
export const prefixOf = (mask: string): number => {
  const bits = toNumber(mask).toString(2).padStart(32, '0');
  if (!/^1*0*$/.test(bits)) throw new CommandFailed(`'${mask}' is not a netmask`);
  return bits.indexOf('0') < 0 ? 32 : bits.indexOf('0');
};

export const contains = (network: Network, address: string): boolean => {
  const value = familyOf(address) === network.family ? toNumber(address) : undefined;
  return value !== undefined && value >= network.first && value <= network.last;
};

const listOf = (subnets: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
};
/** What IANA's special registries keep off the public net. */
const PRIVATE = listOf([
  ...['0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/29', '192.0.0.170/31', '192.0.2.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4', '255.255.255.255/32'],
  ...['::1/128', '::/128', '100::/64', '2001::/23', '2001:2::/48', '2001:db8::/32', '2001:10::/28', 'fc00::/7', 'fe80::/10'],
]);
const LOOPBACK = listOf(['127.0.0.0/8', '::1/128']);
const isIn = (list: BlockList, address: string): boolean =>
  list.check(address, toNumber(address) >= 0n && isIPv4(address) ? 'ipv4' : 'ipv6');
export const isPrivate = (address: string): boolean => isIn(PRIVATE, address);
export const isLoopback = (address: string): boolean => isIn(LOOPBACK, address);

/** The name under which DNS knows what an address is called. */
export const reverseName = (address: string): string => {
  if (isIPv4(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const digits = toNumber(address).toString(16).padStart(32, '0');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
};
