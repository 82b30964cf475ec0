import { state, stateModule } from '../../define.ts';
import { SERVICE, service } from './service.ts';
import { present, ZONE } from './zone.ts';

/** The zones and services of firewalld. */
export default stateModule({
  name: 'firewalld',
  doc: 'The zones and services of firewalld.',
  serves: (host) => host.which('firewall-cmd') !== undefined || 'firewall-cmd is not available, firewalld is probably not installed.',
  states: {
    present: state({
      doc: 'A zone that has what is told, permanently; with `prune_*` nothing else of that kind.',
      examples: ['public:\n  firewalld.present:\n    - ports:\n      - 22/tcp\n    - prune_ports: True\n    - masquerade: True'],
      args: ZONE,
      check: present,
    }),
    service: state({
      doc: 'A service that is made of these ports and protocols, and of no others.',
      examples: ['saltmaster:\n  firewalld.service:\n    - ports:\n      - 4505/tcp\n      - 4506/tcp'],
      args: SERVICE,
      check: service,
    }),
  },
});
