import { execModule } from '../../../define.ts';
import { authorizing } from './authorized.ts';
import { knowing } from './known.ts';
import { owning } from './own.ts';

export default execModule({
  name: 'ssh',
  doc: 'Keys of ssh: those by which users log in, those of known hosts, and their own.',
  serves: (host) => host.which('ssh') !== undefined || 'The module requires the ssh binary.',
  calls: { ...authorizing, ...knowing, ...owning },
});
