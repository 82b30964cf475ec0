import { CommandFailed, type Ctx, call } from '../../define.ts';
import { firewall, inZone, namesIn, PERMANENT, ZONE_OR_DEFAULT } from './command.ts';

const SERVICE = { type: 'string', required: true, doc: 'the service' } as const;

const inService = (ctx: Ctx, service: string, option: string): Promise<string> =>
  firewall(ctx, '--permanent', `--service=${service}`, option);

/** Allows a service in a zone, or no longer. */
const allowing = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} ssh`, `tsalt '*' firewalld.${as} ssh dmz`],
    args: { service: SERVICE, zone: ZONE_OR_DEFAULT, permanent: PERMANENT },
    changes: true,
    run: (ctx, { service, ...where }) => inZone(ctx, where, `${option}=${service}`),
  });

const lists = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} ssh`],
    args: { service: SERVICE },
    changes: false,
    run: async (ctx, { service }) => namesIn(await inService(ctx, service, option)),
  });

const port = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} mine 8080/tcp`],
    args: { service: SERVICE, port: { type: 'string', required: true, doc: 'such as 8080/tcp' } },
    changes: true,
    async run(ctx, args) {
      if (!namesIn(await firewall(ctx, '--get-services', '--permanent')).includes(args.service))
        throw new CommandFailed('The service does not exist.');
      return inService(ctx, args.service, `${option}=${args.port}`);
    },
  });

const protocol = (as: string, option: string, doc: string) =>
  call({
    doc,
    examples: [`tsalt '*' firewalld.${as} mine gre`],
    args: { service: SERVICE, protocol: { type: 'string', required: true, doc: 'such as gre' } },
    changes: true,
    run: (ctx, args) => inService(ctx, args.service, `${option}=${args.protocol}`),
  });

/** Services: in zones, and what they are made of. */
export const serviceCalls = {
  list_services: call({
    doc: 'The services that a zone allows.',
    examples: ["tsalt '*' firewalld.list_services dmz"],
    args: { zone: ZONE_OR_DEFAULT, permanent: PERMANENT },
    changes: false,
    run: async (ctx, args) => namesIn(await inZone(ctx, args, '--list-services')),
  }),
  add_service: allowing('add_service', '--add-service', 'Allow a service in a zone.'),
  remove_service: allowing('remove_service', '--remove-service', 'No longer allow a service in a zone.'),
  get_service_ports: lists('get_service_ports', '--get-ports', 'The ports of a service.'),
  add_service_port: port('add_service_port', '--add-port', 'Add a port to a service.'),
  remove_service_port: port('remove_service_port', '--remove-port', 'Take a port from a service.'),
  get_service_protocols: lists('get_service_protocols', '--get-protocols', 'The protocols of a service.'),
  add_service_protocol: protocol('add_service_protocol', '--add-protocol', 'Add a protocol to a service.'),
  remove_service_protocol: protocol('remove_service_protocol', '--remove-protocol', 'Take a protocol from a service.'),
};
