import { grainSource } from '../define.ts';

export const gateway = grainSource({
  name: 'gateway',
  doc: 'ip_gw, ip4_gw, ip6_gw: the first default route, by the address it goes through; True if it has none, False without a route.',
  async collect(host) {
    const ip4 = gateway4(host.read('/proc/net/route') ?? '');
    const ip6 = gateway6(host.read('/proc/net/ipv6_route') ?? '');
    return { ip_gw: ip4 !== false || ip6 !== false, ip4_gw: ip4, ip6_gw: ip6 };
  },
});

const routeUp = 0x1;
const routeReject = 0x200;

interface Route {
  readonly gateway: string;
  readonly metric: number;
}

/** From `/proc/net/route`: columns in hexadecimal, addresses in the byte order of the machine. */
export const gateway4 = (table: string): string | boolean => {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , flags, , , , mask]) => destination === '00000000' && mask === '00000000' && isUsable(flags))
    .map((columns): Route => ({ gateway: address4(columns[2] ?? ''), metric: Number(columns[6]) }));
  return preferred(routes, '0.0.0.0');
};

/** From `/proc/net/ipv6_route`, which lists the loopback's own reject route among the defaults. */
export const gateway6 = (table: string): string | boolean => {
  const routes = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([to, length, , , , , , , flags, device]) => Number(`0x${to}`) === 0 && length === '00' && device !== 'lo' && isUsable(flags))
    .map((columns): Route => ({ gateway: address6(columns[4] ?? ''), metric: Number.parseInt(columns[5] ?? '', 16) }));
  return preferred(routes, '::');
};

const isUsable = (flags: string | undefined): boolean => {
  const bits = Number.parseInt(flags ?? '0', 16);
  return (bits & routeUp) !== 0 && (bits & routeReject) === 0;
};

/** The route of the lowest metric, which is the one the kernel lists first. */
const preferred = (routes: readonly Route[], none: string): string | boolean => {
  const [first] = [...routes].sort((a, b) => a.metric - b.metric);
  return first === undefined ? false : first.gateway === none || first.gateway;
};

const address4 = (hexadecimal: string): string => {
  const bytes = Buffer.from(hexadecimal, 'hex');
  return [...(littleEndian ? bytes.reverse() : bytes)].join('.');
};

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The shortest form of an address, by the one parser of it that Node has. */
const address6 = (hexadecimal: string): string => {
  const groups = hexadecimal.match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
};
