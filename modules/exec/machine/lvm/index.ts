import { execModule } from '../../../define.ts';
import { groups } from './groups.ts';
import { logical } from './logical.ts';
import { physical } from './physical.ts';
import { showing } from './show.ts';

export default execModule({
  name: 'lvm',
  doc: 'Logical volumes, the groups that they are in, and the physical volumes below.',
  serves: (host) =>
    host.which('lvm') !== undefined || 'The linux_lvm execution module cannot be loaded: the lvm binary is not in the path.',
  calls: { ...showing, ...physical, ...groups, ...logical },
});
