import { randomBytes } from 'node:crypto';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { networkBody } from '../../../modules/exec/docker/network_calls.ts';
import { type Fields, fields, holds, isFields, list, ownKeywords, splitInput } from '../../../modules/exec/docker/values.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { plan } from '../machine/words.ts';
import { attempt, known } from './attempt.ts';

const NAME = { name: { type: 'string', required: true, doc: 'the network' } } as const;
const PRESENT = {
  ...NAME,
  skip_translate: { type: 'any', doc: 'taken and not used' },
  ignore_collisions: { type: 'boolean', default: false, doc: 'taken and not used' },
  validate_ip_addrs: { type: 'boolean', default: true, doc: 'addresses are looked at before the engine gets them' },
  containers: { type: 'any', doc: 'containers that are connected to it, if they run' },
  reconnect: { type: 'boolean', default: true, doc: 'a network that is made anew gets its containers back' },
} as const;
const OPTIONS = 'driver, driver_opts, subnet, gateway, iprange, ipam_pools, ipam_driver, internal, labels, enable_ipv6, attachable, ...';
type Args = ArgsOf<typeof PRESENT>;

/** Containers by id, with what is known of each. */
type Containers = Record<string, Fields>;

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name } = args;
  const found = await known(ctx.call('docker.inspect_network', [name]));
  if (found.error !== undefined) return failed(found.error);
  const network = found.value === undefined ? undefined : fields(found.value);
  const { connect, warnings } = await containersOf(ctx, splitInput(args.containers));
  const warned = warnings.length > 0 ? { warnings } : {};
  const options = ownKeywords(ctx.extra);
  const differences = await differencesOf(ctx, args, options, network);
  if (typeof differences === 'string') return { ...failed(differences), ...warned };
  if (network === undefined)
    return {
      predicted: { comment: 'Network will be created', changes: {}, ...warned },
      apply: () => build(ctx, args, options, { connect, warned }),
    };
  if (holds(differences))
    return {
      predicted: { comment: 'Network would be recreated with new config', changes: { [name]: differences }, ...warned },
      apply: () => build(ctx, args, options, { connect, warned, old: { network, differences } }),
    };
  const has = fields(network['Containers']);
  const missing = Object.fromEntries(Object.entries(connect).filter(([id]) => !(id in has)));
  const comment = `Network '${name}' already exists, and is configured as specified`;
  if (!holds(missing)) return { ...inOrder(comment), ...warned };
  return {
    predicted: { comment, changes: { connected: Object.values(missing).map(nameOf) }, ...warned },
    apply: async () => ({ ...(await connectAll(ctx, name, missing, { comment, changes: {}, key: 'connected' })), ...warned }),
  };
}

const nameOf = (container: Fields): Returnable => container['Name'] ?? null;

/** The containers that are to be connected, and a warning of those that cannot be. */
async function containersOf(ctx: StateCtx, names: readonly string[]): Promise<{ connect: Containers; warnings: string[] }> {
  const connect: Containers = {};
  const [missing, stopped]: [string[], string[]] = [[], []];
  for (const name of names) {
    const found = await attempt(ctx.call('docker.inspect_container', [name]));
    if (found.error !== undefined) missing.push(name);
    else if (fields(fields(found.value)['State'])['Running'] !== true) stopped.push(name);
    else connect[String(fields(found.value)['Id'])] = { Name: name };
  }
  const warnings = [
    ...(missing.length > 0 ? [`The following containers do not exist: ${missing.join(', ')}.`] : []),
    ...(stopped.length > 0 ? [`The following containers are not running: ${stopped.join(', ')}.`] : []),
  ];
  return { connect, warnings };
}

/** Where a network is other than wanted, or why that cannot be told. What is not said is as the engine has it by default. */
async function differencesOf(ctx: StateCtx, args: Args, options: Fields, network: Fields | undefined): Promise<Fields | string> {
  const wanted = await attempt((async () => networkBody(args.name, options, args.validate_ip_addrs))());
  if (wanted.error !== undefined) return wanted.error;
  if (network === undefined) return {};
  // The engine fills in what a network has by default, so one is made to compare with, without its addresses, which are taken.
  const probe = `tsalt${randomBytes(8).toString('hex')}`;
  const plain = Object.fromEntries(Object.entries(options).filter(([key]) => !ADDRESSES.test(key)));
  const made = await attempt(ctx.call('docker.create_network', [probe], { ...plain, ...bridgeOf(options), enable_ipv6: false }));
  if (made.error !== undefined) return `Failed to create temp network for comparison: ${made.error}`;
  try {
    const pattern = fields(await ctx.call('docker.inspect_network', [probe]));
    const { ipam, EnableIPv6 } = { ipam: fields(fields(wanted.value)['IPAM']), EnableIPv6: fields(wanted.value)['EnableIPv6'] === true };
    const desired = { ...pattern, EnableIPv6, IPAM: { Driver: 'default', Config: [], ...ipam } };
    const is = { ...network, IPAM: withoutDefault(fields(network['IPAM']), list(desired.IPAM.Config).length === 0) };
    return fields(await ctx.call('docker.compare_networks', [is, desired], { ignore: 'Name,Id,Created,Containers,Status' }));
  } finally {
    await ctx.call('docker.remove_network', [probe]);
  }
}

const ADDRESSES = /^(ipam|subnet|ip_?range|gateway|aux_address|ipv6$|enable_ipv6$)/;

