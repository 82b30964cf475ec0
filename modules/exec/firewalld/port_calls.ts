import { call } from '../../define.ts';
import { forceMasquerade, icmpTypes, inZone, namesIn, PERMANENT, parseForwards, ZONE } from './command.ts';

const FORCE = { type: 'boolean', default: false, doc: 'hide the addresses behind the zone, too' } as const;
const FORWARD = {
  zone: ZONE,
  src: { type: 'string', required: true, doc: 'the port that traffic comes to' },
  dest: { type: 'string', required: true, doc: 'the port that it goes on to' },
  proto: { type: 'string', default: 'tcp', doc: 'tcp, udp' },
  dstaddr: { type: 'string', default: '', doc: 'the address that it goes on to; this machine by default' },
  permanent: PERMANENT,
} as const;

interface Forward {
  readonly src: string;
  readonly dest: string;
  readonly proto: string;
  readonly dstaddr: string;
}
const forward = (option: string, { src, dest, proto, dstaddr }: Forward): string =>
  `${option}=port=${src}:proto=${proto}:toport=${dest}:toaddr=${dstaddr}`;

/** Ports, and where they lead. */
export const portCalls = {
  add_port: call({
    doc: 'Open a port in a zone.',
    examples: ["tsalt '*' firewalld.add_port internal 443/tcp"],
    args: {
      zone: ZONE,
      port: { type: 'string', required: true, doc: 'such as 443/tcp' },
      permanent: PERMANENT,
      force_masquerade: FORCE,
    },
    changes: true,
    async run(ctx, args) {
      await forceMasquerade(ctx, args.zone, args.force_masquerade);
      return inZone(ctx, args, `--add-port=${args.port}`);
    },
  }),
  list_port_fwd: call({
    doc: 'The ports of a zone that lead elsewhere.',
    examples: ["tsalt '*' firewalld.list_port_fwd public"],
    args: { zone: ZONE, permanent: PERMANENT },
    changes: false,
    run: async (ctx, args) => parseForwards(await inZone(ctx, args, '--list-forward-ports')),
  }),
  add_port_fwd: call({
    doc: 'Send what comes to a port on to another one, or to another machine.',
    examples: ["tsalt '*' firewalld.add_port_fwd public 80 443 tcp 192.168.0.1"],
    args: { ...FORWARD, force_masquerade: FORCE },
    changes: true,
    async run(ctx, args) {
      await forceMasquerade(ctx, args.zone, args.force_masquerade);
      return inZone(ctx, args, forward('--add-forward-port', args));
    },
  }),
  remove_port_fwd: call({
    doc: 'No longer send on what comes to a port.',
    examples: ["tsalt '*' firewalld.remove_port_fwd public 80 443 tcp"],
    args: FORWARD,
    changes: true,
    run: (ctx, args) => inZone(ctx, args, forward('--remove-forward-port', args)),
  }),
};

/** Blocks an ICMP type in a zone, or no longer. `wanted`: whether it is among the blocked ones when that is done. */
const icmp = (as: string, option: string, wanted: boolean, doc: string, already: string) =>
  call({
    doc: `${doc} False if there is no such type.`,
    examples: [`tsalt '*' firewalld.${as} public echo-reply`],
    args: { zone: ZONE, icmp: { type: 'string', required: true, doc: 'such as echo-reply' }, permanent: PERMANENT },
    changes: true,
    async run(ctx, args) {
      if (!(await icmpTypes(ctx, args.permanent)).includes(args.icmp)) {
        ctx.log.error(`${args.icmp} is no ICMP type that firewalld knows: see firewalld.get_icmp_types`);
        return false;
      }
      if (namesIn(await inZone(ctx, args, '--list-icmp-blocks')).includes(args.icmp) === wanted) {
        ctx.log.info(already);
        return 'success';
      }
      return inZone(ctx, args, `${option}=${args.icmp}`);
    },
  });

/** What is not answered. */
export const icmpCalls = {
  block_icmp: icmp('block_icmp', '--add-icmp-block', true, 'Block an ICMP type in a zone.', 'The ICMP type is blocked already'),
  allow_icmp: icmp('allow_icmp', '--remove-icmp-block', false, 'No longer block an ICMP type in a zone.', 'The ICMP type is not blocked'),
};
