import { type Ctx, call, type Returnable } from '../../define.ts';
import { type Interfaces, interfacesOf } from './interfaces.ts';
import { contains, type Family, isLoopback, isPrivate, maskOf, networkOf, networkText, strictNetwork, toAddress, toNumber } from './ip.ts';

/** Which addresses are meant; `type` counts where no network is named. */
interface AddressWish {
  readonly interface?: string | undefined;
  readonly include_loopback?: boolean;
  readonly cidr?: string | undefined;
  readonly type?: string | undefined;
}

const byNumber = (one: string, other: string): number => (toNumber(one) < toNumber(other) ? -1 : 1);

const addressesOf = (all: Interfaces, family: Family): { readonly name: string; readonly address: string; readonly prefix: string }[] =>
  Object.entries(all).flatMap(([name, found]) => {
    const second = (found.secondary ?? []).filter(({ type }) => type === family);
    return [...(found[family] ?? []), ...second].map((entry) => ({
      name,
      address: entry.address,
      prefix: String(entry['prefixlen'] ?? entry['netmask'] ?? ''),
    }));
  });

export const listAddresses = async (ctx: Ctx, family: Family, wanted: AddressWish = {}): Promise<string[]> => {
  const network = wanted.cidr === undefined ? undefined : strictNetwork(wanted.cidr);
  if (wanted.cidr !== undefined && network === undefined) ctx.log.error(`Invalid CIDR '${wanted.cidr}'`);
  const found = addressesOf(await interfacesOf(ctx), family)
    .filter(({ name }) => wanted.interface === undefined || name === wanted.interface)
    .map(({ address }) => address)
    .filter(
      (address) =>
        (wanted.include_loopback === true || !isLoopback(address)) &&
        (wanted.cidr === undefined || (network !== undefined && contains(network, address))),
    );
  const all = [...new Set(found)].sort(byNumber);
  if (wanted.cidr !== undefined || (wanted.type !== 'public' && wanted.type !== 'private')) return all;
  return all.filter((address) => isPrivate(address) === (wanted.type === 'private'));
};

const listSubnets = async (ctx: Ctx, family: Family, wanted?: Returnable): Promise<string[]> => {
  const names = wanted == null ? undefined : Array.isArray(wanted) ? wanted.map(String) : [String(wanted)];
  const found = addressesOf(await interfacesOf(ctx), family)
    .filter(({ name, address }) => (names === undefined || names.includes(name)) && !isLoopback(address))
    .map(({ address, prefix }) => networkOf(`${address}/${prefix}`));
  const texts = found.sort((one, other) => (one.first < other.first ? -1 : Number(one.first > other.first))).map(networkText);
  return [...new Set(texts)];
};

const listNetworks = async (
  ctx: Ctx,
  family: Family,
  wanted: { readonly interface?: string | undefined; readonly include_loopback: boolean; readonly verbose: boolean },
): Promise<Returnable> => {
  const own = addressesOf(await interfacesOf(ctx), family).filter(
    ({ name }) => wanted.interface === undefined || name === wanted.interface,
  );
  const loopback = networkOf(family === 'inet' ? '127.0.0.0/8' : '::1/128');
  const networks = own
    .map(({ address, prefix }) => networkOf(`${address}/${prefix}`))
    .filter((network) => wanted.include_loopback || !contains(loopback, toAddress(network.first, family)))
    .sort((one, other) => (one.first === other.first ? one.prefix - other.prefix : one.first < other.first ? -1 : 1));
  if (!wanted.verbose) return [...new Set(networks.map(networkText))];
  return Object.fromEntries(networks.map((network) => [networkText(network), describeNetwork(network)]));
};

const describeNetwork = (network: ReturnType<typeof networkOf>): Returnable => ({
  address: toAddress(network.first, network.family),
  netmask: maskOf(network),
  num_addresses: network.last - network.first + 1n,
  prefixlen: network.prefix,
});

const inSubnet = async (ctx: Ctx, text: string): Promise<boolean> => {
  const network = strictNetwork(text);
  if (network === undefined) ctx.log.error(`Invalid CIDR '${text}'`);
  if (network === undefined) return false;
  return (await listAddresses(ctx, network.family)).some((address) => contains(network, address));
};

const TYPE = { type: { type: 'string', doc: '`public` or `private`: only those' } } as const;

const listCalls = (family: Family, names: readonly string[]) =>
  names.map((name) => [
    name,
    call({
      doc: `The ${family === 'inet' ? 'IPv4' : 'IPv6'} addresses of this machine, those of the loopback left out.`,
      examples: [`tsalt '*' network.${name}`, `tsalt '*' network.${name} cidr=${family === 'inet' ? '10.0.0.0/8' : 'fd00::/8'}`],
      args: {
        interface: { type: 'string', doc: 'only of this interface' },
        include_loopback: { type: 'boolean', default: false, doc: 'also those of the loopback' },
        cidr: { type: 'string', doc: 'only those in this network' },
        ...(family === 'inet' ? TYPE : {}),
      },
      changes: false,
      run: (ctx, args) => listAddresses(ctx, family, args as AddressWish),
    }),
  ]);
const networks = (name: string, family: Family) =>
  call({
    doc: `The ${family === 'inet' ? 'IPv4' : 'IPv6'} networks this machine is in.`,
    examples: [`tsalt '*' network.${name}`, `tsalt '*' network.${name} interface=eth0 verbose=True`],
    args: {
      interface: { type: 'string', doc: 'only those of this interface' },
      include_loopback: { type: 'boolean', default: false, doc: 'also that of the loopback' },
      verbose: { type: 'boolean', default: false, doc: 'with address, mask and size, by network' },
    },
    changes: false,
    run: (ctx, args) => listNetworks(ctx, family, args),
  });
/** Addresses of this machine, and the networks it is in. */
export const addressCalls = {
  ...Object.fromEntries([...listCalls('inet', ['ip_addrs', 'ipaddrs']), ...listCalls('inet6', ['ip_addrs6', 'ipaddrs6'])]),
  subnets: call({
    doc: 'The IPv4 networks this machine is in.',
    examples: ["tsalt '*' network.subnets", "tsalt '*' network.subnets interfaces=eth1"],
    args: { interfaces: { type: 'any', doc: 'only those of this interface, or these' } },
    changes: false,
    run: (ctx, args) => listSubnets(ctx, 'inet', args.interfaces),
  }),
  subnets6: call({
    doc: 'The IPv6 networks this machine is in.',
    examples: ["tsalt '*' network.subnets6"],
    args: {},
    changes: false,
    run: (ctx) => listSubnets(ctx, 'inet6'),
  }),
  in_subnet: call({
    doc: 'Whether this machine has an address in a network.',
    examples: ["tsalt '*' network.in_subnet 10.0.0.0/16"],
    args: { cidr: { type: 'string', required: true, doc: 'the network: 10.0.0.0/8' } },
    changes: false,
    run: (ctx, args) => inSubnet(ctx, args.cidr),
  }),
  ip_networks: networks('ip_networks', 'inet'),
  ip_networks6: networks('ip_networks6', 'inet6'),
  ifacestartswith: call({
    doc: 'The interfaces with an IPv4 address that begins so.',
    examples: ["tsalt '*' network.ifacestartswith 10.0"],
    args: { cidr: { type: 'string', required: true, doc: 'how the address begins' } },
    changes: false,
    async run(ctx, args) {
      const entries = Object.values(await interfacesOf(ctx)).flatMap(({ inet = [] }) => inet);
      return entries.filter(({ address }) => address.startsWith(args.cidr)).map(({ label }) => label);
    },
  }),
};