/** Two bridges may not have one name. */
function bridgeOf(options: Fields): Fields {
  const KEY = 'com.docker.network.bridge.name';
  const given = options['options'] ?? options['driver_opts'] ?? options['driver_opt'];
  if (!isFields(given) || given[KEY] == null) return {};
  return { options: { ...given, [KEY]: `${String(given[KEY])}comp`.slice(-14) }, driver_opts: null, driver_opt: null };
}

/** The one pool of addresses that the engine chose itself is no configuration. */
function withoutDefault(ipam: Fields, wantsNone: boolean): Fields {
  const pools = list(ipam['Config']).map(fields);
  const [only] = pools;
  const keys = Object.keys(only ?? {}).filter((key) => holds(only?.[key]));
  const chosen = wantsNone && pools.length === 1 && keys.sort().join() === 'Gateway,Subnet';
  return chosen ? { ...ipam, Config: [] } : ipam;
}

interface Building {
  readonly connect: Containers;
  readonly warned: { readonly warnings?: readonly string[] };
  /** The network that is replaced. */
  readonly old?: { readonly network: Fields; readonly differences: Fields };
}

async function build(ctx: StateCtx, args: Args, options: Fields, { connect, warned, old }: Building): Promise<Outcome> {
  const { name } = args;
  const before = (old === undefined ? {} : fields(old.network['Containers'])) as Containers;
  if (old !== undefined) {
    const removed = await remove(ctx, old.network);
    if (removed.result !== true) return removed;
  }
  const changes: Record<string, Returnable> = old === undefined ? {} : { [name]: old.differences };
  const made = await attempt(ctx.call('docker.create_network', [name], { validate_ip_addrs: args.validate_ip_addrs, ...options }));
  if (made.error !== undefined) return { ...failed(`Failed to create network '${name}': ${made.error}`, changes), ...warned };
  changes[old === undefined ? 'created' : 'recreated'] = true;
  const comment = `Network '${name}' ${old === undefined ? 'created' : 'was replaced with updated config'}`;
  const returning = args.containers == null && args.reconnect;
  const key = returning ? 'reconnected' : 'connected';
  const done = await connectAll(ctx, name, returning ? before : connect, { comment, changes, key });
  const left = Object.entries(before).filter(([id]) => !(id in (returning ? before : connect)));
  const lost = left.length > 0 ? { disconnected: left.map(([, container]) => nameOf(container)) } : {};
  return { ...done, changes: { ...done.changes, ...lost }, ...warned };
}

interface Connecting {
  readonly comment: string;
  readonly changes: Fields;
  readonly key: 'connected' | 'reconnected';
}

async function connectAll(ctx: StateCtx, network: string, containers: Containers, { comment, changes, key }: Connecting): Promise<Outcome> {
  const [done, errors]: [Returnable[], string[]] = [[], []];
  for (const [id, container] of Object.entries(containers)) {
    const four = String(container['IPv4Address'] ?? '').split('/')[0];
    const address = four ? { ipv4_address: four } : {};
    let joined = await attempt(ctx.call('docker.connect_container_to_network', [id, network], address));
    // Its old address may not be among those of the network any more.
    if (joined.error !== undefined && four) joined = await attempt(ctx.call('docker.connect_container_to_network', [id, network]));
    if (joined.error === undefined) done.push(nameOf(container));
    else errors.push(joined.error);
  }
  const all = done.length > 0 ? { ...changes, [key]: done } : changes;
  return errors.length === 0 ? inOrder(comment, all) : failed(`${[comment, ...errors].join('. ')}.`, all);
}

async function absent(ctx: StateCtx, { name }: ArgsOf<typeof NAME>): Promise<Verdict> {
  const found = await known(ctx.call('docker.inspect_network', [name]));
  if (found.error !== undefined) return failed(found.error);
  if (found.value === undefined) return inOrder(`Network '${name}' already absent`);
  const network = fields(found.value);
  return plan(`Network '${name}' will be removed`, () => remove(ctx, network));
}

/** Takes all containers out of a network, and removes it. */
async function remove(ctx: StateCtx, network: Fields): Promise<Outcome> {
  const name = String(network['Name']);
  const [out, errors]: [string[], string[]] = [[], []];
  for (const [id, container] of Object.entries(fields(network['Containers']))) {
    const called = String(fields(container)['Name'] ?? id);
    const left = await attempt(ctx.call('docker.disconnect_container_from_network', [id, name]));
    if (left.error === undefined) out.push(called);
    else errors.push(`Failed to disconnect container '${called}' : ${left.error}`);
  }
  const changes = out.length > 0 ? { disconnected: out } : {};
  if (errors.length > 0) return failed(errors.join('\n'), changes);
  const removed = await attempt(ctx.call('docker.remove_network', [name]));
  return removed.error === undefined
    ? inOrder(`Removed network '${name}'`, { ...changes, removed: true })
    : failed(`Failed to remove network: ${removed.error}`, changes);
}

/** Networks of a Docker Engine. */
export default stateModule({
  name: 'docker_network',
  doc: 'Networks of a Docker Engine.',
  states: {
    present: state({
      doc: 'A network that is there and configured so; one that is otherwise is made anew.',
      examples: ['back:\n  docker_network.present:\n    - subnet: 10.20.0.0/24\n    - containers: [web, db]'],
      args: PRESENT,
      extra: OPTIONS,
      check: present,
    }),
    absent: state({ doc: 'A network that is not there; its containers are disconnected.', args: NAME, check: absent }),
  },
});
