import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { addressCalls, listAddresses } from './addresses.ts';
import { bufferCalls } from './buffers.ts';
import { type Interfaces, interfacesOf } from './interfaces.ts';
import { contains, isLoopback, isPrivate, maskOf, networkOf, networkText, reverseName, strictNetwork, toAddress, toNumber } from './ip.ts';
import { fullName, nameCalls, namesOf } from './names.ts';
import { neighbourCalls } from './neighbours.ts';
import { checkedHost, ping, tool, tryConnect } from './reach.ts';
import { parseArp, parseNetstat, parseRouteGet, parseRoutes4, parseRoutes6, parseTcp, type Route } from './tables.ts';
import { tracerouteCalls } from './traceroute.ts';
import { wakeCalls } from './wake.ts';

const iface = { type: 'string', required: true, doc: 'the interface' } as const;
const ipAddr = { type: 'string', required: true, doc: 'the address' } as const;
const cidr = { type: 'string', required: true, doc: 'the network: 10.0.0.0/8' } as const;
const kernel = (file: string): Promise<string> => readFile(`/proc/net/${file}`, 'utf8').catch(() => '');

/** The interface named, or Salt's text that there is none. */
const pick = async <T>(ctx: Ctx, name: string, from: (found: Interfaces[string]) => T): Promise<T | string> => {
  const all = await interfacesOf(ctx);
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  return found === undefined ? `Interface "${name}" not in available interfaces: "${Object.keys(all).join('", "')}"` : from(found);
};

const allRoutes = async (family: string | undefined): Promise<Route[]> => {
  if (family !== undefined && family !== 'inet' && family !== 'inet6') throw new CommandFailed(`Invalid address family ${family}`);
  const four = family === 'inet6' ? [] : parseRoutes4(await kernel('route'));
  return [...four, ...(family === 'inet' ? [] : parseRoutes6(await kernel('ipv6_route')))];
};
const isDefault = ({ destination, addr_family: family }: Route): boolean => destination === (family === 'inet' ? '0.0.0.0' : '::/0');

const hardware = (name: string) =>
  call({
    doc: 'The hardware address of an interface.',
    examples: [`tsalt '*' network.${name} eth0`],
    args: { iface },
    changes: false,
    run: (ctx, args) => pick(ctx, args.iface, (found) => found.hwaddr ?? ''),
  });
const hexByte = (text: string): string => {
  if (!/^\d+$/.test(text)) throw new CommandFailed(`'${text}' is not a number of an IPv4 address`);
  return Number(text).toString(16).toUpperCase().padStart(2, '0');
};
const about = (name: string, doc: string, answer: (address: string) => Returnable) =>
  call({
    doc,
    examples: [`tsalt '*' network.${name} 10.0.0.1`],
    args: { ip_addr: ipAddr },
    changes: false,
    run: (_ctx, args) => answer(args.ip_addr),
  });
const simple = (name: string, doc: string, answer: (ctx: Ctx) => Returnable | Promise<Returnable>) =>
  call({ doc, examples: [`tsalt '*' network.${name}`], args: {}, changes: false, run: (ctx) => answer(ctx) });

