import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';
import type { Act } from './steps.ts';
import { normalizedRule } from './words.ts';

export const PERMANENT = { permanent: true } as const;

/** One kind of what a zone holds: how it is asked for and changed by functions of `firewalld`. */
export interface Member {
  readonly arg: 'block_icmp' | 'ports' | 'port_fwd' | 'services' | 'interfaces' | 'sources' | 'rich_rules';
  /** Its name among the changes, where that is another. */
  readonly key?: string;
  readonly list: string;
  /** What `list` answers as texts that can be compared with what is wanted; as it is by default. */
  readonly read?: (listed: Returnable) => string[];
  /** What is wanted, in the form that `list` has it. */
  wanted(ctx: StateCtx, given: readonly string[]): Promise<readonly string[]> | readonly string[];
  add(zone: string, one: string): Act;
  remove(zone: string, one: string): Act;
  /** How it is told of in the changes. */
  told(one: string): Returnable;
}

type Arg = Member['arg'];
const simple = (arg: Arg, list: string, add: string, remove: string): Member => ({
  arg,
  list,
  wanted: (_ctx, given) => given,
  add: (zone, one) => [add, [zone, one], PERMANENT],
  remove: (zone, one) => [remove, [zone, one], PERMANENT],
  told: (one) => one,
});

const ICMP: Member = {
  ...simple('block_icmp', 'list_icmp_block', 'block_icmp', 'allow_icmp'),
  key: 'icmp_types',
  wanted: async (ctx, given) => {
    if (given.length === 0) return given;
    const known = (await ctx.call('firewalld.get_icmp_types', [], PERMANENT)) as readonly string[];
    for (const unknown of given.filter((one) => !known.includes(one)))
      ctx.log.error(`${unknown} is no ICMP type that firewalld knows: see firewalld.get_icmp_types`);
    return given.filter((one) => known.includes(one));
  },
};

const SERVICES: Member = {
  ...simple('services', 'list_services', 'add_service', 'remove_service'),
  add: (zone, one) => ['add_service', [one, zone], PERMANENT],
  remove: (zone, one) => ['remove_service', [one, zone], PERMANENT],
};

/** A forwarded port: `from:to:protocol:address`, the address being empty for this machine. */
const FORWARDS: Member = {
  ...simple('port_fwd', 'list_port_fwd', 'add_port_fwd', 'remove_port_fwd'),
  read: (listed) => (listed as readonly Readonly<Record<string, string>>[]).map(forwardText),
  wanted: (_ctx, given) => given.map((text) => forwardText(parseForward(text))),
  add: (zone, one) => ['add_port_fwd', [zone, ...forwardWords(one)], PERMANENT],
  remove: (zone, one) => ['remove_port_fwd', [zone, ...forwardWords(one)], PERMANENT],
  told: parseForward,
};

function forwardWords(text: string): [string, string, string, string] {
  const [source = '', destination, protocol, ...address] = text.split(':');
  if (destination === undefined || protocol === undefined)
    throw new CommandFailed(`port_fwd has ${JSON.stringify(text)}: it is to be from_port:to_port:protocol, perhaps with :address`);
  return [source, destination, protocol, address.join(':')];
}

const FIELDS = ['Source port', 'Destination port', 'Protocol', 'Destination address'] as const;
function parseForward(text: string): Record<string, string> {
  const words = forwardWords(text);
  return Object.fromEntries(FIELDS.map((field, index) => [field, words[index] ?? '']));
}
const forwardText = (forward: Readonly<Record<string, string>>): string => FIELDS.map((field) => forward[field] ?? '').join(':');

/** In the order in which they are brought about. */
export const MEMBERS: readonly [Member, ...Member[]] = [
  ICMP,
  simple('ports', 'list_ports', 'add_port', 'remove_port'),
  FORWARDS,
  SERVICES,
  simple('interfaces', 'get_interfaces', 'add_interface', 'remove_interface'),
  simple('sources', 'get_sources', 'add_source', 'remove_source'),
  {
    ...simple('rich_rules', 'get_rich_rules', 'add_rich_rule', 'remove_rich_rule'),
    wanted: (_ctx, given) => given.map(normalizedRule),
  },
];
