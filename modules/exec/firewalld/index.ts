import { type ArgTable, call, execModule } from '../../define.ts';
import { firewall, inZone, linesIn, masquerades, namesIn, PERMANENT, parseZones, permanently, ZONE, ZONE_OR_DEFAULT } from './command.ts';
import { icmpCalls, portCalls } from './port_calls.ts';
import { serviceCalls } from './service_calls.ts';

/** A call without arguments that hands on what firewall-cmd prints. */
const plain = (as: string, option: string, changes: boolean, doc: string) =>
  call({ doc, examples: [`tsalt '*' firewalld.${as}`], args: {}, changes, run: (ctx) => firewall(ctx, option) });

/** The names of all that there is of a kind. */
const names = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as}`],
    args: { permanent: PERMANENT },
    changes: false,
    run: async (ctx, { permanent }) => namesIn(await firewall(ctx, option, ...permanently(permanent))),
  });

/** What a zone has of a kind: names, or lines where they have spaces in them. */
const members = (as: string, option: string, doc: string, read = namesIn) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} public`],
    args: { zone: ZONE, permanent: PERMANENT },
    changes: false,
    run: async (ctx, args) => read(await inZone(ctx, args, option)),
  });

/** Puts something into a zone, or takes it out. The name that Salt has for the argument is `key`. */
const member = (as: string, option: string, key: string, example: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} public ${example}`],
    args: { zone: ZONE, [key]: { type: 'string', required: true, doc: `such as ${example}` }, permanent: PERMANENT } as ArgTable,
    changes: true,
    run: (ctx, args) =>
      inZone(ctx, { zone: String(args['zone']), permanent: args['permanent'] === true }, `${option}=${String(args[key])}`),
  });

const masquerade = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} dmz`],
    args: { zone: ZONE_OR_DEFAULT, permanent: PERMANENT },
    changes: true,
    run: (ctx, args) => inZone(ctx, args, option),
  });

/** Makes or removes a zone or service, which is always done in the permanent configuration. */
const managed = (as: string, option: string, key: 'zone' | 'name', doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} mine`],
    args: {
      [key]: { type: 'string', required: true, doc: 'its name' },
      restart: { type: 'boolean', default: true, doc: 'reload, so that it comes into force' },
    } as ArgTable,
    changes: true,
    async run(ctx, args) {
      const said = await firewall(ctx, `${option}=${String(args[key])}`, '--permanent');
      return args['restart'] && said === 'success' ? firewall(ctx, '--reload') : said;
    },
  });

/** The firewall of firewalld, by firewall-cmd. */
export default execModule({
  name: 'firewalld',
  doc: 'The firewall of firewalld, by firewall-cmd.',
  serves: (host) =>
    host.which('firewall-cmd') !== undefined ||
    'The firewalld execution module cannot be loaded: the firewall-cmd binary is not in the path.',
  calls: {
    version: plain('version', '--version', false, 'The version of firewalld.'),
    reload_rules: plain('reload_rules', '--reload', true, 'Bring the permanent configuration into force; connections stay.'),
    make_permanent: plain('make_permanent', '--runtime-to-permanent', true, 'Keep what is in force now over a reload.'),
    default_zone: plain('default_zone', '--get-default-zone', false, 'The zone of what no zone is told for.'),
    set_default_zone: call({
      doc: 'Set the zone of what no zone is told for, at once and permanently.',
      examples: ["tsalt '*' firewalld.set_default_zone internal"],
      args: { zone: ZONE },
      changes: true,
      run: (ctx, { zone }) => firewall(ctx, `--set-default-zone=${zone}`),
    }),
    get_zones: names('get_zones', '--get-zones', 'The names of the zones.'),
    get_services: names('get_services', '--get-services', 'The names of the services that are defined.'),
    get_icmp_types: names('get_icmp_types', '--get-icmptypes', 'The names of the ICMP types.'),
    list_zones: call({
      doc: 'All that the zones allow.',
      examples: ["tsalt '*' firewalld.list_zones"],
      args: { permanent: PERMANENT },
      changes: false,
      run: async (ctx, { permanent }) => parseZones(await firewall(ctx, '--list-all-zones', ...permanently(permanent))),
    }),
    list_all: call({
      doc: 'All that a zone allows.',
      examples: ["tsalt '*' firewalld.list_all", "tsalt '*' firewalld.list_all dmz permanent=False"],
      args: { zone: ZONE_OR_DEFAULT, permanent: PERMANENT },
      changes: false,
      run: async (ctx, args) => parseZones(await inZone(ctx, args, '--list-all')),
    }),
    new_zone: managed('new_zone', '--new-zone', 'zone', 'Make a zone.'),
    delete_zone: managed('delete_zone', '--delete-zone', 'zone', 'Remove a zone.'),
    new_service: managed('new_service', '--new-service', 'name', 'Define a service.'),
    delete_service: managed('delete_service', '--delete-service', 'name', 'Remove the definition of a service.'),
    ...serviceCalls,
    get_masquerade: call({
      doc: 'Whether a zone hides the addresses behind it.',
      examples: ["tsalt '*' firewalld.get_masquerade dmz"],
      args: { zone: ZONE_OR_DEFAULT, permanent: PERMANENT },
      changes: false,
      run: (ctx, args) => masquerades(ctx, args),
    }),
    add_masquerade: masquerade('add_masquerade', '--add-masquerade', 'Hide the addresses behind a zone.'),
    remove_masquerade: masquerade('remove_masquerade', '--remove-masquerade', 'Do not hide the addresses behind a zone.'),
    ...portCalls,
    ...icmpCalls,
    list_ports: members('list_ports', '--list-ports', 'The ports that a zone opens.'),
    remove_port: member('remove_port', '--remove-port', 'port', '443/tcp', 'Close a port of a zone.'),
    list_icmp_block: members('list_icmp_block', '--list-icmp-blocks', 'The ICMP types that a zone blocks.'),
    get_interfaces: members('get_interfaces', '--list-interfaces', 'The interfaces of a zone.'),
    add_interface: member('add_interface', '--add-interface', 'interface', 'eth0', 'Bind an interface to a zone.'),
    remove_interface: member('remove_interface', '--remove-interface', 'interface', 'eth0', 'Take an interface out of a zone.'),
    get_sources: members('get_sources', '--list-sources', 'The addresses whose traffic belongs to a zone.'),
    add_source: member('add_source', '--add-source', 'source', '192.168.1.0/24', 'Bind the traffic from an address to a zone.'),
    remove_source: member('remove_source', '--remove-source', 'source', '192.168.1.0/24', 'Take an address out of a zone.'),
    get_rich_rules: members('get_rich_rules', '--list-rich-rules', 'The rich rules of a zone.', linesIn),
    add_rich_rule: member('add_rich_rule', '--add-rich-rule', 'rule', `'rule service name="ssh" accept'`, 'Put a rich rule into a zone.'),
    remove_rich_rule: member(
      'remove_rich_rule',
      '--remove-rich-rule',
      'rule',
      `'rule service name="ssh" accept'`,
      'Take a rich rule out of a zone.',
    ),
  },
});