export default execModule({
  name: 'network',
  doc: 'Addresses, routes and connections.',
  serves: () => process.platform === 'linux' || 'only Linux is known',
  calls: {
    interfaces: simple(
      'interfaces',
      'All network interfaces with their addresses.',
      async (ctx) => (await interfacesOf(ctx)) as Record<string, Returnable>,
    ),
    interface: call({
      doc: 'The IPv4 addresses of an interface with their masks.',
      examples: ["tsalt '*' network.interface eth0"],
      args: { iface },
      changes: false,
      run: (ctx, args): Promise<Returnable> => pick<Returnable>(ctx, args.iface, (found) => found.inet ?? ''),
    }),
    interface_ip: call({
      doc: 'The first IPv4 address of an interface.',
      examples: ["tsalt '*' network.interface_ip eth0"],
      args: { iface },
      changes: false,
      run: (ctx, args) => pick(ctx, args.iface, (found) => found.inet?.[0]?.address ?? ''),
    }),
    hw_addr: hardware('hw_addr'),
    hwaddr: hardware('hwaddr'),
    ...addressCalls,
    ip_in_subnet: call({
      doc: 'Whether an address is in a network.',
      examples: ["tsalt '*' network.ip_in_subnet 172.17.0.4 172.16.0.0/12"],
      args: { ip_addr: ipAddr, cidr },
      changes: false,
      run(ctx, args) {
        const [address, network] = [toNumber(args.ip_addr), strictNetwork(args.cidr)];
        if (network === undefined) ctx.log.error(`Invalid CIDR '${args.cidr}'`);
        return network !== undefined && address >= network.first && contains(network, args.ip_addr);
      },
    }),
    convert_cidr: call({
      doc: 'The first address, mask and last address of a network.',
      examples: ["tsalt '*' network.convert_cidr 172.31.0.0/16"],
      args: { cidr },
      changes: false,
      run(_ctx, args) {
        const network = networkOf(args.cidr);
        return {
          network: toAddress(network.first, network.family),
          netmask: maskOf(network),
          broadcast: toAddress(network.last, network.family),
        };
      },
    }),
    calc_net: call({
      doc: 'The network an address is in.',
      examples: [
        "tsalt '*' network.calc_net 172.17.0.5 255.255.255.240",
        "tsalt '*' network.calc_net 2a02:f6e:a000:80:84d8:8332:7866:4e07/64",
      ],
      args: { ip_addr: ipAddr, netmask: { type: 'string', doc: 'its mask, if the address has none' } },
      changes: false,
      run: (_ctx, args) => networkText(networkOf(args.netmask === undefined ? args.ip_addr : `${args.ip_addr}/${args.netmask}`)),
    }),
    is_private: about('is_private', 'Whether an address is kept off the public net.', isPrivate),
    is_loopback: about('is_loopback', 'Whether an address is of the loopback.', isLoopback),
    reverse_ip: about('reverse_ip', 'The name under which DNS knows what an address is called.', reverseName),
    iphexval: call({
      doc: 'An IPv4 address in hexadecimal.',
      examples: ["tsalt '*' network.iphexval 10.0.0.1"],
      args: { ip: ipAddr },
      changes: false,
      run: (_ctx, args) => args.ip.split('.').map(hexByte).join(''),
    }),
    routes: call({
      doc: 'All routes.',
      examples: ["tsalt '*' network.routes"],
      args: { family: { type: 'string', doc: 'inet or inet6' } },
      changes: false,
      run: (_ctx, args) => allRoutes(args.family),
    }),
    default_route: call({
      doc: 'The routes taken where no other fits.',
      examples: ["tsalt '*' network.default_route"],
      args: { family: { type: 'string', doc: 'inet or inet6' } },
      changes: false,
      run: async (_ctx, args) => (await allRoutes(args.family)).filter(isDefault),
    }),
    get_route: call({
      doc: 'The route to an address.',
      examples: ["tsalt '*' network.get_route 10.10.10.10"],
      args: { ip: ipAddr },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const { code, text } = await tool(ctx, ['ip', 'route', 'get', checkedHost(args.ip)]);
        if (code !== 0) throw new CommandFailed(`No route to ${args.ip}: ${text}`);
        return parseRouteGet(text, args.ip) ?? {};
      },
    }),
    arp: simple('arp', 'Addresses of neighbours by their hardware address.', async () => parseArp(await kernel('arp'))),
    active_tcp: simple('active_tcp', 'Established TCP connections.', async () => parseTcp(await kernel('tcp'), await kernel('tcp6'))),
    netstat: simple('netstat', 'Open ports and connections, with their programs.', async (ctx) =>
      parseNetstat((await tool(ctx, ['netstat', '-tulpnea'])).text),
    ),
    ping: call({
      doc: 'Send four pings to a host.',
      examples: ["tsalt '*' network.ping archlinux.org", "tsalt '*' network.ping archlinux.org timeout=3 return_boolean=True"],
      args: {
        host: { type: 'string', required: true, doc: 'the host' },
        timeout: { type: 'any', default: false, doc: 'seconds to wait for an answer' },
        return_boolean: { type: 'boolean', default: false, doc: 'only tell whether it answers' },
      },
      changes: false,
      run: (ctx, args) => ping(ctx, args.host, Number(args.timeout) || undefined, args.return_boolean),
    }),
    connect: call({
      doc: 'Whether a port of a host can be reached.',
      examples: ["tsalt '*' network.connect archlinux.org 80", "tsalt '*' network.connect archlinux.org 80 timeout=3 family=ipv4"],
      args: {
        host: { type: 'string', required: true, doc: 'the host' },
        port: { type: 'number', doc: 'the port' },
        proto: { type: 'string', default: 'tcp', only: 'extra', doc: 'tcp or udp' },
        timeout: { type: 'number', default: 5, only: 'extra', doc: 'seconds' },
        family: { type: 'string', only: 'extra', doc: 'ipv4 or ipv6: only that' },
      },
      extra: 'others are not looked at',
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (args.host === '') return { result: false, comment: 'Required argument, host, is missing.' };
        if (!args.port) return { result: false, comment: 'Required argument, port, is missing.' };
        return tryConnect(ctx, args.host, args.port, args);
      },
    }),
    dig: call({
      doc: 'What dig says of a host.',
      examples: ["tsalt '*' network.dig archlinux.org"],
      args: { host: { type: 'string', required: true, doc: 'the host' } },
      changes: false,
      run: async (ctx, args) => (await tool(ctx, ['dig', checkedHost(args.host)])).text,
    }),
    fqdns: simple('fqdns', 'The names of all addresses of this machine but those of the loopback.', async (ctx) => ({
      fqdns: await namesOf([...(await listAddresses(ctx, 'inet')), ...(await listAddresses(ctx, 'inet6'))]),
    })),
    ...neighbourCalls,
    ...bufferCalls,
    ...nameCalls,
    ...wakeCalls,
    ...tracerouteCalls,
    get_hostname: simple('get_hostname', 'The name of this machine.', () => hostname()),
    get_fqdn: simple('get_fqdn', 'The full name of this machine, as its address is resolved.', fullName),
  },
});
