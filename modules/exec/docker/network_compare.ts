import { type Ctx, call, type Returnable } from '../../define.ts';
import { ifKnown, inspectContainer, inspectNetwork, stateIn } from './inspect.ts';
import { type Fields, fields, holds, isEqual, isFields, isList, texts } from './values.ts';

/** The keys of a network that are compared, and those that tell an address which the engine chose; as in Salt's configuration. */
const STATIC = ['Aliases', 'Links', 'IPAMConfig'];
const AUTOMATIC = ['IPAddress', 'Gateway', 'GlobalIPv6Address', 'IPv6Gateway'];

interface Keys {
  readonly fixed: readonly string[];
  readonly automatic: readonly string[];
}

/** A container with what it has in each network. */
interface Side {
  readonly info: Fields;
  readonly networks: Readonly<Record<string, Fields>>;
}

async function keysOf(ctx: Ctx): Promise<Keys> {
  const given = fields(await ctx.call('config.option', ['docker.compare_container_networks', {}]));
  return { fixed: holds(given) ? texts(given['static']) : STATIC, automatic: holds(given) ? texts(given['automatic']) : AUTOMATIC };
}

/** A network that a running container has lost is still told of in what is known of the container. */
async function sideOf(ctx: Ctx, given: Returnable): Promise<Side> {
  const info = isFields(given) ? given : await inspectContainer(ctx, String(given));
  const networks: Record<string, Fields> = {};
  for (const [name, network] of Object.entries(fields(fields(info['NetworkSettings'])['Networks']))) {
    const has = stateIn(info) !== 'running' ? undefined : fields((await ifKnown(inspectNetwork(ctx, name)))?.['Containers']);
    if (has === undefined || String(info['Id']) in has) networks[name] = fields(network);
  }
  return { info, networks };
}

/** What is compared of a key: without order, and without the names that each container has of its own. */
function plain(key: string, { info, networks }: Side, network: string): Returnable {
  const value = networks[network]?.[key] ?? null;
  if (!isList(value)) return value;
  const own = key === 'Aliases' ? [fields(info['Config'])['Hostname'], String(info['Id']).slice(0, 12)] : [];
  const left = value.map(String).filter((one) => !own.includes(one));
  return left.length > 0 ? left.sort() : null;
}

const difference = (old: Returnable, now: Returnable): Fields => ({ old, new: now });

/** How a container gets its address: undefined where it is not in the network. */
const addressing = (side: Side, network: string): 'static' | 'automatic' | 'not connected' =>
  !(network in side.networks) ? 'not connected' : holds(side.networks[network]?.['IPAMConfig']) ? 'static' : 'automatic';

/** Where the addresses of two containers in a network differ. */
function compareAddresses(one: Side, other: Side, network: string, { automatic }: Keys): Record<string, Fields> {
  const [old, now] = [addressing(one, network), addressing(other, network)];
  const [from, to] = [plain('IPAMConfig', one, network), plain('IPAMConfig', other, network)];
  if (old === now || (old !== 'automatic' && now !== 'automatic')) {
    return holds(from) !== holds(to) || (holds(from) && !isEqual(from, to)) ? { IPAMConfig: difference(from, to) } : {};
  }
  const chosen = old === 'automatic' ? one : other;
  const side = (value: Returnable): Fields => (old === 'automatic' ? difference(value, null) : difference(null, value));
  const addresses = automatic.flatMap((key) => {
    const value = chosen.networks[network]?.[key];
    return holds(value) ? [[key, side(value ?? null)] as const] : [];
  });
  return {
    ...Object.fromEntries(addresses),
    ...(addresses.length === 0 ? { IPConfiguration: difference(old, now) } : {}),
    ...(holds(from) || holds(to) ? { IPAMConfig: difference(from, to) } : {}),
  };
}

/** Where two containers differ in their networks, by the name of the network. */
function compare(one: Side, other: Side, keys: Keys): Record<string, Record<string, Fields>> {
  const found: Record<string, Record<string, Fields>> = {};
  for (const network of new Set([...Object.keys(one.networks), ...Object.keys(other.networks)])) {
    const differences: Record<string, Fields> = {};
    for (const key of keys.fixed) {
      if (key === 'IPAMConfig') Object.assign(differences, compareAddresses(one, other, network, keys));
      else {
        const [old, now] = [plain(key, one, network), plain(key, other, network)];
        if ((holds(old) || holds(now)) && !isEqual(old, now)) differences[key] = difference(old, now);
      }
    }
    if (holds(differences)) found[network] = differences;
  }
  return found;
}

const container = { type: 'any', required: true, doc: 'name or id, or what docker.inspect_container said' } as const;

/** Calls that say where containers differ in their networks. */
export const networkCompareCalls = {
  compare_container_networks: call({
    doc: 'Where two containers differ in their networks, by network and key old and new.',
    examples: ["tsalt '*' docker.compare_container_networks foo bar"],
    args: { first: container, second: { ...container, doc: 'the other' } },
    changes: false,
    run: async (ctx, args): Promise<Returnable> =>
      compare(await sideOf(ctx, args.first), await sideOf(ctx, args.second), await keysOf(ctx)),
  }),
};
