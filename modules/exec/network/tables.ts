import type { Returnable } from '../../define.ts';
import { toAddress } from './ip.ts';

const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row.length > 1);

export interface Route extends Readonly<Record<string, string>> {
  readonly addr_family: 'inet' | 'inet6';
  readonly destination: string;
  readonly gateway: string;
  readonly netmask: string;
  readonly flags: string;
  readonly interface: string;
}

/** The kernel prints addresses as numbers in the order of this machine's bytes. */
const fromKernel4 = (hex: string): string => Buffer.from(hex, 'hex').reverse().join('.');
const fromKernel6 = (hex: string): string => toAddress(BigInt(`0x${hex}`), 'inet6');
/** Flags of linux/route.h and ipv6_route.h with the letters of netstat, in its order. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'U'],
  [0x200, '!'],
  [0x2, 'G'],
  [0x4, 'H'],
  [0x10, 'D'],
  [0x20, 'M'],
  [0x00040000, 'A'],
  [0x00200000, 'n'],
];
const flagText = (flags: number): string =>
  FLAGS.filter(([bit]) => (flags & bit) !== 0)
    .map(([, letter]) => letter)
    .join('');

/** /proc/net/route. */
export const parseRoutes4 = (text: string): Route[] =>
  rowsOf(text)
    .slice(1)
    .map(([iface = '', destination = '', gateway = '', flags = '', , , , mask = '']) => ({
      addr_family: 'inet',
      destination: fromKernel4(destination),
      gateway: fromKernel4(gateway),
      netmask: fromKernel4(mask),
      flags: flagText(Number.parseInt(flags, 16)),
      interface: iface,
    }));

/** /proc/net/ipv6_route. */
export const parseRoutes6 = (text: string): Route[] =>
  rowsOf(text).map(([destination = '', prefix = '', , , gateway = '', , , , flags = '', iface = '']) => ({
    addr_family: 'inet6',
    destination: `${fromKernel6(destination)}/${Number.parseInt(prefix, 16)}`,
    gateway: fromKernel6(gateway),
    netmask: '',
    flags: flagText(Number.parseInt(flags, 16)),
    interface: iface,
  }));

/** /proc/net/arp: addresses by hardware address; those that nobody answered for are left out. */
export const parseArp = (text: string): Record<string, string> =>
  Object.fromEntries(
    rowsOf(text)
      .slice(1)
      .filter(([, , flags]) => flags !== '0x0')
      .map(([address = '', , , hardware = '']) => [hardware, address]),
  );

const endpoint = (text: string): readonly [string, number] => {
  const [address = '', port = ''] = text.split(':');
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.map((word) => Buffer.from(word, 'hex').reverse().toString('hex')).join('');
  return [address.length === 8 ? toAddress(BigInt(`0x${bytes}`), 'inet') : fromKernel6(bytes), Number.parseInt(port, 16)];
};

/** /proc/net/tcp and tcp6: established connections, numbered from 0. */
export const parseTcp = (...texts: readonly string[]): Map<number, Returnable> => {
  const established = texts.flatMap((text) => rowsOf(text).filter(([number = '', , , state]) => /^\d+:$/.test(number) && state === '01'));
  return new Map(
    established.map(([, local = '', remote = ''], index) => {
      const [[localAddress, localPort], [remoteAddress, remotePort]] = [endpoint(local), endpoint(remote)];
      return [index, { local_addr: localAddress, local_port: localPort, remote_addr: remoteAddress, remote_port: remotePort }];
    }),
  );
};

/** `netstat -tulpnea`; what is not connected (udp) has no state. */
export const parseNetstat = (output: string): Record<string, string>[] =>
  rowsOf(output)
    .filter(([proto = '']) => /^(tcp|udp)/.test(proto))
    .map(([proto = '', recv = '', send = '', local = '', remote = '', ...rest]) => {
      const [state, user = '', inode = '', program = ''] = /^\d+$/.test(rest[0] ?? '') ? [undefined, ...rest] : rest;
      const ends = { proto, 'recv-q': recv, 'send-q': send, 'local-address': local, 'remote-address': remote };
      return { ...ends, ...(state === undefined ? {} : { state }), user, inode, program };
    });

/** `ip route get`: the way a packet takes. */
export const parseRouteGet = (output: string, destination: string): Record<string, string | null> | undefined => {
  const [line = ''] = output.split('\n');
  const after = (word: string): string | null => new RegExp(`\\b${word}\\s+(\\S+)`).exec(line)?.[1] ?? null;
  return line === '' ? undefined : { destination, gateway: after('via'), interface: after('dev'), source: after('src') };
};
