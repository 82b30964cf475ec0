import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { Engine, EngineError, part } from './engine.ts';
import { inspectNetwork } from './inspect.ts';
import { checkAddress, checkSubnet, labels, pairs, words } from './readers.ts';
import { type Fields, fields, filtersOf, holds, isFields, isList, ownKeywords, splitInput } from './values.ts';

const network_id = { type: 'string', required: true, doc: 'name or id of the network' } as const;
const container = { type: 'string', required: true, doc: 'name or id of the container' } as const;

/** A list of maps of one key each is one map. */
export const joined = (value: Returnable | undefined): Fields =>
  isList(value) ? (Object.assign({}, ...value.filter(isFields)) as Fields) : fields(value);

/** What a container has in a network, in the engine's words. */
export function endpoint(options: Fields): Fields {
  const { aliases, links, ipv4_address: four, ipv6_address: six, link_local_ips: local, driver_opt: driver, mac_address: mac } = options;
  const ipam = {
    ...(four ? { IPv4Address: four } : {}),
    ...(six ? { IPv6Address: six } : {}),
    ...(local == null ? {} : { LinkLocalIPs: words(local) }),
  };
  return {
    ...(holds(aliases) ? { Aliases: words(aliases ?? []) } : {}),
    ...(holds(links) ? { Links: Object.entries(pairs(':')(links ?? [])).map(([name, alias]) => `${name}:${String(alias)}`) } : {}),
    ...(mac ? { MacAddress: mac } : {}),
    ...(holds(ipam) ? { IPAMConfig: ipam } : {}),
    ...(holds(driver) ? { DriverOpts: pairs('=')(driver ?? {}) } : {}),
  };
}

export async function connect(ctx: Ctx, container: string, network: string, options: Fields): Promise<void> {
  const body = { Container: container, EndpointConfig: endpoint(options) };
  await (await Engine.of(ctx)).json('POST', `/networks/${part(network)}/connect`, { body });
}

async function disconnect(ctx: Ctx, container: string, network: string): Promise<void> {
  await (await Engine.of(ctx)).json('POST', `/networks/${part(network)}/disconnect`, { body: { Container: container, Force: false } });
}

/** Containers of a network by name. */
async function connected(ctx: Ctx, network: string): Promise<Record<string, Fields>> {
  const found = Object.entries(fields((await inspectNetwork(ctx, network))['Containers']));
  return Object.fromEntries(
    found.map(([id, info]) => {
      const { Name: name, ...rest } = fields(info);
      return [String(name), { ...rest, Id: id }];
    }),
  );
}

/** A pool of addresses in the engine's words. */
function pool(given: Fields, checks: boolean): Fields {
  const { subnet, iprange = given['ip_range'], gateway, aux_addresses: aux = given['aux_address'] } = given;
  if (!subnet) throw new CallRefused('A subnet is required in each IPAM pool');
  const others = aux === undefined ? undefined : pairs('=')(aux);
  if (checks) {
    for (const net of [subnet, iprange]) if (net) checkSubnet(String(net));
    for (const address of [gateway, ...Object.values(others ?? {})]) if (address) checkAddress(String(address));
  }
  const known = { Subnet: subnet, IPRange: iprange, Gateway: gateway, AuxiliaryAddresses: others };
  return Object.fromEntries(Object.entries(known).flatMap(([key, value]) => (value == null ? [] : [[key, value]])));
}

const POOL = ['subnet', 'iprange', 'ip_range', 'gateway', 'aux_addresses', 'aux_address'];

function ipamOf(given: Fields, checks: boolean): Fields {
  const { ipam, ipam_driver: driver, ipam_opts: options, ipam_pools: pools = [] } = given;
  if (ipam !== undefined) return { IPAM: ipam };
  if (!isList(pools) || !pools.every(isFields)) throw new CallRefused('ipam_pools must be a list of dictionaries');
  const single = Object.fromEntries(Object.entries(given).filter(([key]) => POOL.includes(key)));
  const config = [...(holds(single) ? [single] : []), ...pools].map((one) => pool(one, checks));
  if (config.length === 0 && driver === undefined && options === undefined) return {};
  return {
    IPAM: {
      Driver: driver ?? 'default',
      ...(config.length > 0 ? { Config: config } : {}),
      ...(options === undefined ? {} : { Options: pairs('=')(options) }),
    },
  };
}

const NETWORK = [
  'driver',
  'options',
  'driver_opt',
  'driver_opts',
  'internal',
  'labels',
  'enable_ipv6',
  'ipv6',
  'attachable',
  'ingress',
  'scope',
];
const KNOWN = new Set([...NETWORK, ...POOL, 'ipam', 'ipam_driver', 'ipam_opts', 'ipam_pools', 'check_duplicate']);

/** The body of a request for a new network, from options as users name and write them. */
export function networkBody(name: string, given: Fields, checks: boolean): Fields {
  const [odd] = Object.keys(given).filter((key) => !KNOWN.has(key));
  if (odd !== undefined) throw new CallRefused(`docker.create_network has no option '${odd}'`);
  const options = given['options'] ?? given['driver_opts'] ?? given['driver_opt'];
  const flags = {
    Internal: given['internal'],
    EnableIPv6: given['enable_ipv6'] ?? given['ipv6'],
    Attachable: given['attachable'],
    Ingress: given['ingress'],
  };
  return {
    Name: name,
    CheckDuplicate: given['check_duplicate'] !== false,
    ...(given['driver'] == null ? {} : { Driver: String(given['driver']) }),
    ...(options == null ? {} : { Options: pairs('=')(options) }),
    ...(given['labels'] == null ? {} : { Labels: labels(given['labels']) }),
    ...(given['scope'] == null ? {} : { Scope: String(given['scope']) }),
    ...Object.fromEntries(Object.entries(flags).flatMap(([key, value]) => (value == null ? [] : [[key, Boolean(value)]]))),
    ...ipamOf(given, checks),
  };
}

/** Calls for networks. */
export const networkCalls = {
  networks: call({
    doc: 'Networks; only those of these names or ids.',
    examples: ["tsalt '*' docker.networks names=network-web"],
    args: { names: { type: 'any', doc: 'names' }, ids: { type: 'any', doc: 'ids' } },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const asked = {
        ...(holds(args.names) ? { name: splitInput(args.names) } : {}),
        ...(holds(args.ids) ? { id: splitInput(args.ids) } : {}),
      };
      const engine = await Engine.of(ctx);
      const found = (await engine.json('GET', '/networks', {
        query: { filters: holds(asked) ? filtersOf(asked) : undefined },
      })) as readonly Fields[];
      const whole = async (network: Fields): Promise<Fields> => {
        const containers = fields(await engine.json('GET', `/networks/${String(network['Id'])}`).catch(() => ({})))['Containers'];
        return holds(containers) ? { ...network, Containers: containers ?? {} } : network;
      };
      return await Promise.all(found.map(whole));
    },
  }),
  inspect_network: call({
    doc: 'All there is to know of a network.',
    examples: ["tsalt '*' docker.inspect_network web_network"],
    args: { network_id },
    changes: false,
    run: async (ctx, args) => await inspectNetwork(ctx, args.network_id),
  }),
  connected: call({
    doc: 'Names of the containers that are connected to a network; with `verbose` a map with more.',
    examples: ["tsalt '*' docker.connected net_name verbose=True"],
    args: { name: network_id, verbose: { type: 'boolean', default: false, doc: 'a map with ids and addresses' } },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const found = await connected(ctx, args.name);
      return args.verbose ? found : Object.keys(found);
    },
  }),
  create_network: call({
    doc: 'Make a network.',
    examples: ["tsalt '*' docker.create_network mynet driver=bridge subnet=192.168.50.0/24 gateway=192.168.50.1"],
    args: {
      name: { type: 'string', required: true, doc: 'its name' },
      skip_translate: { type: 'any', doc: 'taken and not used' },
      ignore_collisions: { type: 'boolean', default: false, doc: 'taken and not used' },
      validate_ip_addrs: { type: 'boolean', default: true, doc: 'addresses are looked at before the engine gets them' },
      client_timeout: { type: 'number', default: 60, doc: 'seconds that the engine may be silent' },
    },
    extra: `${[...KNOWN].join(', ')}`,
    changes: true,
    async run(ctx, args) {
      const body = networkBody(args.name, ownKeywords(ctx.extra), args.validate_ip_addrs);
      return await (await Engine.of(ctx)).json('POST', '/networks/create', { body, timeout: args.client_timeout });
    },
  }),
  remove_network: call({
    doc: 'Remove a network.',
    examples: ["tsalt '*' docker.remove_network mynet"],
    args: { network_id },
    changes: true,
    async run(ctx, args) {
      await (await Engine.of(ctx)).json('DELETE', `/networks/${part(args.network_id)}`);
      return true;
    },
  }),
  connect_container_to_network: call({
    doc: 'Connect a container to a network.',
    examples: ["tsalt '*' docker.connect_container_to_network web-1 mynet ipv4_address=10.20.0.10"],
    args: { container, net_id: network_id },
    extra: 'aliases, links, ipv4_address, ipv6_address, link_local_ips, mac_address, driver_opt',
    changes: true,
    async run(ctx, args) {
      await connect(ctx, args.container, args.net_id, ownKeywords(ctx.extra));
      return true;
    },
  }),
  disconnect_container_from_network: call({
    doc: 'Disconnect a container from a network.',
    examples: ["tsalt '*' docker.disconnect_container_from_network web-1 mynet"],
    args: { container, network_id },
    changes: true,
    async run(ctx, args) {
      await disconnect(ctx, args.container, args.network_id);
      return true;
    },
  }),
  disconnect_all_containers_from_network: call({
    doc: 'Disconnect all containers from a network. Returns their names.',
    examples: ["tsalt '*' docker.disconnect_all_containers_from_network mynet"],
    args: { network_id },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const [removed, failed]: [string[], string[]] = [[], []];
      for (const name of Object.keys(await connected(ctx, args.network_id))) {
        try {
          await disconnect(ctx, name, args.network_id);
          removed.push(name);
        } catch (error) {
          if (!(error instanceof CommandFailed)) throw error;
          if (!(error instanceof EngineError && error.status === 404)) failed.push(error.message);
        }
      }
      if (failed.length > 0)
        throw new CommandFailed(`One or more containers failed to be removed (removed: ${removed.join(', ')}):\n${failed.join('\n')}`);
      return removed;
    },
  }),
};
